import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from saegeo_core import Absent, Interval, Metric, NullComparison

FACTS = {"n": 3, "unit": "fraction", "better": "lower", "description": "A number."}
NONE = Absent("not wanted here")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_refused(value):
    with pytest.raises(ValidationError):
        Metric(name="a", estimate=value, interval=NONE, nulls=NONE, **FACTS)
    with pytest.raises(ValidationError):
        NullComparison(model="m", mean=value)
    with pytest.raises(ValidationError):
        Interval(low=0, high=value, method="m")


def test_a_number_without_interval_or_null_must_say_why():
    with pytest.raises(ValidationError):
        Metric(name="a", estimate=1.0, interval=NONE, **FACTS)
    with pytest.raises(ValidationError):
        Metric(name="a", estimate=1.0, interval=NONE, nulls=(), **FACTS)
    with pytest.raises(ValidationError):
        Absent("")


def test_an_absent_metric_has_neither_interval_nor_null():
    with pytest.raises(ValidationError):
        Metric(name="a", estimate=NONE, interval=Interval(low=0, high=1, method="m"), nulls=NONE, **FACTS)


def test_an_interval_runs_upwards():
    with pytest.raises(ValidationError):
        Interval(low=1, high=0, method="m")


def test_absent_reads_as_its_reason_in_json():
    metric = Metric.missing("a", "too few features", unit="fraction", better="neither", description="A number.")
    assert metric.model_dump(mode="json")["estimate"] == {"absent": "too few features"}
    assert metric.value is None


@given(
    estimate=st.floats(allow_nan=False, allow_infinity=False),
    pvalue=st.floats(0, 1),
    draws=st.none() | st.integers(1, 10**6),
)
def test_json_round_trip_is_exact(estimate, pvalue, draws):
    null = NullComparison(model="m", draws=draws, mean=estimate, pvalue=pvalue)
    metric = Metric(name="a", estimate=estimate, interval=NONE, nulls=(null,), **FACTS)
    assert Metric.model_validate_json(metric.model_dump_json()) == metric


@pytest.mark.parametrize("name", ["", "Tail", "tail-fraction", "1st", "a b"])
def test_names_are_lower_case_with_underscores(name):
    with pytest.raises(ValidationError):
        Metric(name=name, estimate=1.0, interval=NONE, nulls=NONE, **FACTS)
