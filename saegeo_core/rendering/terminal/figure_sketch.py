"""A figure of a report sketched in text: one sparkline a curve. What has no such sketch is named and left to the page."""

from rich.console import RenderableType
from rich.text import Text

from saegeo_core.rendering.numbers import significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.data_table import column_cell
from saegeo_core.rendering.terminal.heatmap_sketch import heatmap_sketch
from saegeo_core.rendering.terminal.sparkline import Values, at_most, logarithms, sparkline
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Table

SKETCHED = ("line", "step", "bar")
WIDEST = 72
DECADES = 8  # what a logarithmic axis shows below its largest value


def figure_sketch(figure: Figure, table: Table, width: int) -> list[RenderableType]:
    """The figure's title, its curves on one common scale, and the ends of both axes; a small heat map as numbers."""
    if grid := heatmap_sketch(figure, table, width):
        return grid
    title = Text.assemble(
        plain(figure.title or figure.name, "bold"), plain(f"  {figure.kind} of {figure.table}", "dim")
    )
    curves = {name: numbers for name in figure.y if (numbers := _numbers(table, name)) is not None}
    if figure.kind not in SKETCHED or figure.color or not curves:
        return [title]
    if figure.log_y:
        curves = {name: logarithms(values, DECADES) for name, values in curves.items()}
    present = [value for values in curves.values() for value in values if value is not None]
    if not present:
        return [title, plain("  no values", "dim")]
    low, high = min(present), max(present)
    names_width = max(map(len, curves))
    room = max(min(width - names_width - 4, WIDEST), 1)
    lines = [
        plain(f"  {name:<{names_width}}  {sparkline(at_most(values, room), low, high)}")
        for name, values in curves.items()
    ]
    ends = (10**low, 10**high) if figure.log_y else (low, high)
    return [title, *lines, plain(f"  {_axes(figure, table, *ends)}", "dim")]


def _axes(figure: Figure, table: Table, low: float, high: float) -> str:
    x = [value for value in table.columns[figure.x] if value is not None]
    ends = f"{column_cell(x[0])} … {column_cell(x[-1])}" if x else "no values"
    scale = ", logarithmic" if figure.log_y else ""
    return (
        f"{figure.x_title or figure.x}: {ends};  "
        f"{figure.y_title or figure.y[0]}: {significant(low, 3)} … {significant(high, 3)}{scale}"
    )


def _numbers(table: Table, column: str) -> Values | None:
    """The column, where all of it is numbers or absent."""
    values = table.columns[column]
    if any(isinstance(value, str) for value in values):
        return None
    return [None if value is None else float(value) for value in values]
