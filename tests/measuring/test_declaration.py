"""From numbers to findings: what is declared is said of every metric, and what is not known is said too."""

import numpy as np
import pandas as pd
import pytest

from saegeo_core import Absent, Declarations, Declared, Figure
from saegeo_core.measuring.null_comparison import Draws
from saegeo_core.measuring.spread import Spread
from saegeo_core.statistics.laws import NormalLaw
from saegeo_core.statistics.resampling import jackknife_of

DECLARED = Declarations(
    mean_length=Declared("length", "neither", "Mean length.", alternative="two-sided", range=(0, 2)),
    duplicates=Declared("features", "lower", "Repeated rows.", no_interval="it is a count", no_null="none is drawn"),
)
SPREAD = Spread(jackknife_of(1.5, [1.2, 1.4, 1.9]), "parts of a test")
NULLS = {"standard normal": NormalLaw(0, 1), "three draws": np.array([1.0, 2.0, 3.0])}


def findings(numbers, **given):
    return DECLARED.findings(
        numbers, n=7, **{"spread": {"mean_length": SPREAD}, "nulls": {"mean_length": NULLS}, **given}
    )


def test_a_name_brings_its_unit_direction_and_meaning():
    (metric,) = findings({"mean_length": 1.5}, additions={"mean_length": " Here of 7 rows."}).metrics
    assert (metric.name, metric.estimate, metric.n) == ("mean_length", 1.5, 7)
    assert (metric.unit, metric.better, metric.description) == ("length", "neither", "Mean length. Here of 7 rows.")


def test_a_number_stands_beside_its_interval_and_its_nulls_in_their_order():
    (metric,) = findings({"mean_length": 1.5}).metrics
    assert metric.interval == SPREAD.interval((0, 2))
    assert [null.model for null in metric.nulls] == list(NULLS)
    assert [null.alternative for null in metric.nulls] == ["two-sided"] * 2
    assert metric.nulls[0].z == 1.5


def test_no_interval_reaches_beyond_the_declared_range():
    assert SPREAD.resampled.confidence_interval[1] > 2
    assert findings({"mean_length": 1.5}).metrics[0].interval.high == 2


def test_the_values_behind_an_interval_are_kept_under_its_key():
    (kept,) = findings({"mean_length": 1.5, "duplicates": 3}).replicates
    assert (kept.metric, kept.key) == ("mean_length", "parts of a test")


def test_what_is_not_given_has_the_declared_reason():
    (metric,) = DECLARED.findings({"duplicates": 3}, n=7).metrics
    assert (metric.interval.absent, metric.nulls.absent) == ("it is a count", "none is drawn")


def test_what_is_neither_given_nor_declared_is_refused():
    with pytest.raises(ValueError, match="mean_length has no interval"):
        DECLARED.findings({"mean_length": 1.5}, n=7, nulls={"mean_length": NULLS})
    with pytest.raises(ValueError, match="mean_length has no null"):
        DECLARED.findings({"mean_length": 1.5}, n=7, spread={"mean_length": SPREAD})


def test_one_reason_does_for_all():
    for metric in DECLARED.findings(
        {"mean_length": 1.5, "duplicates": 3}, n=7, spread=Absent("a"), nulls=Absent("b")
    ).metrics:
        assert (metric.interval.absent, metric.nulls.absent) == ("a", "b")


def test_an_absent_number_takes_interval_and_nulls_with_it():
    first, second = findings({"mean_length": 1.5, "duplicates": Absent("no rows")}).metrics
    assert first.value == 1.5
    assert second.estimate.absent == second.interval.absent == second.nulls.absent == "no rows"


def test_nulls_with_nothing_to_compare_say_so():
    (metric,) = findings({"mean_length": 1.5}, nulls={"mean_length": {"no draws": Draws([])}}).metrics
    assert metric.nulls.absent == "its null models gave nothing to compare it with"


def test_the_order_is_that_of_the_declaration_and_what_is_left_out_is_not_reported():
    numbers = {"duplicates": 3, "mean_length": 1.5}
    assert [metric.name for metric in findings(numbers).metrics] == ["mean_length", "duplicates"]
    assert [metric.name for metric in findings({"duplicates": 3}).metrics] == ["duplicates"]


def test_every_number_may_have_an_n_of_its_own():
    found = DECLARED.findings(
        {"mean_length": Absent("no rows"), "duplicates": 3}, n={"mean_length": 0, "duplicates": 12}
    )
    assert [metric.n for metric in found.metrics] == [0, 12]


def test_where_nothing_can_be_measured_all_is_absent():
    found = DECLARED.absent("no rows", 4)
    assert [(metric.name, metric.estimate.absent, metric.n) for metric in found.metrics] == [
        ("mean_length", "no rows", 4),
        ("duplicates", "no rows", 4),
    ]


def test_a_name_that_is_not_declared_is_refused():
    with pytest.raises(ValueError, match="mean_lenght not declared; declared are mean_length, duplicates"):
        findings({"mean_lenght": 1.5})


def test_tables_figures_and_warnings_are_handed_on():
    table = pd.DataFrame({"x": [1], "y": [2]})
    figure = Figure(name="one", title="One", kind="line", table="rows", x="x", y=("y",))
    found = findings({"duplicates": 3}, tables={"rows": table}, figures=[figure], warnings=["look here"])
    assert (found.tables["rows"] is table, found.figures, found.warnings) == (True, [figure], ["look here"])
