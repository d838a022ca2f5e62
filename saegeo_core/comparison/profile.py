"""Metrics over layers, and the curves of all rows laid over one another: tables, and figures that draw them."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saegeo_core.cloud.sae_names import series_of
from saegeo_core.comparison.overlays import MAX_NAMED, Layer, identifier, overlays
from saegeo_core.comparison.published import PublishedProfile, published_beside
from saegeo_core.comparison.table import Column, ComparisonCell, Row
from saegeo_core.errors import SaegeoError
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Cell, Table

if TYPE_CHECKING:
    from saegeo_core.report.report import MeasuredSae

TREND = ("series", "layer", "SAE", "L0", "value", "low", "high", "null", "null_low", "null_high")
"""Columns of a table over layers: a row for each SAE."""
REACH = 1.96
"""Standard deviations of a null that hold 95 % of its draws, were they normal."""


@dataclass(frozen=True)
class LayerProfile:
    """Tables and figures like those of a report, of many reports together.

    Attributes:
        series: name to (layer, row name), ascending: SAEs that differ in nothing but their layer.
        published: column id to the published profiles of the same metric.
        tables: name to table: `plugin.metric by layer`, and `plugin.figure` for curves, a row for each value of each SAE.
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
        *overlays(rows, [column.plugin for column in columns], series),
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
    """A drawing of every column for at most MAX_NAMED series. A series of one value has no trend."""
    cells_of = {row.name: row.cells for row in rows}
    for place, column in enumerate(columns):
        known = {
            name: [(layer, row, sae, cells_of[row][place]) for layer, row, sae in members]
            for name, members in series.items()
            if sum(cells_of[row][place].value is not None for _, row, _ in members) > 1
        }
        names = list(known)
        for start in range(0, len(names), MAX_NAMED):
            part = names[start : start + MAX_NAMED]
            said = f", series {start + 1} to {start + len(part)}" if len(names) > MAX_NAMED else ""
            yield _trend(column, {name: known[name] for name in part}, published[column.id], said)


def _trend(
    column: Column,
    series: Mapping[str, Sequence[tuple[int, str, "MeasuredSae", ComparisonCell]]],
    beside: Sequence[PublishedProfile],
    part: str,
) -> tuple[Figure, Table]:
    """Each series over its layers with its intervals, and its judging null with the range that this has in 95 % of draws."""
    rows: list[dict[str, Cell]] = []
    for name, members in series.items():
        for layer, row, sae, cell in members:
            numbers = cell.numbers()
            value = {"value": numbers["estimate"], "low": numbers["low"], "high": numbers["high"]}
            rows.append({"series": name, "layer": layer, "SAE": row, "L0": sae.l0, **value, **_null(cell)})
    for one in beside:
        rows += [
            {"series": one.name, "layer": layer, "L0": one.l0.get(layer), "value": value}
            for layer, value in one.values.items()
        ]
    table: dict[str, list[Cell]] = {name: [row.get(name) for row in rows] for name in TREND}
    told = column.metric.replace("_", " ")
    has_null = any(value is not None for value in table["null"])
    models = {
        cell.metric.nulls[0].model for cell in _cells(series) if cell.metric and isinstance(cell.metric.nulls, tuple)
    }
    figure = Figure(
        name=identifier(f"{column.id} by layer{part}"),
        title=f"{told[0].upper()}{told[1:]} over layers{part}",
        kind="line",
        table=f"{column.id} by layer{part}",
        x="layer",
        y=("value", "null") if has_null else ("value",),
        y_names=(told, _null_name(models)) if has_null else (told,),
        nulls=("null",) if has_null else (),
        low=("low", "null_low") if has_null else "low",
        high=("high", "null_high") if has_null else "high",
        color="series",
        color_title="SAEs",
        x_title="layer",
        y_title=f"{told}, {column.unit}" if column.unit else told,
        caption=" ".join([column.description, *_bands(table), *(published.source for published in beside)]),
    )
    return figure, Table(columns=table)


def _cells(series: Mapping[str, Sequence[tuple[int, str, "MeasuredSae", ComparisonCell]]]) -> Iterator[ComparisonCell]:
    return (cell for members in series.values() for *_, cell in members)


def _null(cell: ComparisonCell) -> dict[str, Cell]:
    """Mean of the judging null, and 1.96 standard deviations to either side where these are known."""
    nulls = cell.metric.nulls if cell.metric else None
    if not isinstance(nulls, tuple):
        return {}
    mean, spread = nulls[0].mean, nulls[0].standard_deviation
    reach = {} if spread is None else {"null_low": mean - REACH * spread, "null_high": mean + REACH * spread}
    return {"null": mean, **reach}


def _null_name(models: Set[str]) -> str:
    return f"null: {next(iter(models))}" if len(models) == 1 else "null of each layer"


def _bands(table: Mapping[str, Sequence[Cell]]) -> Iterator[str]:
    """What bands there are."""
    if any(value is not None for value in table["low"]):
        yield "Bands: 95 % intervals."
    if any(value is not None for value in table["null_low"]):
        yield "Dashed: the null's mean, and 1.96 of its standard deviations to either side."
