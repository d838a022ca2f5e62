"""What is installed: analyses, file formats, and the plugins that did not make it, each under the package it came in."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from saegeo_core.errors import SaegeoError
from saegeo_core.plugin.manager import DISABLED, Plugin, PluginManager
from saegeo_core.rendering.numbers import seconds
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.rich_table import rich_table

EVERY_SAE = frozenset({"vectors"})
"""What every SAE gives an analysis."""
WHAT_NEEDS_LEAVES_OUT = "needs: besides the directions of the features, which every SAE has"


def plugin_list(plugins: PluginManager) -> RenderableType:
    """Tables of analyses, file formats, activation sources, corpora and executors, and one line for each thing that is wrong."""
    analyses = [
        (plugin, (analysis.name, analysis.version, ", ".join(sorted(analysis.needs - EVERY_SAE)), analysis.summary))
        for plugin in plugins.plugins
        for analysis in plugin.analyses
    ]
    formats = [(plugin, (one.name, one.summary)) for plugin in plugins.plugins for one in plugin.formats]
    sources = [(plugin, (one.name, one.summary)) for plugin in plugins.plugins for one in plugin.sources]
    corpora = [(plugin, (one.name, one.summary)) for plugin in plugins.plugins for one in plugin.corpora]
    executors = [(plugin, (one.name, one.summary)) for plugin in plugins.plugins for one in plugin.executors]
    parts: list[RenderableType] = [Text("no analyses are installed")]
    if analyses:
        parts = [_table(("analysis", "version", "needs", "summary"), analyses), plain(WHAT_NEEDS_LEAVES_OUT, "dim")]
    of_kinds = (("file format", formats), ("activation source", sources), ("corpus", corpora), ("executor", executors))
    for heading, rows in of_kinds:
        parts += [Text(), _table((heading, "summary"), rows)] if rows else []
    wrong = [*_not_loaded(plugins.plugins), *_registered_twice(plugins)]
    return Group(*parts, *([Text(), *wrong] if wrong else []))


def _table(headings: Sequence[str], rows: Sequence[tuple[Plugin, Sequence[str]]]) -> RichTable:
    """The rows in their order, each package named once, above the first of its rows."""
    table = rich_table()
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in (headings[0], "version", "needs"))
    above = ""
    for plugin, (name, *others) in rows:
        package = f"{plugin.package} {plugin.version}"
        if package != above:
            table.add_row(plain(package, "dim"))
            above = package
        table.add_row(plain(name, "bold"), *map(plain, others))
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
