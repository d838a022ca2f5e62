"""`saegeo plugins`: what is installed, one analysis in detail, whether it conforms, and a new one to begin with."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from saegeo_core.cli.command_group import SOME_FAILED
from saegeo_core.cli.completion import complete_analysis
from saegeo_core.cli.options import set_option, verbosity_options

if TYPE_CHECKING:
    from saegeo_core.plugin.analysis import Analysis
    from saegeo_core.plugin.manager import PluginManager
    from saegeo_core.plugin.new import Kind
    from saegeo_core.report.report import Report


@click.group("plugins", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List what is installed; show or check one analysis, or begin a new one."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_plugins)


@command.command("list")
@verbosity_options
@click.pass_obj
def list_plugins(given: "PluginManager | None") -> None:
    """List analyses, file formats, and the plugins that are broken, switched off or slow."""
    from saegeo_core.cli.messages import results
    from saegeo_core.rendering.terminal.plugin_list import plugin_list

    plugins = _loaded(given)
    results().print(plugin_list(plugins))


@command.command("show")
@click.argument("name", shell_complete=complete_analysis)
@verbosity_options
@click.pass_obj
def show_plugin(given: "PluginManager | None", name: str) -> None:
    """Show an analysis: what it measures and needs, its presets, parameters and metrics."""
    from saegeo_core.cli.messages import results
    from saegeo_core.rendering.terminal.analysis_card import analysis_card

    plugins = _loaded(given)
    analysis = plugins.analysis(name)
    results().print(analysis_card(analysis, plugins.package_of(name), _example(analysis)))


@command.command("check")
@click.argument("name", shell_complete=complete_analysis)
@click.option("--quick", is_flag=True, help="Fewer runs, and no measurement of time and memory.")
@click.option(
    "--null-runs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Null examples that p-values are tried on.  [default: 40, with --quick 10]",
)
@set_option("Check it at this value. Repeatable.")
@verbosity_options
@click.pass_context
def check_plugin(ctx: click.Context, name: str, quick: bool, null_runs: int | None, settings: tuple[str, ...]) -> None:
    """Hold an analysis to what all must do: same seed, same findings; p-values uniform under its null; and so on.

    About 70 runs on small synthetic clouds, on the CPU. Set parameters that make a slow analysis cheaper.
    """
    output = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        from saegeo_core.cli.messages import results
        from saegeo_core.cli.progress import loop_progress
        from saegeo_core.cli.run_plan import settings_by_name
        from saegeo_core.rendering.terminal.conformance_table import conformance_table

        analysis = _loaded(ctx.obj).analysis(name)
        given = settings_by_name([name], settings)[name]
        from saegeo_core.testing import check_analysis

        with loop_progress(f"{name} on synthetic clouds") as progress:
            conformance = check_analysis(analysis, given, quick=quick, null_runs=null_runs, progress=progress)
        results(output).print(conformance_table(conformance))
    if not conformance.passed:
        ctx.exit(SOME_FAILED)


@command.command("new")
@click.argument("name")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Where the package's folder is made.  [default: here]",
)
@click.option(
    "--kind",
    type=click.Choice(["analysis", "format", "source"]),
    default="analysis",
    show_default=True,
    help="What it brings: an analysis, a file format of SAEs, or a source of activations.",
)
@verbosity_options
@click.pass_obj
def new_plugin(given: "PluginManager | None", name: str, folder: Path, kind: "Kind") -> None:
    """Write a package called NAME that brings one thing, and installs, passes its tests and runs as it is."""
    from saegeo_core.cli.messages import results, say
    from saegeo_core.plugin.new import next_steps, write_plugin
    from saegeo_core.rendering.plain_text import plain

    plugins = _loaded(given)
    taken = {
        "analysis": plugins.analysis_names,
        "format": [one.name for one in plugins.formats],
        "source": [one.name for one in plugins.sources],
    }
    written = write_plugin(name, folder, taken=taken[kind], kind=kind)
    results().print(plain(written), soft_wrap=True)
    say("next, type:")
    for line in next_steps(name, written, kind):
        say(line)


def _example(analysis: "Analysis") -> "Report | str":
    """A report of synthetic features, or why there is none: a stranger's analysis may fail in any way."""
    from saegeo_core.testing import example_report

    try:
        with contextlib.redirect_stdout(sys.stderr):
            return example_report(analysis)
    except (Exception, SystemExit) as error:
        return f"on synthetic features it stopped: {error}"


def _loaded(given: "PluginManager | None") -> "PluginManager":
    """The installed plugins; what a plugin prints while it is imported is no result."""
    from saegeo_core.plugin.manager import PluginManager

    with contextlib.redirect_stdout(sys.stderr):
        return given or PluginManager()
