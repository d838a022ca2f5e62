"""`saegeo run`: the options, and what is said of each result. Planning and running are files of their own."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from saegeo_core.cli.options import figure_options, plugin_option, verbosity_options
from saegeo_core.cli.run_options import RunOptions, run_options

if TYPE_CHECKING:
    from saegeo_core.cli.run_jobs import Failed
    from saegeo_core.running.job import StoredReport


@click.command("run")
@click.argument("saes", nargs=-1, metavar="[SAE]...")
@plugin_option("An analysis to run. Repeatable.")
@click.option("--all", "run_all", is_flag=True, help="Run every installed analysis whose inputs are there.")
@run_options
@verbosity_options
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, a list when several are asked for.")
@figure_options("Write every figure into this folder, and those of several SAEs together.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    saes: Sequence[str],
    plugin_names: Sequence[str],
    run_all: bool,
    as_json: bool,
    figures: Path | None,
    figure_format: Literal["svg", "pdf"],
    figure_width: Literal["single", "double"],
    options: RunOptions,
) -> None:
    """Measure SAEs with analyses, and store the reports.

    SAE is release:sae_id (globs allowed in the id), or a path to an SAE or a decoder matrix.
    Without one, layer 3 of the bundled release minilm-l6 is measured.
    """
    output = sys.stdout
    # Whatever plugins and libraries print goes to standard error: standard output carries results only.
    with contextlib.redirect_stdout(sys.stderr):
        from saegeo_core.cli.run_jobs import run_jobs
        from saegeo_core.cli.run_outcomes import meanings, present
        from saegeo_core.cli.run_plan import plan_run

        plan = plan_run(saes, plugin_names, options, run_all=run_all, plugins=ctx.obj)
        written: list[Path] = []
        status = present(
            _noting_files(run_jobs(plan), written),
            output,
            several=plan.n_reports > 1,
            as_json=as_json,
            with_traceback=options.with_traceback,
            meanings={one.name: meanings(one.analysis) for one in plan.analyses},
            out=options.out,
        )
        if figures is not None:
            from saegeo_core.cli.messages import say
            from saegeo_core.rendering.export import write_figures
            from saegeo_core.report.reports import load_reports

            for path in write_figures(load_reports(written), figures, figure_format, figure_width) if written else ():
                say(f"figure: {path}")
    ctx.exit(status)


def _noting_files(
    outcomes: "Iterator[StoredReport | Failed]", written: list[Path]
) -> "Iterator[StoredReport | Failed]":
    """The outcomes, and in `written` the files of the reports among them."""
    for outcome in outcomes:
        if (path := getattr(outcome, "path", None)) is not None:
            written.append(path)
        yield outcome
