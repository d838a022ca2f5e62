"""The curves of several SAEs laid over one another: one curve an SAE, of what the figure is about, at its own places.

A null that is the same for all is drawn once; of those that each SAE has for itself, the judging one, as a second curve of each.
What else a figure holds (constants of one SAE, fits, other ways) is for the report of that SAE.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from saegeo_core.cloud.sae_names import instruction_pairs
from saegeo_core.comparison.table import Row
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Cell, Report, Table

if TYPE_CHECKING:
    from saegeo_core.report.report import MeasuredSae

Layer = tuple[int, str, "MeasuredSae"]
"""A layer of a series: its number, the name of its row, its SAE."""
CURVES = ("line", "step")
MAX_NAMED = 10
"""SAEs of one drawing that names can tell apart."""
SAME = 1e-9
"""Relative: nulls that differ by less are one."""


@dataclass(frozen=True)
class Curves:
    """One figure as several SAEs have it.

    Attributes:
        plugin: the analysis.
        of_row: figure and table by the name of the row.
    """

    plugin: str
    of_row: Mapping[str, tuple[Figure, Table]]

    @property
    def figure(self) -> Figure:
        """That of the first SAE: all draw the same column against the same axes."""
        return next(iter(self.of_row.values()))[0]

    def of(self, names: Sequence[str]) -> "Curves":
        """Of these rows, where they have it."""
        return Curves(self.plugin, {name: self.of_row[name] for name in names if name in self.of_row})

    def values(self, name: str, column: str) -> list[Cell]:
        """A column of the table of one row."""
        return self.of_row[name][1].columns[column]


def overlays(
    rows: Sequence[Row], plugins: Sequence[str], series: Mapping[str, Sequence[Layer]]
) -> Iterator[tuple[Figure, Table]]:
    """Every curve that several rows have in one drawing, or in one for each series of layers where they are many.

    Series of a base model and of its instruction-tuned one share a drawing besides, the layers in colors.
    """
    layers = {name: {row: layer for layer, row, _ in members} for name, members in series.items()}
    inside = {row for members in layers.values() for row in members}
    outside = [row.name for row in rows if row.name not in inside]
    for curves in _shared(rows, plugins):
        if len(layers) == 1 and not outside:
            [(_, members)] = layers.items()
            yield from _overlay(curves.of(list(members)), "", members)
        elif len(curves.of_row) <= MAX_NAMED:
            yield from _overlay(curves, "", None)
        else:
            for name, members in layers.items():
                yield from _overlay(curves.of(list(members)), name, members)
            for start in range(0, len(outside), MAX_NAMED):
                part = outside[start : start + MAX_NAMED]
                yield from _overlay(curves.of(part), f"SAEs {start + 1} to {start + len(part)}", None)
        for base, tuned in instruction_pairs(list(layers)):
            yield from _pair(curves, (base, layers[base]), (tuned, layers[tuned]))


def _shared(rows: Sequence[Row], plugins: Sequence[str]) -> Iterator[Curves]:
    """The curves that at least two rows have, drawn of the same column against the same axes."""
    for plugin in dict.fromkeys(plugins):
        found: dict[tuple[object, ...], dict[str, tuple[Figure, Table]]] = {}
        for row in rows:
            report = row.reports.get(plugin)
            for figure in report.figures if isinstance(report, Report) else ():
                if isinstance(report, Report) and _is_curve(figure, report.tables[figure.table]):
                    alike = (figure.name, figure.kind, figure.x, figure.y[0], figure.log_x, figure.log_y)
                    found.setdefault(alike, {})[row.name] = (figure, report.tables[figure.table])
        yield from (Curves(plugin, of_row) for of_row in found.values() if len(of_row) > 1)


def _is_curve(figure: Figure, table: Table) -> bool:
    """Whether it draws a curve through two numbers at least; a value that is only marked, and one point, are none."""
    if figure.kind not in CURVES or figure.color is not None or figure.y[0] in figure.marked:
        return False
    points = zip(table.columns[figure.x], table.columns[figure.y[0]], strict=True)
    return sum(_is_number(x) and _is_number(y) for x, y in points) > 1


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _overlay(curves: Curves, part: str, layers: Mapping[str, int] | None) -> Iterator[tuple[Figure, Table]]:
    """One drawing of all these rows, which are told apart by `layers` or, without, by their names; `part` says which they are."""
    if len(curves.of_row) < 2:
        return
    one, own = curves.figure, _nulls(curves)
    common = [null for null in own if _is_common(curves, null)]
    drawn = [one.y[0], *[null for null in own if null not in common][:1], *common]
    color = "SAE" if layers is None else "layer"
    columns: dict[str, list[Cell]] = {name: [] for name in (color, one.x, *drawn)}
    for name in curves.of_row:
        rows = {one.x: curves.values(name, one.x)}
        rows |= {column: curves.values(name, column) for column in drawn if column not in common}
        _append(columns, rows | {color: [name if layers is None else layers[name]] * len(rows[one.x])})
    if common:
        first = next(iter(curves.of_row))
        _append(columns, {column: curves.values(first, column) for column in (one.x, *common)})
    yield (
        _figure(curves, part, drawn, nulls=drawn[1:], color=color, said=_said(one, drawn, common)),
        Table(columns=columns),
    )


def _pair(
    curves: Curves, base: tuple[str, Mapping[str, int]], tuned: tuple[str, Mapping[str, int]]
) -> Iterator[tuple[Figure, Table]]:
    """A base model's layers against those of its instruction-tuned one: layers in colors, the two models in patterns."""
    both = {layer for row, layer in base[1].items() if row in curves.of_row}
    both &= {layer for row, layer in tuned[1].items() if row in curves.of_row}
    names = [row for _, members in (base, tuned) for row, layer in members.items() if layer in both]
    if not both:
        return
    shared, one = curves.of(names), curves.figure
    common = [null for null in _nulls(shared) if _is_common(shared, null)]
    columns: dict[str, list[Cell]] = {name: [] for name in ("layer", one.x, "base", "tuned", *common)}
    for column, (_, members) in (("base", base), ("tuned", tuned)):
        for row, layer in members.items():
            if layer in both:
                x = shared.values(row, one.x)
                _append(columns, {"layer": [layer] * len(x), one.x: x, column: shared.values(row, one.y[0])})
    if common:
        _append(columns, {column: shared.values(names[0], column) for column in (one.x, *common)})
    y = ["base", "tuned", *common]
    figure = _figure(
        shared, f"{base[0]} against {tuned[0]}", y, nulls=common, color="layer", said=_said(one, y, common)
    )
    told = (base[0], tuned[0], *(_y_name(one, null) for null in common))
    yield figure.model_copy(update={"y_names": told}), Table(columns=columns)


def _append(columns: dict[str, list[Cell]], rows: Mapping[str, list[Cell]]) -> None:
    """Rows at the end of all columns, without a value where they have none."""
    n = len(next(iter(rows.values())))
    for name, column in columns.items():
        column.extend(rows.get(name, [None] * n))


def _nulls(curves: Curves) -> list[str]:
    """Those that every row has, the judging first."""
    return [null for null in curves.figure.nulls if all(null in figure.nulls for figure, _ in curves.of_row.values())]


def _is_common(curves: Curves, null: str) -> bool:
    """Whether a null is the same curve for every row."""
    first, *others = [
        np.array([[_number(value) for value in curves.values(name, column)] for column in (curves.figure.x, null)])
        for name in curves.of_row
    ]
    return all(one.shape == first.shape and np.allclose(one, first, SAME, 0, equal_nan=True) for one in others)


def _number(value: Cell) -> float:
    return float(value) if isinstance(value, int | float) else np.nan


def _y_name(figure: Figure, column: str) -> str:
    return figure.y_names[figure.y.index(column)] if figure.y_names else column.replace("_", " ")


def _said(figure: Figure, drawn: Sequence[str], common: Sequence[str]) -> str:
    """What is drawn, and which nulls are the same for all; figures of one SAE have a caption for that one."""
    own = [_y_name(figure, name) for name in drawn if name in figure.nulls and name not in common]
    told = [f"One curve for each SAE: {_y_name(figure, figure.y[0])}."]
    told += [f"Each beside its own null: {', '.join(own)}."] * bool(own)
    told += [f"The same for all: {', '.join(_y_name(figure, name) for name in common)}."] * bool(common)
    return " ".join(told)


def _figure(curves: Curves, part: str, y: Sequence[str], *, nulls: Sequence[str], color: str, said: str) -> Figure:
    one = curves.figure
    titles = {figure.title for figure, _ in curves.of_row.values()}
    title = one.title if len(titles) == 1 else f"{_y_name(one, one.y[0])} by {one.x_title or one.x}"
    table = ", ".join(filter(None, [f"{curves.plugin}.{one.name}", part]))
    return Figure(
        name=identifier(table),
        title=f"{title}: {part}" if part else title,
        kind=one.kind,
        table=table,
        x=one.x,
        y=tuple(y),
        y_names=tuple(_y_name(one, name) if name in one.y else name for name in y),
        nulls=tuple(nulls),
        color=color,
        log_x=one.log_x,
        log_y=one.log_y,
        x_title=one.x_title or one.x.replace("_", " "),
        y_title=one.y_title or _y_name(one, one.y[0]),
        caption=said,
    )


def identifier(text: str) -> str:
    """A name that a figure may have."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
