"""What the reports on one SAE say of each of its features, side by side.

A table is of features where its column `feature` holds their ids, none twice. There, `label` is what they are called; numbers `x`
and `y` lay them out on a plane. The columns alone say so, whatever the analysis, so that tables of strangers are read like ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from saegeo_core.comparison.telling_reports import telling
from saegeo_core.report.report import Cell, Report, Table

FEATURE, LABEL, PLANE = "feature", "label", ("x", "y")


@dataclass(frozen=True)
class FeatureColumn:
    """What one table says of every feature: `values` (n_features,), None where it says nothing of one."""

    report: Report
    table: str
    name: str
    values: list[Cell]


@dataclass(frozen=True)
class FeatureTable:
    """Features of one SAE by their ids, and what is known of each.

    Attributes:
        features: ids in order (n_features,), of every feature that a table names.
        labels: (n_features,), or None where no table has any.
        x, y: coordinates (n_features,), None for a feature that was not laid out.
        columns: every further column; those of the table that has the coordinates come first.
    """

    features: list[int]
    labels: list[Cell] | None
    x: list[Cell]
    y: list[Cell]
    columns: list[FeatureColumn]


def feature_table(reports: Sequence[Report]) -> FeatureTable | None:
    """The tables of features of these reports on one SAE, joined; None where none of them has coordinates.

    Coordinates are those of the table that lays out most features, of equals the first. A column that only repeats another one of
    its report is left out.
    """
    tables = [
        (report, name, table.columns)
        for report in telling(reports)
        for name, table in sorted(report.tables.items(), key=lambda one: -_length(one[1]))
        if is_of_features(table)
    ]
    planes = [one for one in tables if set(PLANE) <= {*one[2]} and all(_are_numbers(one[2][axis]) for axis in PLANE)]
    if not planes:
        return None
    plane = max(planes, key=lambda one: len(one[2][FEATURE]))  # of equals the first
    tables = [plane, *(one for one in tables if one is not plane)]
    features = sorted({_whole(one) for *_, columns in tables for one in columns[FEATURE] if one is not None})
    place = {feature: row for row, feature in enumerate(features)}

    def aligned(columns: Mapping[str, list[Cell]], name: str) -> list[Cell]:
        values: list[Cell] = [None] * len(features)
        for feature, value in zip(columns[FEATURE], columns[name], strict=True):
            if feature is not None:
                values[place[_whole(feature)]] = value
        return values

    labels = [aligned(columns, LABEL) for *_, columns in tables if LABEL in columns]
    joined: list[FeatureColumn] = []
    for report, name, columns in tables:
        own = {FEATURE, LABEL} | (set(PLANE) if columns is plane[2] else set())
        for column in columns:
            values = aligned(columns, column) if column not in own else []
            beside = [one.values for one in joined if one.report is report and one.name == column]
            if column not in own and not any(_repeats(values, other) for other in beside):
                joined.append(FeatureColumn(report, name, column, values))
    return FeatureTable(
        features=features,
        labels=[next((one for one in told if one is not None), None) for told in zip(*labels, strict=True)] or None,
        x=aligned(plane[2], PLANE[0]),
        y=aligned(plane[2], PLANE[1]),
        columns=joined,
    )


def is_of_features(table: Table) -> bool:
    """Whether it has a row for each feature of some: ids in its column `feature`, none twice; rows without one are of none."""
    ids = [one for one in table.columns.get(FEATURE, []) if one is not None]
    return bool(ids) and _are_numbers(ids) and all(_whole(one) == one for one in ids) and len(set(ids)) == len(ids)


def _length(table: Table) -> int:
    return len(table.columns.get(FEATURE, []))


def _are_numbers(values: Sequence[Cell]) -> bool:
    return all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values)


def _whole(feature: Cell) -> int:
    return int(feature)  # type: ignore[arg-type]  # what is looked at here are numbers


def _repeats(values: Sequence[Cell], other: Sequence[Cell]) -> bool:
    return all(value is None or value == beside for value, beside in zip(values, other, strict=True))
