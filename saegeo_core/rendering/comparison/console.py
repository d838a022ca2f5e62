"""A table of texts for a terminal. Nothing is cut: where the columns do not fit, each row becomes a paragraph."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from saegeo_core.comparison.profile import LayerProfile
from saegeo_core.rendering.comparison.texts import FAILED
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.figure_sketch import figure_sketch
from saegeo_core.rendering.terminal.rich_table import GAP, rich_table
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
    headings = [heading.replace(".", ".\n", 1).replace(": ", "\n") for heading in table.headings]
    columns = zip(headings, *table.rows, strict=True)
    needed = sum(max(len(line) for text in column for line in text.split("\n")) + GAP for column in columns)
    drawn = _table(table, headings) if needed - GAP <= width else Group(*_paragraphs(table))
    title = [plain(table.title, "bold")] if table.title else []
    warnings = [Text.assemble(("warning: ", "bold yellow"), plain(warning)) for warning in table.warnings]
    notes = [plain(note, "dim") for note in table.notes]
    below = [Text(), *warnings, *notes] if warnings or notes else []
    return Group(*title, drawn, *below)


def _table(table: TextTable, headings: Sequence[str]) -> RichTable:
    drawn = rich_table()
    for place, heading in enumerate(headings):
        drawn.add_column(Text(heading), justify="right" if place else "left", no_wrap=True)
    group = ""
    for own, row in zip(table.groups, table.rows, strict=True):
        if own != group:
            drawn.add_row(plain(own, "bold"))
            group = own
        drawn.add_row(*(_cell(text) for text in row))
    return drawn


def _paragraphs(table: TextTable) -> Iterator[RenderableType]:
    group = ""
    for own, row in zip(table.groups, table.rows, strict=True):
        if own != group:
            yield plain(own, "bold cyan")
            group = own
        yield plain(row[0], "bold")
        for heading, text in zip(table.headings[1:], row[1:], strict=True):
            yield Padding(Text.assemble((f"{heading}: ", "dim"), _cell(text)), (0, 0, 0, GAP))


def _cell(text: str) -> Text:
    return plain(text, "bold red" if text == FAILED else "")
