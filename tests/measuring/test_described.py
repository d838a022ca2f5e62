import pytest

from saegeo_core import Absent, Described, Descriptions, Interval, Metric, NullComparison

DESCRIBED = Descriptions(
    mean_length=Described("length", "neither", "Mean length."),
    duplicates=Described("features", "lower", "Repeated rows."),
)
INTERVAL = Interval(low=1, high=2, method="m")
NULLS = (NullComparison(model="m", mean=0),)


def test_a_name_brings_its_unit_direction_and_meaning():
    metric = DESCRIBED.metric("mean_length", 1.5, 7, interval=INTERVAL, nulls=NULLS, addition=" Here of 7 rows.")
    about = {"unit": "length", "better": "neither", "description": "Mean length. Here of 7 rows."}
    assert metric == Metric(name="mean_length", estimate=1.5, interval=INTERVAL, nulls=NULLS, n=7, **about)


def test_an_absent_estimate_takes_interval_and_nulls_with_it():
    absent = DESCRIBED.metric("duplicates", Absent("no rows"), 7, interval=INTERVAL, nulls=NULLS)
    assert absent == DESCRIBED.missing("duplicates", "no rows", 7)


def test_what_is_missing_has_its_reason_everywhere():
    about = {"unit": "features", "better": "lower", "description": "Repeated rows."}
    assert DESCRIBED.missing("duplicates", "no rows") == Metric.missing("duplicates", "no rows", **about)


def test_the_order_is_that_of_the_table():
    assert list(DESCRIBED) == ["mean_length", "duplicates"]


def test_a_name_that_is_not_in_the_table_is_refused():
    with pytest.raises(KeyError, match="mean_lenght"):
        DESCRIBED.missing("mean_lenght", "no rows")
