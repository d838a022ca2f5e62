"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

FEATURES_ON = "features active on a token"
BY_ITSELF = "a place in a series of SAEs has no chance law: its interval says how well it is known"
DECLARED = Declarations(
    mean_absolute_cosine=Declared(
        "absolute cosine", "lower", "Mean |cosine| over all pairs of decoder rows.", range=(0, 1)
    ),
    cosine_least_l0=Declared(
        FEATURES_ON,
        "neither",
        "The L0 of the SAE whose mean |cosine| is least.",
        range=(0, float("inf")),
        no_null=BY_ITSELF,
    ),
    nth_projection=Declared(
        "length of activations",
        "lower",
        "The n-th largest projection of a token on decoder directions.",
        no_null="its scale is that of the activations, and it is compared between SAEs that read the same",
    ),
    projection_least_l0=Declared(
        FEATURES_ON,
        "neither",
        "The L0 of the SAE whose n-th largest projection is least.",
        range=(0, float("inf")),
        no_null=BY_ITSELF,
    ),
)
