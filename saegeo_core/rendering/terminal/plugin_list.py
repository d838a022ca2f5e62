"""What is installed: analyses, file formats, and the plugins that did not make it, each with the package it came in."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from saegeo_core.errors import SaegeoError
from saegeo_core.plugin.manager import DISABLED, Plugin, PluginManager
from saegeo_core.rendering.numbers import seconds
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.rich_table import rich_table


def plugin_list(plugins: PluginManager) -> RenderableType:
    """Tables of analyses, file formats and activation sources, and one line for each thing that is wrong."""
    analyses = _table("analysis", "version", "package", "needs", "summary")
    formats = _table("file format", "package", "summary")
    sources = _table("activation source", "package", "summary")
    for plugin in plugins.plugins:
        package = f"{plugin.package} {plugin.version}"
        for analysis in plugin.analyses:
            needs = ", ".join(sorted(analysis.needs))
            analyses.add_row(*map(plain, (analysis.name, analysis.version, package, needs, analysis.summary)))
        for file_format in plugin.formats:
            formats.add_row(*map(plain, (file_format.name, package, file_format.summary)))
        for source in plugin.sources:
            sources.add_row(*map(plain, (source.name, package, source.summary)))
    parts: list[RenderableType] = [analyses if analyses.row_count else Text("no analyses are installed")]
    for table in (formats, sources):
        parts += [Text(), table] if table.row_count else []
    wrong = [*_not_loaded(plugins.plugins), *_registered_twice(plugins)]
    return Group(*parts, *([Text(), *wrong] if wrong else []))


def _table(*headings: str) -> RichTable:
    table = rich_table()
    for heading in headings:
        is_name = heading == headings[0]
        table.add_column(
            heading, overflow="fold", style="bold" if is_name else "", no_wrap=is_name or heading == "version"
        )
    return table


def _not_loaded(plugins: list[Plugin]) -> Iterator[Text]:
    for plugin in plugins:
        who = f"{plugin.name} of package {plugin.package} {plugin.version}"
        if plugin.error:
            yield Text.assemble(("broken: ", "bold red"), plain(f"{who}: {plugin.error}"))
        elif plugin.disabled:
            yield Text.assemble(("disabled: ", "bold"), plain(f"{who}, by {DISABLED}"))
        elif plugin.is_slow:
            yield Text.assemble(("slow: ", "bold yellow"), plain(f"{who} took {seconds(plugin.seconds)} to load"))


def _registered_twice(plugins: PluginManager) -> Iterator[Text]:
    for name in plugins.analysis_names:
        try:
            plugins.analysis(name)
        except SaegeoError as error:
            yield Text.assemble(("broken: ", "bold red"), plain(f"{error.message}; {error.hint}"))
