"""Name, unit, direction and meaning of every metric, in the order in which they are reported."""

from saegeo_core import Described, Descriptions, Findings

DESCRIBED = Descriptions(
    tail_fraction=Described("fraction of pairs", "lower", "Share of pairs whose |cosine| is above the threshold."),
    tail_fraction_positive=Described(
        "fraction of pairs", "lower", "Share of pairs whose cosine is above the threshold."
    ),
    tail_fraction_negative=Described(
        "fraction of pairs", "lower", "Share of pairs whose cosine is below minus the threshold."
    ),
    tail_excess=Described("ratio", "lower", "tail_fraction over its exact value for uniform directions; 1 is uniform."),
    mean_cosine=Described("cosine", "neither", "Mean cosine over pairs; 0 without a common direction."),
    mean_squared_cosine=Described("squared cosine", "lower", "Mean squared cosine over pairs."),
    max_cosine=Described("cosine", "lower", "Largest cosine of two features."),
    min_cosine=Described("cosine", "higher", "Smallest cosine of two features."),
    nearest_cosine_mean=Described("cosine", "lower", "Mean over features of the cosine to the nearest other feature."),
    duplicate_features=Described("features", "lower", "Features with a partner at cosine above 1 - 1e-6."),
    antipodal_features=Described("features", "lower", "Features with a partner at cosine below -(1 - 1e-6)."),
)


def nothing_to_measure(preset: str, n_features: int) -> Findings:
    """Every metric of the preset, absent: one feature has no pair, and one dimension no angles."""
    reason = "one feature has no pair" if n_features < 2 else "in one dimension every cosine is 1 or -1"
    names = ["tail_fraction"] if preset == "paper" else list(DESCRIBED)
    return Findings([DESCRIBED.missing(name, reason) for name in names])
