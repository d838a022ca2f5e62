"""`saegeo run`: the options, and what is said of each result. Planning and running are files of their own."""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import click

from saegeo_core.cli.completion import complete_sae
from saegeo_core.cli.options import figure_options, plugin_option, verbosity_options
from saegeo_core.cli.run_options import run_options
from saegeo_core.cli.sweep_options import sweep_options
from saegeo_core.sweeping.elsewhere import Elsewhere
from saegeo_core.sweeping.options import RunOptions


@click.command("run")
@click.argument("saes", nargs=-1, metavar="[SAE]...", shell_complete=complete_sae)
@plugin_option("An analysis to run. Repeatable.")
@click.option("--all", "run_all", is_flag=True, help="Run every installed analysis whose inputs are there.")
@click.option(
    "--from",
    "sweep_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="SAEs from a file, one a line, or YAML with saes, plugins, parameters, preset and seeds.",
)
@click.option("--shard", "parts", metavar="I/N", help="Measure the I-th of N parts of the SAEs, for job arrays.")
@run_options
@sweep_options
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
    elsewhere: Elsewhere,
    sweep_file: Path | None,
    parts: str | None,
) -> None:
    """Measure SAEs with analyses, and store the reports.

    SAE is release:sae_id (globs allowed in the id), or a path to an SAE or a decoder matrix.
    Without one, layer 3 of the bundled release minilm-l6 is measured.
    """
    output = sys.stdout
    # Whatever plugins and libraries print goes to standard error: standard output carries results only.
    with contextlib.redirect_stdout(sys.stderr):
        from saegeo_core.cli.run_outcomes import present
        from saegeo_core.cli.run_plan import plan_run
        from saegeo_core.cli.run_sweep import run_sweep
        from saegeo_core.sweeping.sweep_file import read_sweep, shard

        part = shard(parts) if parts else (1, 1)
        seeds: Sequence[int] = ()
        if sweep_file is not None:
            asked = read_sweep(sweep_file)
            saes, plugin_names, seeds = [*asked.saes, *saes], [*asked.plugins, *plugin_names], asked.seeds
            options = replace(
                options, settings=[*asked.settings, *options.settings], preset=asked.preset or options.preset
            )
            run_all = run_all or not plugin_names
        plan = plan_run(
            saes,
            plugin_names,
            options,
            run_all=run_all,
            plugins=ctx.obj,
            elsewhere=elsewhere,
            seeds=seeds,
            part=part,
        )
        status, written = present(run_sweep(plan), plan, output, as_json=as_json)
        if figures is not None:
            from saegeo_core.cli.messages import say
            from saegeo_core.rendering.export import write_figures
            from saegeo_core.report.reports import load_reports

            for path in write_figures(load_reports(written), figures, figure_format, figure_width) if written else ():
                say(f"figure: {path}")
    ctx.exit(status)
