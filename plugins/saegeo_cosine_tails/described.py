"""Name, unit, direction and meaning of every metric, in the order in which they are reported."""

from typing import NamedTuple

from saegeo_core import Absent, Better, Findings, Interval, Metric, NullComparison


class Description(NamedTuple):
    """What does not depend on the cloud."""

    unit: str
    better: Better
    text: str


DESCRIBED = {
    "tail_fraction": Description("fraction of pairs", "lower", "Share of pairs whose |cosine| is above the threshold."),
    "tail_fraction_positive": Description(
        "fraction of pairs", "lower", "Share of pairs whose cosine is above the threshold."
    ),
    "tail_fraction_negative": Description(
        "fraction of pairs", "lower", "Share of pairs whose cosine is below minus the threshold."
    ),
    "tail_excess": Description(
        "ratio", "lower", "tail_fraction over its exact value for uniform directions; 1 is uniform."
    ),
    "mean_cosine": Description("cosine", "neither", "Mean cosine over pairs; 0 without a common direction."),
    "mean_squared_cosine": Description("squared cosine", "lower", "Mean squared cosine over pairs."),
    "max_cosine": Description("cosine", "lower", "Largest cosine of two features."),
    "min_cosine": Description("cosine", "higher", "Smallest cosine of two features."),
    "nearest_cosine_mean": Description(
        "cosine", "lower", "Mean over features of the cosine to the nearest other feature."
    ),
    "duplicate_features": Description("features", "lower", "Features with a partner at cosine above 1 - 1e-6."),
    "antipodal_features": Description("features", "lower", "Features with a partner at cosine below -(1 - 1e-6)."),
}


def described_metric(
    name: str,
    estimate: float,
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


def nothing_to_measure(preset: str, n_features: int) -> Findings:
    """Every metric of the preset, absent: one feature has no pair, and one dimension no angles."""
    reason = "one feature has no pair" if n_features < 2 else "in one dimension every cosine is 1 or -1"
    names = ["tail_fraction"] if preset == "paper" else list(DESCRIBED)
    described = [(name, *DESCRIBED[name]) for name in names]
    return Findings(
        [
            Metric.missing(name, reason, unit=unit, better=better, description=text)
            for name, unit, better, text in described
        ]
    )
