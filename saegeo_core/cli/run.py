"""`saegeo run`: the options, and what is said of each result. Planning and running are files of their own."""

import contextlib
import sys
from typing import Any

import click

from saegeo_core.cli.input_options import input_options


@click.command("run")
@click.argument("saes", nargs=-1, metavar="[SAE]...")
@click.option("--plugin", "plugin_names", multiple=True, metavar="NAME", help="An analysis to run. Repeatable.")
@click.option("--all", "run_all", is_flag=True, help="Run every installed analysis whose inputs are there.")
@input_options
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, a list when several are asked for.")
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
