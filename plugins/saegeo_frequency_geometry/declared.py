"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

SHARE, RHO = "share of features", "Spearman's rho"
TEXT_ONLY = "it counts what fires in this text; controls are given the SAE's own rates"

DECLARED = Declarations(
    dead_share=Declared(
        SHARE,
        "lower",
        "Features that fire in no block.",
        range=(0, 1),
        no_interval="a feature of one document dies without it: resampled documents show too many dead",
        no_null=TEXT_ONLY,
    ),
    dense_share=Declared(
        SHARE,
        "lower",
        "Features that fire on more than dense_above of the tokens.",
        range=(0, 1),
        no_interval="tokens are counted for the whole text, not by document",
        no_null=TEXT_ONLY,
    ),
    rate_norm=Declared(
        RHO,
        "neither",
        "Firing rate (share of blocks) with norm, over features that fire.",
        alternative="two-sided",
        range=(-1, 1),
    ),
    rate_nearest=Declared(
        RHO,
        "neither",
        "Firing rate with the cosine to the nearest feature, over features that fire.",
        alternative="two-sided",
        range=(-1, 1),
    ),
    rate_pc1=Declared(
        RHO,
        "neither",
        "Firing rate with the first principal component, turned so as to be positive.",
        alternative="two-sided",
        range=(-1, 1),
    ),
)
