"""What a figure draws, as arrays: one series a curve, a set of bars or a cloud of points. No drawing library is known here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from saegeo_core.cloud.sae_names import in_natural_order
from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.figures.columns import DASH, ColumnArray, as_texts, column, is_text, is_whole
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Table

POINTS = ("scatter", "scatter3d")
CURVES = ("line", "step")
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
MAX_GRAYS = 2
"""Nulls that gray and dashes tell apart; more of them have colors."""
FAR_BELOW = 10.0
"""A decade: how far another curve may fall below the first before the axis lets it go."""
RARE = 0.01
"""Share of a curve, of 200 values two, that may fall below the axis: an eigenvalue of zero, to rounding."""
MAX_BARS, MAX_NAMED_BARS = 60, 64
"""Widths of a bar that the axis may hold; and places of bars that stand side by side without a common scale."""
ROUNDING = 1e-3
"""Numbers that differ by less, of the largest, color nothing."""


@dataclass(frozen=True)
class Series:
    """One curve, set of bars or cloud of points.

    Attributes:
        name: what it is called; empty where there is nothing to tell apart.
        x, y, z: positions (n,), numbers or texts; z in space only.
        y_name: what the legend calls its column of y.
        low, high: ends of the intervals of y (n,), or None.
        to_x, to_y: where arrows that start at x, y point to (n,), or None.
        label, to_label: texts (n,) beside the starts and the heads of arrows, or None.
        color: numbers (n,) that color its points one by one, or None.
        shade: where a numbered group lies between the first (0) and the last (1), or None for groups without order.
        hover: what names each point (n,), or None.
        hue: which color of the palette it has; None for what belongs to no group, which is gray.
        dash: which pattern: of curves that share a color none has another's, and of few colors each has its own.
        is_null: whether it tells what chance gives.
        is_marked: whether lines across stand at its x, and nothing is drawn at y.
        in_legend: whether the legend names it.
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
    hue: int | None = 0
    dash: int = 0
    is_null: bool = False
    is_marked: bool = False
    in_legend: bool = True

    @property
    def ends(self) -> NDArray[np.float64]:
        """Start and head of each arrow, float64 (n, 2, 2): arrow, end, axis. A series of anything else has none."""
        if self.to_x is None or self.to_y is None:
            return np.empty((0, 2, 2))
        starts, heads = np.column_stack([self.x, self.y]), np.column_stack([self.to_x, self.to_y])
        return np.stack([starts, heads], axis=1).astype(np.float64)

    @property
    def has_values(self) -> bool:
        """Whether there is anything of it to draw."""
        return is_text(self.y) or bool(np.isfinite(self.y).any())


@dataclass(frozen=True)
class RowGroup:
    """The rows that are drawn alike; without a name, those that belong to all groups."""

    name: str
    rows: ColumnArray
    shade: float | None = None
    hue: int | None = 0


def series_of(figure: Figure, table: Table) -> list[Series]:
    """Every series of a figure, in the order of its legend. Values that a logarithmic axis cannot show are absent."""
    columns = _columns(figure, table)
    x = _shown(columns[figure.x], figure.log_x)
    if figure.kind == "bar" and _are_too_far_apart(x):
        x = as_texts(x)
    by = columns[figure.color] if figure.color else None
    groups = None if by is None else _groups(by, figure.kind in UNORDERED)
    scale = by if groups is None and by is not None and _differ(by) else None
    elsewhere = _rows_of_one_column(figure, columns) if groups else {}
    drawn = []
    for place, name in enumerate(figure.y):
        y = _shown(columns[name], figure.log_y)
        low, high = _ends(figure, columns, name, y)
        drawn += [
            Series(
                name=group.name,
                x=x[group.rows],
                y=y[group.rows],
                y_name=y_name(figure, name),
                z=_part(columns.get(figure.z or ""), group),
                low=_part(low, group),
                high=_part(high, group),
                to_x=_part(_shown(columns[figure.to_x], figure.log_x) if figure.to_x else None, group),
                to_y=_part(_shown(columns[figure.to_y], figure.log_y) if figure.to_y else None, group),
                label=_labels(columns.get(figure.label or ""), group),
                to_label=_labels(columns.get(figure.to_label or ""), group),
                color=_part(scale, group),
                shade=group.shade,
                hover=_part(columns.get(figure.hover or ""), group),
                hue=group.hue,
                dash=place,
                is_null=name in figure.nulls,
                is_marked=name in figure.marked,
            )
            for group in _without(groups or [RowGroup("", np.arange(len(x)))], elsewhere.get(name))
        ]
    drawn = [one for one in drawn if one.has_values] or drawn[:1]
    return (
        _named_by_column(drawn)
        if groups is None
        else _named_by_group(drawn, has_patterns=figure.kind in (*CURVES, "bar"))
    )


def _rows_of_one_column(figure: Figure, columns: dict[str, ColumnArray]) -> dict[str, ColumnArray]:
    """For each y of several which rows are there for others alone, bool (n,): its curve passes them by, without a gap."""
    if len(figure.y) < 2 or any(is_text(columns[name]) for name in figure.y):
        return {}
    known = {name: np.isfinite(columns[name]) for name in figure.y}
    of_any = np.any(list(known.values()), axis=0)
    return {name: of_any & ~own for name, own in known.items()}


def _without(groups: list[RowGroup], left_out: ColumnArray | None) -> list[RowGroup]:
    return groups if left_out is None else [replace(one, rows=one.rows[~left_out[one.rows]]) for one in groups]


def y_name(figure: Figure, column: str) -> str:
    """What the legend calls a column of y."""
    return figure.y_names[figure.y.index(column)] if figure.y_names else in_words(column)


def in_words(column: str | None) -> str:
    """The name of a column as words: share_of_label is share of label."""
    return (column or "").replace("_", " ")


def _named_by_column(drawn: list[Series]) -> list[Series]:
    """Curves that differ in their column: a color each, a few nulls gray; in order, where they differ in a number or are many."""
    if len(drawn) == 1:
        return [replace(drawn[0], dash=0)]
    is_gray = sum(one.is_null for one in drawn) <= MAX_GRAYS
    own = [one for one in drawn if not (one.is_null and is_gray)]
    shades = [place / (len(own) - 1) for place in range(len(own))] if _are_in_order([one.y_name for one in own]) else []
    shaded = iter(shades)
    hues = iter(range(len(own)))
    return [
        replace(one, name=one.y_name, hue=None)
        if one.is_null and is_gray
        else replace(one, name=one.y_name, hue=next(hues), shade=next(shaded, None), dash=0 if shades else one.dash)
        for one in drawn
    ]


def _named_by_group(drawn: list[Series], *, has_patterns: bool) -> list[Series]:
    """Groups have a color each. Of several columns each has a pattern, which the legend tells apart from the colors.

    A column of rows that belong to no group is named by itself.
    """
    names = list(dict.fromkeys(one.y_name for one in drawn if one.hue is not None))
    if len(names) <= 1:
        few = has_patterns and all(one.shade is None for one in drawn)
        return [
            replace(one, name=one.y_name)
            if one.hue is None and one.is_null
            else replace(one, dash=(one.hue or 0) if few else 0)
            for one in drawn
        ]
    if not has_patterns:
        return [replace(one, name=f"{one.y_name} · {one.name}") for one in drawn]
    named: set[int | None] = set()
    shown = []
    for one in drawn:
        is_common = one.hue is None and one.is_null
        shown.append(
            replace(one, name=one.y_name)
            if is_common
            else replace(one, name=f"{one.name}, {one.y_name}", in_legend=False)
            if one.hue in named
            else one
        )
        named |= set() if is_common else {one.hue}
    firsts = [next(one for one in drawn if one.y_name == name) for name in names]
    told = [one for one in firsts if one.is_null] if sum(not one.is_null for one in firsts) == 1 else firsts
    return [*shown, *(_key(one) for one in told)]


def _key(like: Series) -> Series:
    """A series without a value, which only the legend shows: what a pattern means, whatever the color."""
    nowhere = np.array([np.nan])
    return Series(like.y_name, nowhere, nowhere, like.y_name, hue=None, dash=like.dash, is_null=like.is_null)


def _are_in_order(names: list[str]) -> bool:
    """Whether curves differ in a number only, such as one a layer; or are too many to be told apart by hue."""
    return len(names) > MAX_HUES or (len(names) > 2 and _are_numbered(names))


def _columns(figure: Figure, table: Table) -> dict[str, ColumnArray]:
    """The columns a figure draws.

    Raises:
        SaegeoError: one that has to be numbers holds texts.
    """
    columns = {name: column(table.columns[name]) for name in figure.columns}
    positions = (figure.x, *figure.y) if figure.kind == "arrows" else ()
    intervals = [name for pair in figure.ends.values() for name in pair]
    for name in (*positions, figure.z, *intervals, figure.to_x, figure.to_y):
        if name is not None and is_text(columns[name]):
            raise SaegeoError(
                f"figure {figure.name} cannot draw column {name!r} of table {figure.table}: it holds text"
            )
    return columns


def _part(values: ColumnArray | None, group: RowGroup) -> ColumnArray | None:
    return None if values is None else values[group.rows]


def _labels(values: ColumnArray | None, group: RowGroup) -> ColumnArray | None:
    return None if values is None else as_texts(values[group.rows])


def _are_too_far_apart(x: ColumnArray) -> bool:
    """Whether bars at these numbers would be too thin to be seen: they then stand side by side, whatever lies between."""
    if is_text(x):
        return False
    at = np.unique(x[np.isfinite(x)])
    return 1 < len(at) <= MAX_NAMED_BARS and float(np.ptp(at) / np.diff(at).min()) > MAX_BARS


def _differ(values: ColumnArray) -> bool:
    """Whether numbers differ by more than rounding: lengths of unit vectors do not."""
    present = values[np.isfinite(values)]
    return bool(len(present)) and float(np.ptp(present)) > ROUNDING * float(np.abs(present).max())


def grid_of(figure: Figure, table: Table) -> tuple[ColumnArray, ColumnArray, ColumnArray]:
    """A heatmap's distinct x (n_x,), distinct y (n_y,) and values (n_y, n_x), NaN where the table has no such cell."""
    of_table = _columns(figure, table)
    x, y, z = (of_table[name] for name in (figure.x, figure.y[0], figure.z or ""))
    (columns, of_x), (rows, of_y) = (_distinct(values) for values in (x, y))
    grid = np.full((len(rows), len(columns)), np.nan)
    grid[of_y, of_x] = z
    return columns, rows, grid


def log_ends(figure: Figure, drawn: list[Series]) -> tuple[float, float] | None:
    """Where a logarithmic y axis should begin and end when nulls, later series or a rare value fall far below; else None.

    An exact law may run down to 1e-300 beside counts that end at one in a million: one curve must not flatten the other.
    """
    if not figure.log_y or not drawn or any(is_text(one.y) for one in drawn):
        return None
    own = [one for one in drawn if not one.is_null and one.has_values] if figure.nulls else drawn[:1]
    lowest = min((_smallest(one.y) for one in own), default=np.nan)
    least = min((float(np.nanmin(one.y)) for one in drawn if one.has_values), default=np.nan)
    if not np.isfinite(lowest) or least > lowest / FAR_BELOW:
        return None
    return float(lowest / FAR_BELOW), float(np.nanmax([_largest(one.y) for one in drawn]) * 2)


def _smallest(values: ColumnArray) -> float:
    present = values[np.isfinite(values)]
    return float(np.quantile(present, RARE, method="lower")) if len(present) else np.nan


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
    n = int(np.isfinite(distinct).sum())
    return [
        RowGroup(DASH, np.flatnonzero(index == i), hue=None)
        if np.isnan(value)
        else RowGroup(f"{value:g}", np.flatnonzero(index == i), None if unordered else i / max(n - 1, 1), i)
        for i, value in enumerate(distinct)
    ]


def _named_groups(names: ColumnArray, index: ColumnArray, max_groups: int) -> list[RowGroup]:
    kept = list(range(len(names)))
    if len(names) > max_groups:
        kept = np.argsort(-np.bincount(index), kind="stable")[: max_groups - 1].tolist()
    elif _are_numbered(names):
        kept.sort(key=lambda i: in_natural_order(str(names[i])))
    named = (i for i in kept if names[i] != DASH)
    groups = [RowGroup(str(names[i]), np.flatnonzero(index == i), hue=hue) for hue, i in enumerate(named)]
    groups += [RowGroup(DASH, np.flatnonzero(index == i), hue=None) for i in kept if names[i] == DASH]
    left_out = np.flatnonzero(~np.isin(index, kept))
    return [*groups, *([RowGroup(OTHER, left_out, hue=None)] if len(left_out) else [])]


def _are_numbered(names: Iterable[str]) -> bool:
    """Whether texts differ in a number only: lobe 0, lobe 1."""
    return len({re.sub(r"\d+", "", name) for name in names}) == 1


def _shown(values: ColumnArray, logarithmic: bool) -> ColumnArray:
    return values if is_text(values) or not logarithmic else np.where(values > 0, values, np.nan)


def _ends(
    figure: Figure, columns: dict[str, ColumnArray], name: str, y: ColumnArray
) -> tuple[ColumnArray | None, ColumnArray | None]:
    """Ends of the intervals of a column. On a logarithmic axis an end at or below zero lies half below all that is drawn."""
    if name not in figure.ends:
        return None, None
    low, high = (columns[end] for end in figure.ends[name])
    if figure.log_y:
        everything = np.concatenate([low, high, y])
        positive = everything[everything > 0]
        low = np.where(low > 0, low, positive.min() / 2) if len(positive) else low
    return low, high
