import pytest

from saegeo_core import Absent, Metric, NullComparison
from saegeo_core.rendering.metric_words import against_null, null_pvalue


def metric(value, null=None, better="neither", unit="share of features"):
    return Metric(
        name="m",
        estimate=value,
        interval=Absent("none"),
        nulls=Absent("none") if null is None else (null,),
        n=1,
        unit=unit,
        better=better,
        description="A metric.",
    )


@pytest.mark.parametrize(
    ("value", "mean", "p", "words"),
    [
        (3.2, 1.0, 0.001, "3.2 × null"),
        (0.25, 1.0, 0.001, "0.25 × null"),
        (1.02, 1.0, 0.001, "1.02 × null"),
        (1.0001, 1.0, 0.001, "above null"),
        (0.9999, 1.0, 0.001, "below null"),
        (1.5, 1.0, 0.051, "like null"),
        (0.1, 0.0, 0.001, "above null"),
        (-0.1, 0.2, None, "below null"),
        (0.0, 0.0, None, "equals null"),
        (4.0, 1.0, None, "4 × null"),
        (1.05, 1.0, None, "like null"),
    ],
)
def test_the_estimate_is_compared_with_the_judging_null(value, mean, p, words):
    assert against_null(metric(value, NullComparison(model="x", mean=mean, standard_deviation=0.1, pvalue=p))) == words


@pytest.mark.parametrize(
    ("alternative", "value", "p", "words"),
    [
        ("greater", 5.0, 0.01, "5 × null"),
        ("greater", 0.5, 1.0, "0.50 × null"),
        ("greater", 0.95, 0.97, "like null"),
        ("less", 0.5, 0.01, "0.50 × null"),
        ("less", 15.0, 1.0, "15 × null"),
        ("less", 1.05, 1.0, "like null"),
        ("two-sided", 15.0, 0.02, "15 × null"),
    ],
)
def test_words_are_two_sided_where_the_pvalue_is_not(alternative, value, p, words):
    null = NullComparison(model="x", draws=99, mean=1.0, standard_deviation=0.1, pvalue=p, alternative=alternative)
    assert against_null(metric(value, null)) == words


def test_a_tie_with_most_draws_is_no_distance():
    null = NullComparison(model="x", draws=99, mean=0.2, standard_deviation=0.4, pvalue=1.0, alternative="greater")
    assert against_null(metric(0.0, null)) == "like null"


@pytest.mark.parametrize("unit", ["nats", "nats per dimension", "ln eigenvalue", "area under the curve"])
def test_no_ratio_is_told_where_zero_is_a_convention(unit):
    null = NullComparison(model="x", mean=10.0, standard_deviation=0.1, pvalue=0.001)
    assert against_null(metric(0.52, null, unit=unit)) == "below null"


@pytest.mark.parametrize("spread", [None, 0.001])
def test_no_ratio_is_told_to_a_mean_that_may_be_zero(spread):
    """A mean cosine of .025 is not 25 times one of .001."""
    null = NullComparison(model="x", mean=0.001, standard_deviation=spread, pvalue=0.001)
    assert against_null(metric(0.025, null)) == "above null"


@pytest.mark.parametrize(
    ("alternative", "draws", "p", "written"),
    [
        ("greater", 19, 0.05, "≤ 0.05"),
        ("less", 99, 0.01, "≤ 0.01"),
        ("two-sided", 99, 0.02, "≤ 0.02"),
        ("greater", 99, 0.02, "0.02"),
        ("greater", None, 0.01, "0.01"),
    ],
)
def test_a_pvalue_that_is_the_least_of_its_draws_is_a_bound(alternative, draws, p, written):
    null = NullComparison(model="x", draws=draws, mean=0.0, pvalue=p, alternative=alternative)
    assert null_pvalue(metric(1.0, null)) == written


def test_without_a_null_there_is_nothing_to_compare_with():
    assert against_null(metric(1.0, better="higher")) == ""
    assert against_null(metric(2.0, NullComparison(model="x", mean=1.0, standard_deviation=0.1), "lower")) == "2 × null"
