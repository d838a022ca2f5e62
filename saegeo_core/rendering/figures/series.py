"""What a figure draws, as arrays: one series a curve, a set of bars or a cloud of points. No drawing library is known here."""

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.figures.columns import DASH, ColumnArray, as_texts, column, is_text, is_whole
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Table

POINTS = ("scatter", "scatter3d")
UNORDERED = (*POINTS, "arrows")
"""What they show has no order, so that their groups need names, not shades."""
MAX_CODES = 12
"""Whole numbers with at most so many values are read as group names, not as a scale."""
MAX_GROUPS = 64
MAX_NAMES = 16
"""Groups of points that a legend can still tell apart; the smaller ones become OTHER."""
OTHER = "other"
MAX_HUES = 10
"""Curves that hues and dashes still tell apart."""
FAR_BELOW = 10.0
"""A decade: how far another curve may fall below the first before the axis lets it go."""


@dataclass(frozen=True)
class Series:
    """One curve, set of bars or cloud of points.

    Attributes:
        name: what the legend calls it; empty where there is nothing to tell apart.
        x, y, z: positions (n,), numbers or texts; z in space only.
        y_name: the table's name of y.
        low, high: ends of the error bars of y (n,), or None.
        to_x, to_y: where arrows that start at x, y point to (n,), or None.
        label, to_label: texts (n,) beside the starts and the heads of arrows, or None.
        color: numbers (n,) that color its points one by one, or None.
        shade: where a numbered group lies between the first (0) and the last (1), or None for groups without order.
        hover: what names each point (n,), or None.
        dash: how many curves of the same group lie before it.
    """

    name: str
    x: ColumnArray
    y: ColumnArray
    y_name: str
    z: ColumnArray | None = None
    low: ColumnArray | None = None
    high: ColumnArray | None = None
    to_x: ColumnArray | None = None
    to_y: ColumnArray | None = None
    label: ColumnArray | None = None
    to_label: ColumnArray | None = None
    color: ColumnArray | None = None
    shade: float | None = None
    hover: ColumnArray | None = None
    dash: int = 0

    @property
    def ends(self) -> NDArray[np.float64]:
        """Start and head of each arrow, float64 (n, 2, 2): arrow, end, axis. A series of anything else has none."""
        if self.to_x is None or self.to_y is None:
            return np.empty((0, 2, 2))
        starts, heads = np.column_stack([self.x, self.y]), np.column_stack([self.to_x, self.to_y])
        return np.stack([starts, heads], axis=1).astype(np.float64)


@dataclass(frozen=True)
class RowGroup:
    """The rows that are drawn alike."""

    name: str
    rows: ColumnArray
    shade: float | None = None


def series_of(figure: Figure, table: Table) -> list[Series]:
    """Every series of a figure, in the order of its legend. Values that a logarithmic axis cannot show are absent."""
    columns = _columns(figure, table)
    x = _shown(columns[figure.x], figure.log_x)
    by = columns[figure.color] if figure.color else None
    groups = None if by is None else _groups(by, figure.kind in UNORDERED)
    scale = by if groups is None else None
    to_x = _shown(columns[figure.to_x], figure.log_x) if figure.to_x else None
    to_y = _shown(columns[figure.to_y], figure.log_y) if figure.to_y else None
    drawn = []
    for dash, name in enumerate(figure.y):
        y = _shown(columns[name], figure.log_y)
        low, high = _bars(figure, columns, y) if dash == 0 else (None, None)
        for group in groups or [RowGroup("", np.arange(len(x)))]:
            words = [*([name] if len(figure.y) > 1 else []), *([group.name] if groups else [])]
            drawn.append(
                Series(
                    name=" · ".join(words),
                    x=x[group.rows],
                    y=y[group.rows],
                    y_name=name,
                    z=_part(columns.get(figure.z or ""), group),
                    low=_part(low, group),
                    high=_part(high, group),
                    to_x=_part(to_x, group),
                    to_y=_part(to_y, group),
                    label=_labels(columns.get(figure.label or ""), group),
                    to_label=_labels(columns.get(figure.to_label or ""), group),
                    color=_part(scale, group),
                    shade=group.shade,
                    hover=_part(columns.get(figure.hover or ""), group),
                    dash=dash,
                )
            )
    return drawn if groups or not _are_in_order([one.name for one in drawn]) else _in_order(drawn)


def _are_in_order(names: list[str]) -> bool:
    """Whether curves differ in a number only, such as one a layer; or are too many to be told apart by hue."""
    return len(names) > MAX_HUES or (len(names) > 2 and len({re.sub(r"\d+", "", name) for name in names}) == 1)


def _columns(figure: Figure, table: Table) -> dict[str, ColumnArray]:
    """The columns a figure draws.

    Raises:
        SaegeoError: one that has to be numbers holds texts.
    """
    columns = {name: column(table.columns[name]) for name in figure.columns}
    ends = (figure.x, *figure.y) if figure.kind == "arrows" else ()
    for name in (*ends, figure.z, figure.low, figure.high, figure.to_x, figure.to_y):
        if name is not None and is_text(columns[name]):
            raise SaegeoError(
                f"figure {figure.name} cannot draw column {name!r} of table {figure.table}: it holds text"
            )
    return columns


def _part(values: ColumnArray | None, group: RowGroup) -> ColumnArray | None:
    return None if values is None else values[group.rows]


def _labels(values: ColumnArray | None, group: RowGroup) -> ColumnArray | None:
    return None if values is None else as_texts(values[group.rows])


def _in_order(drawn: list[Series]) -> list[Series]:
    """Curves told apart by their place in the order."""
    return [replace(one, shade=place / (len(drawn) - 1), dash=0) for place, one in enumerate(drawn)]


def grid_of(figure: Figure, table: Table) -> tuple[ColumnArray, ColumnArray, ColumnArray]:
    """A heatmap's distinct x (n_x,), distinct y (n_y,) and values (n_y, n_x), NaN where the table has no such cell."""
    of_table = _columns(figure, table)
    x, y, z = (of_table[name] for name in (figure.x, figure.y[0], figure.z or ""))
    (columns, of_x), (rows, of_y) = (_distinct(values) for values in (x, y))
    grid = np.full((len(rows), len(columns)), np.nan)
    grid[of_y, of_x] = z
    return columns, rows, grid


def log_ends(figure: Figure, drawn: list[Series]) -> tuple[float, float] | None:
    """Where a logarithmic y axis should begin and end when a later series falls far below the first; else None.

    An exact law may run down to 1e-300 beside counts that end at one in a million: one curve must not flatten the other.
    """
    if not figure.log_y or not drawn or any(is_text(one.y) for one in drawn):
        return None
    lowest, highest = (np.array([edge(one.y) for one in drawn]) for edge in (_smallest, _largest))
    if not np.isfinite(lowest[0]) or np.nanmin(lowest) > lowest[0] / FAR_BELOW:
        return None
    return float(lowest[0] / FAR_BELOW), float(np.nanmax(highest) * 2)


def _smallest(values: ColumnArray) -> float:
    present = values[np.isfinite(values)]
    return float(present.min()) if len(present) else np.nan


def _largest(values: ColumnArray) -> float:
    present = values[np.isfinite(values)]
    return float(present.max()) if len(present) else np.nan


def _distinct(values: ColumnArray) -> tuple[ColumnArray, ColumnArray]:
    """The distinct values, numbers in order and texts as they come, and which of them each value is."""
    if not is_text(values):
        distinct, index = np.unique(values, return_inverse=True)
        return distinct, index
    place = {text: i for i, text in enumerate(dict.fromkeys(values))}
    return np.array(list(place), dtype=object), np.array([place[text] for text in values], dtype=np.intp)


def _groups(by: ColumnArray, unordered: bool) -> list[RowGroup] | None:
    """Rows that share a value of `by`; None where the numbers are too many to be names and should be a scale."""
    distinct, index = _distinct(by)
    if is_text(by):
        return _named_groups(distinct, index, MAX_NAMES if unordered else MAX_GROUPS)
    if (unordered and not (is_whole(by) and len(distinct) <= MAX_CODES)) or len(distinct) > MAX_GROUPS:
        return None
    n = len(distinct)
    return [
        RowGroup(
            DASH if np.isnan(value) else f"{value:g}",
            np.flatnonzero(index == i),
            None if unordered else i / max(n - 1, 1),
        )
        for i, value in enumerate(distinct)
    ]


def _named_groups(names: ColumnArray, index: ColumnArray, max_groups: int) -> list[RowGroup]:
    if len(names) <= max_groups:
        return [RowGroup(str(name), np.flatnonzero(index == i)) for i, name in enumerate(names)]
    largest = np.argsort(-np.bincount(index), kind="stable")[: max_groups - 1]
    kept = [RowGroup(str(names[i]), np.flatnonzero(index == i)) for i in largest]
    return [*kept, RowGroup(OTHER, np.flatnonzero(~np.isin(index, largest)))]


def _shown(values: ColumnArray, logarithmic: bool) -> ColumnArray:
    return values if is_text(values) or not logarithmic else np.where(values > 0, values, np.nan)


def _bars(
    figure: Figure, columns: dict[str, ColumnArray], y: ColumnArray
) -> tuple[ColumnArray | None, ColumnArray | None]:
    """Ends of the error bars. On a logarithmic axis an end at or below zero lies half below all that is drawn."""
    if figure.low is None or figure.high is None:
        return None, None
    low, high = columns[figure.low], columns[figure.high]
    if figure.log_y:
        everything = np.concatenate([low, high, y])
        positive = everything[everything > 0]
        low = np.where(low > 0, low, positive.min() / 2) if len(positive) else low
    return low, high
