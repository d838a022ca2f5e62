"""A table of texts for a terminal. No number is cut: names give way, then columns go on below."""

import re
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from saegeo_core.comparison.profile import LayerProfile
from saegeo_core.rendering.comparison.texts import FAILED
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.figure_sketch import figure_sketch
from saegeo_core.rendering.terminal.fitted_table import fitted_table
from saegeo_core.rendering.text_table import TextTable


def console_tables(tables: Sequence[TextTable], profile: LayerProfile | None, width: int) -> RenderableType:
    """The tables one below the other, and the figures of the profile sketched."""
    parts: list[RenderableType] = []
    for table in tables:
        parts += [Text()] * bool(parts) + [console_table(table, width)]
    for figure in profile.figures if profile else ():
        parts += [Text(), *figure_sketch(figure, profile.tables[figure.table], width)] if profile else []
    return Group(*parts)


def console_table(table: TextTable, width: int) -> RenderableType:
    """One table `width` columns wide, its warnings and notes below."""
    title = [plain(table.title, "bold")] if table.title else []
    warnings = [Text.assemble(("warning: ", "bold yellow"), plain(warning)) for warning in table.warnings]
    notes = [plain(note, "dim") for note in table.notes]
    below = [Text(), *warnings, *notes] if warnings or notes else []
    rows = [[_cell(text) for text in row] for row in table.rows]
    return Group(*title, fitted_table(_headings(table), rows, width, groups=table.groups), *below)


def _headings(table: TextTable) -> list[list[str]]:
    """Analysis, metric and what of it, each under the one before: `cosine-tails.tail_fraction: p`."""
    first, *others = table.headings
    return [[first], *(re.split(r"(?<=\.)|: ", heading) for heading in others)]


def _cell(text: str) -> Text:
    return plain(text, "bold red" if text == FAILED else "")
