"""Name, unit, direction and meaning of every metric, in the order in which they are reported."""

from typing import NamedTuple

from saegeo_core import Absent, Better, Interval, Metric, NullComparison


class Description(NamedTuple):
    """What does not depend on the cloud."""

    unit: str
    better: Better
    text: str


DESCRIBED = {
    "negentropy": Description(
        "nats", "neither", "Negentropy of the leading principal components, less the mean of the judging surrogates."
    ),
    "negentropy_q100": Description(
        "nats", "neither", "Negentropy of the first 100 principal components, less the mean of the judging surrogates."
    ),
    "entropy": Description(
        "nats",
        "neither",
        "Entropy of the components of the headline in the cloud's own units; scaling the cloud by s adds q ln s.",
    ),
    "nearest_neighbor_distance": Description(
        "distance", "neither", "Mean distance to the nearest other row, in all dimensions."
    ),
    "intrinsic_dimension_twonn": Description(
        "dimensions", "neither", "Intrinsic dimension from the two nearest rows (TwoNN)."
    ),
    "intrinsic_dimension_mle": Description(
        "dimensions", "neither", "Intrinsic dimension by maximum likelihood, mean over 10 to 20 nearest rows."
    ),
    "duplicate_rows": Description(
        "features", "lower", "Rows that repeat an earlier one, up to a millionth of the spread; left out above."
    ),
}


def described_metric(
    name: str,
    estimate: float | Absent,
    n: int,
    *,
    interval: Interval | Absent,
    nulls: tuple[NullComparison, ...] | Absent,
    addition: str = "",
) -> Metric:
    """The metric of that name, with its description and what `addition` says of this cloud."""
    unit, better, text = DESCRIBED[name]
    return Metric(
        name=name,
        estimate=estimate,
        interval=interval,
        nulls=nulls,
        n=n,
        unit=unit,
        better=better,
        description=text + addition,
    )


def missing_metric(name: str, reason: str, n: int = 0) -> Metric:
    """The metric of that name, absent for `reason`."""
    unit, better, text = DESCRIBED[name]
    return Metric.missing(name, reason, unit=unit, better=better, description=text, n=n)
