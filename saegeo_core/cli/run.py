"""`saegeo run`: the options, and what is said of each result. Planning and running are files of their own."""

import contextlib
import sys
from pathlib import Path
from typing import Any

import click


@click.command("run")
@click.argument("saes", nargs=-1, metavar="[SAE]...")
@click.option("--plugin", "plugin_names", multiple=True, metavar="NAME", help="An analysis to run. Repeatable.")
@click.option("--all", "run_all", is_flag=True, help="Run every installed analysis whose inputs are there.")
@click.option(
    "--preset",
    type=click.Choice(["calibrated", "paper"]),
    default="calibrated",
    show_default=True,
    help="calibrated: every number beside its null and interval; paper: the published procedure.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME.KEY=VALUE", help="A parameter of an analysis. Repeatable."
)
@click.option(
    "--rows",
    type=click.Choice(["decoder", "encoder"]),
    default="decoder",
    show_default=True,
    help="Which directions are measured.",
)
@click.option(
    "--decoder-layout",
    "layout",
    type=click.Choice(["rows", "columns"]),
    help="Whether features are the rows or the columns of a plain matrix.",
)
@click.option(
    "--feature-labels",
    "labels",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with one label for each feature.",
)
@click.option(
    "--firing",
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR|FILE",
    help="Firing statistics: a folder of saegeo harvest, or a *_cooccurrences.npz. Bundled SAEs bring their own.",
)
@click.option(
    "--model",
    metavar="NAME_OR_PATH",
    help="A language model for analyses that read activations: a Hugging Face model, a local folder, or minilm-l6.",
)
@click.option(
    "--layer",
    type=click.IntRange(min=0),
    metavar="N",
    help="Read the model after its block N, from 0.  [default: where the SAE reads]",
)
@click.option("--hook", metavar="NAME", help="Read the model at this hook.  [default: where the SAE reads]")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Decides every random choice.",
)
@click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda[:i]", help="Where to compute.")
@click.option("--out", default="saegeo-results", show_default=True, metavar="DIR", help="Where reports are stored.")
@click.option(
    "--existing",
    type=click.Choice(["reuse", "replace", "fail"]),
    default="reuse",
    show_default=True,
    help="What to do where the very report exists.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, a list when several are asked for.")
@click.option("--traceback", "with_traceback", is_flag=True, help="Show where a failing analysis failed.")
@click.pass_context
def command(ctx: click.Context, /, as_json: bool, with_traceback: bool, **options: Any) -> None:
    """Measure SAEs with analyses, and store the reports.

    SAE is release:sae_id (globs allowed in the id), or a path to an SAE or a decoder matrix.
    Without one, layer 3 of the bundled release minilm-l6 is measured.
    """
    output = sys.stdout
    # Whatever plugins and libraries print goes to standard error: standard output carries results only.
    with contextlib.redirect_stdout(sys.stderr):
        from saegeo_core.cli.run_cells import run_cells
        from saegeo_core.cli.run_outcomes import present
        from saegeo_core.cli.run_plan import plan_run

        plan = plan_run(plugins=ctx.obj, **options)
        status = present(
            run_cells(plan), output, several=plan.n_cells > 1, as_json=as_json, with_traceback=with_traceback
        )
    ctx.exit(status)
