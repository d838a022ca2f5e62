"""Metrics over layers, and the curves of all rows laid over one another: tables, and figures that draw them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saegeo_core.cloud.sae_names import series_of
from saegeo_core.comparison.published import PublishedProfile, published_beside
from saegeo_core.comparison.table import Column, Row
from saegeo_core.errors import SaegeoError
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Cell, Table

if TYPE_CHECKING:
    from saegeo_core.report.report import MeasuredSae

CURVES = ("line", "step")
Layer = tuple[int, str, "MeasuredSae"]
"""A layer of a series: its number, the name of its row, its SAE."""


@dataclass(frozen=True)
class LayerProfile:
    """Tables and figures like those of a report, of many reports together.

    Attributes:
        series: name to (layer, row name), ascending: SAEs that differ in nothing but their layer.
        published: column id to the published profiles of the same metric.
        tables: name to table: `plugin.metric by layer`, and `plugin.figure` for curves.
        figures: drawings of those tables.
    """

    series: dict[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    published: dict[str, tuple[PublishedProfile, ...]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()


def layer_profile(columns: Sequence[Column], rows: Sequence[Row]) -> LayerProfile:
    """The trend of every column over layers; every line and step figure that several reports share, as one.

    Raises:
        SaegeoError: no two rows are layers of one series.
    """
    known = [(row.name, row.sae) for row in rows if row.sae]
    series = {name: members for name, members in series_of(known).items() if len(members) > 1}
    if not series:
        raise SaegeoError(
            "--profile draws metrics over layers, and no two of these SAEs are layers of one series",
            "name several layers, for example 'minilm-l6:layer_*'",
        )
    published = {column.id: tuple(published_beside(column, rows)) for column in columns}
    drawn = [
        *_trends(columns, rows, series, published),
        *_overlays(rows, [column.plugin for column in columns]),
    ]
    return LayerProfile(
        series={name: tuple((layer, row) for layer, row, _ in members) for name, members in series.items()},
        published=published,
        tables={figure.table: table for figure, table in drawn},
        figures=tuple(figure for figure, _ in drawn),
    )


def _trends(
    columns: Sequence[Column],
    rows: Sequence[Row],
    series: Mapping[str, Sequence[Layer]],
    published: Mapping[str, Sequence[PublishedProfile]],
) -> Iterator[tuple[Figure, Table]]:
    cells_of = {row.name: row.cells for row in rows}
    layers = sorted({layer for members in series.values() for layer, _, _ in members})
    for place, column in enumerate(columns):
        values: dict[str, list[Cell]] = {"layer": list(layers)}
        for name, members in series.items():
            cells = {layer: cells_of[row][place] for layer, row, _ in members}
            l0 = {layer: sae.l0 for layer, _, sae in members}
            values[name] = [cells[layer].value if layer in cells else None for layer in layers]
            for end in ("low", "high"):
                values[f"{name}, {end}"] = [cells[layer].numbers()[end] if layer in cells else None for layer in layers]
            values[f"{name}, L0"] = [l0.get(layer) for layer in layers]
        for beside in published[column.id]:
            values[beside.name] = [beside.values.get(layer) for layer in layers]
            values[f"{beside.name}, L0"] = [beside.l0.get(layer) for layer in layers]
        yield _trend_figure(column, list(series), published[column.id]), Table(columns=values)


def _trend_figure(column: Column, series: Sequence[str], beside: Sequence[PublishedProfile]) -> Figure:
    """Error bars can be drawn for one curve, so several have none; the table has them all."""
    has_bars = len(series) == 1
    return Figure(
        name=_identifier(f"{column.id} by layer"),
        title=f"{column.id} over layers",
        kind="line",
        table=f"{column.id} by layer",
        x="layer",
        y=(*series, *(published.name for published in beside)),
        low=f"{series[0]}, low" if has_bars else None,
        high=f"{series[0]}, high" if has_bars else None,
        x_title="layer",
        y_title=column.unit,
        caption=" ".join([column.description, *(published.source for published in beside)]),
    )


def _overlays(rows: Sequence[Row], plugins: Sequence[str]) -> Iterator[tuple[Figure, Table]]:
    for plugin in dict.fromkeys(plugins):
        with_report = [row for row in rows if plugin in row.reports]
        figures = [figure for row in with_report for figure in row.reports[plugin].figures if figure.kind in CURVES]
        for name in dict.fromkeys(figure.name for figure in figures if figure.color is None):
            sharing = [
                (row.name, figure, row.reports[plugin].tables[figure.table].columns)
                for row in with_report
                for figure in row.reports[plugin].figures
                if figure.name == name
            ]
            if len(sharing) > 1:
                yield _overlay(
                    plugin, sharing[0][1], [(row, columns[f.x], columns[f.y[0]]) for row, f, columns in sharing]
                )


def _overlay(plugin: str, one: Figure, curves: Sequence[tuple[str, list[Cell], list[Cell]]]) -> tuple[Figure, Table]:
    """The first curve of a figure for every row, over all values of x that any of them has."""
    at = [dict(zip(x, y, strict=True)) for _, x, y in curves]
    x = sorted({value for curve in at for value in curve if value is not None})
    names = [name for name, _, _ in curves]
    table = f"{plugin}.{one.name}"
    columns: dict[str, list[Cell]] = {one.x: list(x)}
    columns |= {name: [curve.get(value) for value in x] for name, curve in zip(names, at, strict=True)}
    figure = one.model_copy(
        update={"name": _identifier(table), "table": table, "y": tuple(names), "low": None, "high": None, "hover": None}
    )
    return figure, Table(columns=columns)


def _identifier(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
