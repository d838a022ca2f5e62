"""Tables of features of several reports on one SAE, joined by feature."""

import pytest

from saegeo_core.comparison.feature_table import feature_table, is_of_features
from saegeo_core.report.report import Table

MAP = {"feature": [2, 0, 5], "x": [0.5, 1, None], "y": [1.5, 2, None], "lobe": ["lobe 0", "lobe 1", None]}
RATES = {"feature": [0, 2, 7], "rate": [0.25, 0.5, 0.75], "label": ["dates", None, "names"]}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"feature": [3, 1]}, True),
        ({"feature": [3.0, None], "x": ["a", "b"]}, True),
        ({"feature": [3, 3]}, False),
        ({"feature": [0.5]}, False),
        ({"feature": ["a"]}, False),
        ({"feature": [True, False]}, False),
        ({"feature": [None]}, False),
        ({"id": [1, 2]}, False),
    ],
)
def test_a_table_of_features_has_a_row_for_each(columns, expected):
    assert is_of_features(Table(columns=columns)) == expected


def test_columns_are_joined_by_feature(saying):
    one, two = saying(map=MAP), saying("two", rates=RATES, other={"size": [1, 2]})
    table = feature_table([two, one])
    assert table.features == [0, 2, 5, 7]
    assert (table.x, table.y) == ([1, 0.5, None, None], [2, 1.5, None, None])
    assert table.labels == ["dates", None, None, "names"]
    assert [(one.report.analysis.name, one.table, one.name) for one in table.columns] == [
        ("one", "map", "lobe"),  # of the table with the coordinates, whatever the order
        ("two", "rates", "rate"),
    ]
    assert [one.values for one in table.columns] == [["lobe 1", "lobe 0", None, None], [0.25, 0.5, None, 0.75]]


def test_where_nothing_has_coordinates_there_is_no_table(saying):
    assert feature_table([saying(rates=RATES)]) is None
    assert feature_table([saying(map={**MAP, "x": ["a", "b", "c"]})]) is None
    assert feature_table([saying(curve={"x": [0, 1], "y": [1, 2]})]) is None
    assert feature_table([]) is None


def test_coordinates_are_those_of_most_features_and_of_equals_the_first(saying):
    few = {"feature": [0], "x": [9.0], "y": [9.0]}
    other = {"feature": [0, 2, 5], "x": [7.0, 7.0, 7.0], "y": [7.0, 7.0, 7.0]}
    reports = [saying(map=few), saying("two", map=MAP), saying("three", map=other)]
    table = feature_table(reports)
    assert table.x == [1, 0.5, None]
    # Other coordinates are columns like any.
    assert [(one.report.analysis.name, one.name) for one in table.columns] == [
        ("two", "lobe"),
        *(("one", axis) for axis in "xy"),
        *(("three", axis) for axis in "xy"),
    ]


def test_a_row_of_no_feature_is_passed_by(saying):
    chains = {"feature": [5, None, 0], "chain": ["1 → 5", "2 → 3", "0 → 0"]}
    table = feature_table([saying(map=MAP), saying("flow", chains=chains)])
    assert table.columns[-1].values == ["0 → 0", None, "1 → 5"]


def test_a_column_that_repeats_another_of_its_report_is_left_out(saying):
    typical = {"feature": [0], "lobe": ["lobe 1"], "rank": [1]}
    other = {"feature": [0], "lobe": ["lobe 7"]}
    table = feature_table([saying(typical=typical, other=other, map=MAP), saying("two", typical=typical)])
    assert [(one.report.analysis.name, one.table, one.name) for one in table.columns] == [
        ("one", "map", "lobe"),
        ("one", "typical", "rank"),
        ("one", "other", "lobe"),
        ("two", "typical", "lobe"),
        ("two", "typical", "rank"),
    ]
