import pytest

from saegeo_core import Absent, Metric, NullComparison
from saegeo_core.rendering.metric_words import against_null


def metric(value, null=None, better="neither"):
    return Metric(
        name="m",
        estimate=value,
        interval=Absent("none"),
        nulls=Absent("none") if null is None else (null,),
        n=1,
        unit="one",
        better=better,
        description="A metric.",
    )


@pytest.mark.parametrize(
    ("value", "mean", "p", "words"),
    [
        (3.2, 1.0, 0.001, "3.2 × null"),
        (0.25, 1.0, 0.05, "0.25 × null"),
        (1.02, 1.0, 0.001, "1.02 × null"),
        (1.0001, 1.0, 0.001, "above null"),
        (0.9999, 1.0, 0.001, "below null"),
        (1.5, 1.0, 0.051, "like null"),
        (0.1, 0.0, 0.001, "above null"),
        (-0.1, 0.2, None, "below null"),
        (0.0, 0.0, None, "equals null"),
        (4.0, 1.0, None, "4 × null"),
    ],
)
def test_the_estimate_is_compared_with_the_judging_null(value, mean, p, words):
    assert against_null(metric(value, NullComparison(model="x", mean=mean, pvalue=p))) == words


def test_without_a_null_there_is_nothing_to_compare_with():
    assert against_null(metric(1.0, better="higher")) == ""
    assert against_null(metric(2.0, NullComparison(model="x", mean=1.0), "lower")) == "2 × null"
