"""What every metric is, in both presets, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

AN_EXTREME = "no resampling gives a valid interval for an extreme"
AN_EVENT = "a count of exact events in this cloud; nothing is estimated"
NEIGHBORS = (
    "it falls with the number of features; subsampling and the jackknife over neighborhoods covered only 79 to 87 % "
    "of 95 on clouds of families"
)
PARTS_ARE_SMALLER = (
    "it falls with the number of features, so that parts of a dictionary do not tell how it would scatter"
)
SHARE = (0.0, 1.0)

DECLARED = Declarations(
    tail_fraction=Declared(
        "fraction of pairs",
        "lower",
        "Share of pairs whose |cosine| is above the threshold.",
        alternative="two-sided",
        range=SHARE,
    ),
    tail_fraction_positive=Declared(
        "fraction of pairs",
        "lower",
        "Share of pairs whose cosine is above the threshold.",
        alternative="two-sided",
        range=SHARE,
    ),
    tail_fraction_negative=Declared(
        "fraction of pairs",
        "lower",
        "Share of pairs whose cosine is below minus the threshold.",
        alternative="two-sided",
        range=SHARE,
    ),
    tail_excess=Declared(
        "ratio",
        "lower",
        "tail_fraction over its exact value for uniform directions; 1 is uniform.",
        alternative="two-sided",
    ),
    mean_cosine=Declared(
        "cosine", "neither", "Mean cosine over pairs; 0 without a common direction.", alternative="two-sided"
    ),
    mean_squared_cosine=Declared("squared cosine", "lower", "Mean squared cosine over pairs.", alternative="two-sided"),
    mean_absolute_cosine=Declared(
        "cosine", "lower", "Mean absolute cosine over pairs.", alternative="two-sided", range=SHARE
    ),
    capacity=Declared(
        "share of a dimension",
        "higher",
        "Mean over features of 1 / (sum of squared cosines with all features, itself included): 1 where none overlaps.",
        alternative="two-sided",
        range=SHARE,
        no_interval=PARTS_ARE_SMALLER,
    ),
    hubness=Declared(
        "skewness", "lower", "Skewness, over features, of how often each is among the ten nearest of the others."
    ),
    max_cosine=Declared("cosine", "lower", "Largest cosine of two features.", no_interval=AN_EXTREME),
    min_cosine=Declared(
        "cosine", "higher", "Smallest cosine of two features.", alternative="less", no_interval=AN_EXTREME
    ),
    nearest_cosine_mean=Declared(
        "cosine",
        "lower",
        "Mean over features of the cosine to the nearest other feature.",
        alternative="two-sided",
        no_interval=NEIGHBORS,
    ),
    duplicate_features=Declared(
        "features", "lower", "Features with a partner at cosine above 1 - 1e-6.", no_interval=AN_EVENT
    ),
    antipodal_features=Declared(
        "features", "lower", "Features with a partner at cosine below -(1 - 1e-6).", no_interval=AN_EVENT
    ),
)
