"""`saegeo plugins`: what is installed, what is broken, and one analysis in detail."""

import contextlib
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from saegeo_core.plugin_manager import PluginManager


@click.group("plugins", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the installed analyses and file formats, or show one analysis."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_plugins)


@command.command("list")
@click.pass_obj
def list_plugins(given: "PluginManager | None") -> None:
    """List analyses, file formats, and the plugins that are broken, switched off or slow."""
    from saegeo_core.cli.messages import results
    from saegeo_core.rendering.plugin_list import plugin_list

    plugins = _loaded(given)
    results().print(plugin_list(plugins))


@command.command("show")
@click.argument("name")
@click.pass_obj
def show_plugin(given: "PluginManager | None", name: str) -> None:
    """Show an analysis: what it measures, what it needs, its presets and its parameters."""
    from saegeo_core.cli.messages import results
    from saegeo_core.rendering.analysis_card import analysis_card

    plugins = _loaded(given)
    results().print(analysis_card(plugins.analysis(name), plugins.package_of(name)))


def _loaded(given: "PluginManager | None") -> "PluginManager":
    """The installed plugins; what a plugin prints while it is imported is no result."""
    from saegeo_core.plugin_manager import PluginManager

    with contextlib.redirect_stdout(sys.stderr):
        return given or PluginManager()
