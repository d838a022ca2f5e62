"""Name, unit, direction and meaning of every metric, in the order in which they are reported."""

from typing import NamedTuple

from saegeo_core import Absent, Better, Interval, Metric, NullComparison
from saegeo_crystals.held_out import BASE, GAIN


class Description(NamedTuple):
    """What does not depend on the data."""

    unit: str
    better: Better
    text: str


_BASE = {
    "silhouette": Description("silhouette", "higher", "Mean silhouette of held-out differences by relation, Euclidean"),
    "relation_accuracy": Description(
        "fraction of pairs", "higher", "Held-out differences nearest to the training mean of their own relation"
    ),
    "parallelogram_error": Description(
        "ratio", "lower", "|(b - a) - (d - c)| over the mean side, mean over held-out pairs of pairs of one relation"
    ),
    "trapezoid_cosine": Description(
        "cosine", "higher", "Cosine of b - a with d - c, mean over held-out pairs of pairs of one relation"
    ),
    "offset_similarity": Description(
        "cosine", "higher", "Mean cosine of the offsets of a relation (OCS), shared words included, mean over relations"
    ),
    "pairing_consistency": Description(
        "area under the curve",
        "higher",
        "How often two true offsets are more alike than two with wrong partners (PCS); .5 where any partner would do",
    ),
    "analogy_accuracy": Description(
        "fraction of queries",
        "higher",
        "Analogies answered right by the word nearest to b - a + c, query words left out",
    ),
    "analogy_accuracy_with_query_words": Description(
        "fraction of queries", "higher", "The same with the query words among the candidates"
    ),
    "analogy_accuracy_average": Description(
        "fraction of pairs",
        "higher",
        "Words nearest to c plus the mean offset of the other held-out pairs of its relation (3CosAvg)",
    ),
}
_SPACES = {"raw": "in the vectors as they are", "projected": "in the space that the other folds taught"}
DESCRIBED = {
    GAIN: Description(
        "area under the curve", "higher", "Pairing consistency projected minus raw: what projection adds."
    ),
    **{
        f"{name}_{space}": Description(_BASE[name].unit, _BASE[name].better, f"{_BASE[name].text}; {where}.")
        for name in BASE
        for space, where in _SPACES.items()
    },
    "silhouette_raw_in_sample": Description(
        "silhouette", "higher", "Mean silhouette of all differences by relation, in the vectors as they are."
    ),
    "silhouette_in_sample": Description(
        "silhouette", "higher", "Mean silhouette of all differences by relation, in the space fitted on the same pairs."
    ),
}


def described_metric(
    name: str,
    estimate: float,
    n: int,
    *,
    interval: Interval | Absent,
    nulls: tuple[NullComparison, ...] | Absent,
) -> Metric:
    """The metric of that name, with its description."""
    unit, better, text = DESCRIBED[name]
    return Metric(
        name=name, estimate=estimate, interval=interval, nulls=nulls, n=n, unit=unit, better=better, description=text
    )


def absent_metric(name: str, reason: str) -> Metric:
    """The metric of that name, which could not be computed."""
    unit, better, text = DESCRIBED[name]
    return Metric.missing(name, reason, unit=unit, better=better, description=text)
