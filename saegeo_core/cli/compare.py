"""`saegeo compare`: the options. What was named is told apart, run and put together in files of their own."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click
from click.core import ParameterSource

from saegeo_core.cli.command_group import DONE, SOME_FAILED
from saegeo_core.cli.completion import complete_sae
from saegeo_core.cli.options import figure_options, plugin_option, verbosity_options
from saegeo_core.cli.run_options import run_options
from saegeo_core.cli.sweep_options import sweep_options
from saegeo_core.sweeping.elsewhere import Elsewhere
from saegeo_core.sweeping.options import RunOptions


@click.command("compare")
@click.argument("named", nargs=-1, metavar="[SAE | REPORT | DIR]...", shell_complete=complete_sae)
@plugin_option("An analysis to compare by. Repeatable.")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="PLUGIN.METRIC",
    help="A column, wildcards allowed. Repeatable.  [default: the headline of every analysis]",
)
@click.option("--reference", metavar="SAE", help="Add the differences to this SAE, with their intervals and p-values.")
@click.option("--nulls", is_flag=True, help="Add the mean of each metric's null.")
@click.option("--pvalues", is_flag=True, help="Add each metric's p-value under its null, corrected over the table.")
@click.option("--sort", metavar="KEY", help="name, l0, layer, width, release or PLUGIN.METRIC; -KEY from high to low.")
@click.option("--group-by", type=click.Choice(["layer", "width", "release"]), help="Put rows under headings.")
@click.option("--match-l0", is_flag=True, help="Of several sparsities of one SAE, take the one nearest a common L0.")
@click.option(
    "--adjust", type=click.Choice(["l0"]), help="Add each metric's values adjusted to one L0, from 8 SAEs on."
)
@click.option("--ranks", is_flag=True, help="Add which SAEs cannot be told apart, and between which ranks each lies.")
@click.option("--profile", is_flag=True, help="Add the metrics over layers, and the curves of all SAEs in one figure.")
@click.option(
    "--fixed-saes", is_flag=True, help="Judge differences of these very SAEs, though another seed could make them."
)
@click.option("--allow-incomparable", is_flag=True, help="Show side by side what other versions or settings made.")
@click.option(
    "--format",
    "as_format",
    type=click.Choice(["rich", "markdown", "csv", "parquet", "latex", "html", "json"]),
    default="rich",
    show_default=True,
    help="How the table is written.",
)
@figure_options("Write the figures of --profile, which this implies, into this folder.")
@run_options
@sweep_options
@verbosity_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    named: Sequence[str],
    plugin_names: Sequence[str],
    metrics: Sequence[str],
    as_format: str,
    nulls: bool,
    pvalues: bool,
    profile: bool,
    figures: Path | None,
    figure_format: Literal["svg", "pdf"],
    figure_width: Literal["single", "double"],
    options: RunOptions,
    elsewhere: Elsewhere,
    **of_table: Any,
) -> None:
    """Put SAEs side by side, and say which differences are real.

    SAE is what saegeo run takes: it is measured unless --out holds its reports. REPORT is a file written by saegeo run, DIR a
    folder with reports anywhere below it. Without any, the reports in --out are compared. Of stored reports, --plugin,
    --preset, --seed and --set choose those that have what they say.
    """
    output = sys.stdout
    # Whatever plugins and libraries print goes to standard error: standard output carries results only.
    with contextlib.redirect_stdout(sys.stderr):
        from saegeo_core.cli.compare_formats import refuse_binary, write
        from saegeo_core.cli.compare_run import compare_named

        refuse_binary(as_format, output)
        typed = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
        comparison, is_whole = compare_named(
            named,
            plugin_names,
            metrics,
            options,
            elsewhere,
            typed=typed,
            plugins=ctx.obj,
            profile=profile or figures is not None,
            **of_table,
        )
        write(comparison, as_format, output, nulls=nulls, pvalues=pvalues)
        if figures is not None and comparison.profile:
            from saegeo_core.cli.messages import say
            from saegeo_core.rendering.comparison_figures import profile_figures
            from saegeo_core.rendering.export import write_drawings

            for path in write_drawings(profile_figures(comparison.profile), figures, figure_format, figure_width):
                say(f"figure: {path}")
    ctx.exit(DONE if is_whole else SOME_FAILED)
