"""What a figure draws, as arrays: one series a curve, a set of bars or a cloud of points. No drawing library is known here."""

import re
from dataclasses import dataclass, replace

import numpy as np

from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.figures.columns import DASH, Column, column, is_text, is_whole
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Table

POINTS = ("scatter", "scatter3d")
UNORDERED = (*POINTS, "arrows")  # what they show has no order, so that their groups need names, not shades
MOST_CODES = 12  # whole numbers with at most so many values are read as group names, not as a scale
MOST_GROUPS = 64
MOST_NAMES = 16  # groups of points that a legend can still tell apart; the smaller ones become OTHER
OTHER = "other"
MOST_HUES = 10  # curves that hues and dashes still tell apart
FAR_BELOW = 10.0  # a decade: how far another curve may fall below the first before the axis lets it go


@dataclass(frozen=True)
class Series:
    """One curve, set of bars or cloud of points.

    Attributes:
        name: what the legend calls it; empty where there is nothing to tell apart.
        x, y, z: positions (n,), numbers or texts; z in space only.
        y_name: the table's name of y.
        low, high: ends of the error bars of y (n,), or None.
        to_x, to_y: where arrows that start at x, y point to (n,), or None.
        color: numbers (n,) that color its points one by one, or None.
        shade: where a numbered group lies between the first (0) and the last (1), or None for groups without order.
        hover: what names each point (n,), or None.
        dash: how many curves of the same group lie before it.
    """

    name: str
    x: Column
    y: Column
    y_name: str
    z: Column | None = None
    low: Column | None = None
    high: Column | None = None
    to_x: Column | None = None
    to_y: Column | None = None
    color: Column | None = None
    shade: float | None = None
    hover: Column | None = None
    dash: int = 0


@dataclass(frozen=True)
class Group:
    """The rows that are drawn alike."""

    name: str
    rows: Column
    shade: float | None = None


def series_of(figure: Figure, table: Table) -> list[Series]:
    """Every series of a figure, in the order of its legend. Values that a logarithmic axis cannot show are absent."""
    columns = _columns(figure, table)
    x = _shown(columns[figure.x], figure.log_x)
    by = columns[figure.color] if figure.color else None
    groups = None if by is None else _groups(by, figure.kind in UNORDERED)
    scale = by if groups is None else None
    drawn = []
    for dash, name in enumerate(figure.y):
        y = _shown(columns[name], figure.log_y)
        low, high = _bars(figure, columns, y) if dash == 0 else (None, None)
        for group in groups or [Group("", np.arange(len(x)))]:
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
                    to_x=_part(columns.get(figure.to_x or ""), group),
                    to_y=_part(columns.get(figure.to_y or ""), group),
                    color=_part(scale, group),
                    shade=group.shade,
                    hover=_part(columns.get(figure.hover or ""), group),
                    dash=dash,
                )
            )
    return drawn if groups or not _are_in_order([one.name for one in drawn]) else _in_order(drawn)


def _are_in_order(names: list[str]) -> bool:
    """Whether curves differ in a number only, such as one a layer; or are too many to be told apart by hue."""
    return len(names) > MOST_HUES or (len(names) > 2 and len({re.sub(r"\d+", "", name) for name in names}) == 1)


def _columns(figure: Figure, table: Table) -> dict[str, Column]:
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


def _part(values: Column | None, group: Group) -> Column | None:
    return None if values is None else values[group.rows]


def _in_order(drawn: list[Series]) -> list[Series]:
    """Curves told apart by their place in the order."""
    return [replace(one, shade=place / (len(drawn) - 1), dash=0) for place, one in enumerate(drawn)]


def grid_of(figure: Figure, table: Table) -> tuple[Column, Column, Column]:
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
    lowest, highest = (np.array([edge(one.y) for one in drawn]) for edge in (_least, _most))
    if not np.isfinite(lowest[0]) or np.nanmin(lowest) > lowest[0] / FAR_BELOW:
        return None
    return float(lowest[0] / FAR_BELOW), float(np.nanmax(highest) * 2)


def _least(values: Column) -> float:
    present = values[np.isfinite(values)]
    return float(present.min()) if len(present) else np.nan


def _most(values: Column) -> float:
    present = values[np.isfinite(values)]
    return float(present.max()) if len(present) else np.nan


def _distinct(values: Column) -> tuple[Column, Column]:
    """The distinct values, numbers in order and texts as they come, and which of them each value is."""
    if not is_text(values):
        distinct, index = np.unique(values, return_inverse=True)
        return distinct, index
    place = {text: i for i, text in enumerate(dict.fromkeys(values))}
    return np.array(list(place), dtype=object), np.array([place[text] for text in values], dtype=np.intp)


def _groups(by: Column, unordered: bool) -> list[Group] | None:
    """Rows that share a value of `by`; None where the numbers are too many to be names and should be a scale."""
    distinct, index = _distinct(by)
    if is_text(by):
        return _named_groups(distinct, index, MOST_NAMES if unordered else MOST_GROUPS)
    if (unordered and not (is_whole(by) and len(distinct) <= MOST_CODES)) or len(distinct) > MOST_GROUPS:
        return None
    n = len(distinct)
    return [
        Group(
            DASH if np.isnan(value) else f"{value:g}",
            np.flatnonzero(index == i),
            None if unordered else i / max(n - 1, 1),
        )
        for i, value in enumerate(distinct)
    ]


def _named_groups(names: Column, index: Column, most: int) -> list[Group]:
    if len(names) <= most:
        return [Group(str(name), np.flatnonzero(index == i)) for i, name in enumerate(names)]
    largest = np.argsort(-np.bincount(index), kind="stable")[: most - 1]
    kept = [Group(str(names[i]), np.flatnonzero(index == i)) for i in largest]
    return [*kept, Group(OTHER, np.flatnonzero(~np.isin(index, largest)))]


def _shown(values: Column, logarithmic: bool) -> Column:
    return values if is_text(values) or not logarithmic else np.where(values > 0, values, np.nan)


def _bars(figure: Figure, columns: dict[str, Column], y: Column) -> tuple[Column | None, Column | None]:
    """Ends of the error bars. On a logarithmic axis an end at or below zero lies half below all that is drawn."""
    if figure.low is None or figure.high is None:
        return None, None
    low, high = columns[figure.low], columns[figure.high]
    if figure.log_y:
        everything = np.concatenate([low, high, y])
        positive = everything[everything > 0]
        low = np.where(low > 0, low, positive.min() / 2) if len(positive) else low
    return low, high
