"""A figure of a report sketched in text: curves as sparklines, a small heat map as numbers. Any other is only named."""

import math
from collections.abc import Sequence
from itertools import pairwise

from rich.console import RenderableType
from rich.text import Text

from saegeo_core.rendering.numbers import significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.data_table import column_cell
from saegeo_core.rendering.terminal.rich_table import GAP, rich_table
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Cell, Table

Values = Sequence[float | None]
SKETCHED = ("line", "step", "bar")
BLOCKS = "▁▂▃▄▅▆▇█"
MAX_LENGTH = 72
"""Blocks of a sparkline."""
DECADES = 8
"""What a logarithmic axis shows below its largest value."""
MAX_ROWS, MAX_COLUMNS = 16, 12
MIN_WIDTH = 70
"""Of a terminal that a heat map is drawn in."""
MIN_NAME = 12
"""Characters left for the names of its rows."""


def figure_sketch(figure: Figure, table: Table, width: int) -> list[RenderableType]:
    """The figure's title, its curves on one common scale, and the ends of both axes; a small heat map as numbers."""
    if grid := heatmap_sketch(figure, table, width):
        return grid
    title = Text.assemble(
        plain(figure.title or figure.name, "bold"), plain(f"  {figure.kind} of {figure.table}", "dim")
    )
    if figure.kind not in SKETCHED:
        return [title]
    if figure.color:
        curves = _curves_of_groups(figure, table)
    else:
        curves = {name: numbers for name in figure.y if (numbers := _numbers(table, name)) is not None}
    if not curves:
        return [title]
    if figure.log_y:
        curves = {name: logarithms(values, DECADES) for name, values in curves.items()}
    present = [value for values in curves.values() for value in values if value is not None]
    if not present:
        return [title, plain("  no values", "dim")]
    low, high = min(present), max(present)
    names_width = max(map(len, curves))
    room = max(min(width - names_width - 4, MAX_LENGTH), 1)
    lines = [
        plain(f"  {name:<{names_width}}  {sparkline(shortened(values, room), low, high)}")
        for name, values in curves.items()
    ]
    ends = (10**low, 10**high) if figure.log_y else (low, high)
    return [title, *lines, plain(f"  {_axes(figure, table, *ends)}", "dim")]


def heatmap_sketch(figure: Figure, table: Table, width: int) -> list[RenderableType]:
    """Title and grid of a heat map of at most 16 by 12 cells; nothing for other figures, or where there is no room."""
    if figure.kind != "heatmap" or figure.z is None or width < MIN_WIDTH:
        return []
    across, down = (list(dict.fromkeys(table.columns[name])) for name in (figure.y[0], figure.x))
    if not (0 < len(down) <= MAX_ROWS and 0 < len(across) <= MAX_COLUMNS):
        return []
    places = zip(table.columns[figure.x], table.columns[figure.y[0]], strict=True)
    values: dict[tuple[Cell, Cell], Cell] = dict(zip(places, table.columns[figure.z], strict=True))
    rows = [[_short_number(values.get((row, column))) for column in across] for row in down]
    # Numbers are never cut short; the names of rows take what they leave.
    widths = [max(len(cells[place]) for cells in rows) for place in range(len(across))]
    room = width - sum(widths) - GAP * len(across)
    if room < MIN_NAME:
        return []
    grid = rich_table()
    heading = plain(f"{figure.x_title or figure.x} by {figure.y_title or figure.y[0]}")
    grid.add_column(heading, no_wrap=True, max_width=room)
    for column, longest in zip(across, widths, strict=True):
        grid.add_column(plain(column_cell(column)), justify="right", no_wrap=True, min_width=longest)
    for row, cells in zip(down, rows, strict=True):
        grid.add_row(plain(column_cell(row)), *map(plain, cells))
    return [plain(figure.title, "bold"), *([plain(figure.caption, "dim")] if figure.caption else []), grid]


def sparkline(values: Values, low: float, high: float) -> str:
    """One block a value, the lowest for `low` and the highest for `high`; a blank where there is no value."""
    step = (high - low) / len(BLOCKS) or 1.0
    return "".join(
        " " if value is None else BLOCKS[min(max(int((value - low) / step), 0), len(BLOCKS) - 1)] for value in values
    )


def shortened(values: Values, width: int) -> list[float | None]:
    """The values in no more than `width` runs of neighbors, each given by its largest, so that no peak is lost."""
    n = min(width, len(values))
    edges = [len(values) * i // n for i in range(n + 1)] if n else [0]
    runs = [values[start:end] for start, end in pairwise(edges)]
    return [max((value for value in run if value is not None), default=None) for run in runs]


def logarithms(values: Values, decades: float) -> list[float | None]:
    """Common logarithms; no value where there is none, or more than `decades` below the largest."""
    logs = [math.log10(value) if value is not None and value > 0 else None for value in values]
    largest = max((log for log in logs if log is not None), default=0.0)
    return [log if log is not None and log >= largest - decades else None for log in logs]


def _axes(figure: Figure, table: Table, low: float, high: float) -> str:
    x = [value for value in table.columns[figure.x] if value is not None]
    numbers = [value for value in x if not isinstance(value, str)]
    first, last = (
        (min(numbers), max(numbers)) if numbers and len(numbers) == len(x) else (x[0], x[-1]) if x else ("", "")
    )
    ends = f"{column_cell(first)} … {column_cell(last)}" if x else "no values"
    scale = ", logarithmic" if figure.log_y else ""
    return (
        f"{figure.x_title or figure.x}: {ends};  "
        f"{figure.y_title or figure.y[0]}: {significant(low, 3)} … {significant(high, 3)}{scale}"
    )


def _curves_of_groups(figure: Figure, table: Table) -> dict[str, Values]:
    """What the figure is about, for each group over all values of x that any has; rows of no group are of all."""
    x = _numbers(table, figure.x)
    if x is None or figure.color is None:
        return {}
    group = table.columns[figure.color]
    own = [column for column in figure.y if column not in figure.nulls] or [figure.y[0]]
    places = {value: place for place, value in enumerate(sorted({value for value in x if value is not None}))}
    curves: dict[str, list[float | None]] = {}
    for column in own:
        for name, at, value in zip(group, x, _numbers(table, column) or (), strict=False):
            if name is not None and at is not None and (value is not None or len(own) == 1):
                told = column_cell(name) if isinstance(name, str) else f"{figure.color} {column_cell(name)}"
                curve = curves.setdefault(f"{told}, {column}" if len(own) > 1 else told, [None] * len(places))
                curve[places[at]] = value
    return dict(curves)


def _numbers(table: Table, column: str) -> Values | None:
    """The column, where all of it is numbers or absent."""
    values = table.columns[column]
    if any(isinstance(value, str) for value in values):
        return None
    return [None if value is None else float(value) for value in values]


def _short_number(cell: Cell) -> str:
    """Two digits, two decimals at most, and a dot for what rounds to nothing, so that the eye finds what is there."""
    if not isinstance(cell, int | float):
        return column_cell(cell)
    if abs(cell) < 0.005:
        return "·"
    return f"{cell:.2f}" if abs(cell) < 1 else significant(float(cell), 2)
