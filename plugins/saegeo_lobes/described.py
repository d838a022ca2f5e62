"""Name, unit, direction and meaning of every metric, in the order in which they are reported."""

from typing import NamedTuple

from saegeo_core import Absent, Better, Interval, Metric, NullComparison


class Description(NamedTuple):
    """What does not depend on the dictionary."""

    unit: str
    better: Better
    text: str


DESCRIBED = {
    "ami": Description(
        "adjusted mutual information",
        "higher",
        "Agreement of lobes (clusters of phi) with clusters of the nearest-neighbor cosine graph, at k_reported; 0 is chance, "
        "1 is equal clusters.",
    ),
    "ami_angular": Description(
        "adjusted mutual information",
        "higher",
        "The same with clusters of the angular affinity of all pairs, the paper's geometry.",
    ),
    "neighbor_phi_excess": Description(
        "phi",
        "higher",
        "Mean phi of a feature with its nearest neighbors by cosine, less its mean phi with features that fire as often as these.",
    ),
    "decoding_balanced_accuracy": Description(
        "share of features",
        "higher",
        "Mean over lobes of the share of features whose lobe a linear probe tells from the direction, on held-out features.",
    ),
    "cramers_v": Description(
        "Cramér's V",
        "higher",
        "Strength of the agreement behind ami: 0 for independent clusters, 1 where one gives the other.",
    ),
    "live_features": Description(
        "features", "neither", "Features that fire, and are silent, in enough blocks to be compared."
    ),
    "dead_features": Description("features", "lower", "Features that fire in no block."),
    "lobe_text_association": Description(
        "Cramér's V", "higher", "Strength of the association of lobe and kind of text over blocks, from 0 to 1."
    ),
}


def described_metric(
    name: str,
    estimate: float | Absent,
    n: int,
    *,
    interval: Interval | Absent,
    nulls: tuple[NullComparison, ...] | Absent,
) -> Metric:
    """The metric of that name with its description; an absent estimate takes interval and nulls with it."""
    unit, better, text = DESCRIBED[name]
    if isinstance(estimate, Absent):
        return Metric.missing(name, estimate.absent, unit=unit, better=better, description=text, n=n)
    return Metric(
        name=name,
        estimate=estimate,
        interval=interval,
        nulls=nulls,
        n=n,
        unit=unit,
        better=better,
        description=text,
    )
