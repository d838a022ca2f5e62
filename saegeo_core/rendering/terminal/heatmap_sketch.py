"""A heat map small enough to be read as numbers: x downwards, y across. Larger ones are left to the page."""

from rich import box
from rich.console import RenderableType
from rich.table import Table as RichTable

from saegeo_core.rendering.numbers import significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.data_table import column_cell
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Cell, Table

MOST_ROWS, MOST_COLUMNS = 16, 12
NARROWEST = 70
GAP = 3
"""Between columns."""
SHORTEST_NAME = 12


def heatmap_sketch(figure: Figure, table: Table, width: int) -> list[RenderableType]:
    """Title and grid of a heat map of at most 16 by 12 cells; nothing for other figures, or where there is no room."""
    if figure.kind != "heatmap" or figure.z is None or width < NARROWEST:
        return []
    across, down = (list(dict.fromkeys(table.columns[name])) for name in (figure.y[0], figure.x))
    if not (0 < len(down) <= MOST_ROWS and 0 < len(across) <= MOST_COLUMNS):
        return []
    places = zip(table.columns[figure.x], table.columns[figure.y[0]], strict=True)
    values: dict[tuple[Cell, Cell], Cell] = dict(zip(places, table.columns[figure.z], strict=True))
    rows = [[_number(values.get((row, column))) for column in across] for row in down]
    # Numbers are never cut short; the names of rows take what they leave.
    widths = [max(len(cells[place]) for cells in rows) for place in range(len(across))]
    room = width - sum(widths) - GAP * len(across)
    if room < SHORTEST_NAME:
        return []
    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    heading = plain(f"{figure.x_title or figure.x} by {figure.y_title or figure.y[0]}")
    grid.add_column(heading, no_wrap=True, max_width=room)
    for column, longest in zip(across, widths, strict=True):
        grid.add_column(plain(column_cell(column)), justify="right", no_wrap=True, min_width=longest)
    for row, cells in zip(down, rows, strict=True):
        grid.add_row(plain(column_cell(row)), *map(plain, cells))
    return [plain(figure.title, "bold"), *([plain(figure.caption, "dim")] if figure.caption else []), grid]


def _number(cell: Cell) -> str:
    """Two digits, two decimals at most, and a dot for what rounds to nothing, so that the eye finds what is there."""
    if not isinstance(cell, int | float):
        return column_cell(cell)
    if abs(cell) < 0.005:
        return "·"
    return f"{cell:.2f}" if abs(cell) < 1 else significant(float(cell), 2)
