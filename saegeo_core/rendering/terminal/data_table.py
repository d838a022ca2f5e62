"""A stored table's shape and first rows."""

from itertools import islice

from rich.console import RenderableType
from rich.text import Text

from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.rich_table import GAP, rich_table
from saegeo_core.report.report import Cell, Table
from saegeo_core.visible_text import visible

FIRST_ROWS = 5
MAX_TEXT = 40
"""Characters of a cell."""


def data_table(name: str, table: Table, width: int) -> list[RenderableType]:
    """Name and shape, then the first rows of as many whole columns as fit in `width`; the other columns are named."""
    n_rows = max(map(len, table.columns.values()), default=0)
    shape = f"{count(n_rows)} rows, {len(table.columns)} columns"
    title = Text.assemble(plain(name, "bold"), f"  {shape}")
    cells = {column: [column_cell(value) for value in values[:FIRST_ROWS]] for column, values in table.columns.items()}
    shown = _fitting(cells, width)
    drawn = rich_table()
    for column in shown:
        is_text = any(isinstance(value, str) for value in table.columns[column][:FIRST_ROWS])
        drawn.add_column(plain(column), justify="left" if is_text else "right", no_wrap=True)
    for row in zip(*(cells[column] for column in shown), strict=True):
        drawn.add_row(*map(plain, row))
    left_out = list(islice(cells, len(shown), None))
    return [title, *([drawn] if shown else []), *([plain(f"also: {', '.join(left_out)}", "dim")] if left_out else [])]


def column_cell(value: Cell) -> str:
    """A cell as text: whole numbers as they are (they may be ids), others to four digits, long texts shortened."""
    if value is None:
        return "—"
    if isinstance(value, float):
        return significant(value)
    text = visible(value)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _fitting(cells: dict[str, list[str]], width: int) -> list[str]:
    """The first columns whose widths together stay within `width`; always at least one."""
    shown: list[str] = []
    used = 0
    for column, texts in cells.items():
        used += max(len(visible(text)) for text in (column, *texts)) + GAP
        if shown and used > width:
            break
        shown.append(column)
    return shown
