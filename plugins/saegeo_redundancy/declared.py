"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

SHARE = (0.0, 1.0)
GROWS = "a count that grows with the number of features; the shares have intervals"

DECLARED = Declarations(
    family_share=Declared(
        "share of features", "lower", "Features with another at a cosine above the threshold.", range=SHARE
    ),
    families=Declared("families", "neither", "Families of two features or more.", no_interval=GROWS),
    largest_family=Declared(
        "features", "lower", "Features of the largest family; 1 where there is none.", no_interval=GROWS
    ),
    antipodal_share=Declared(
        "share of features", "lower", "Features with another below minus the threshold.", range=SHARE
    ),
    antipodal_pairs=Declared(
        "pairs", "lower", "Pairs of features at a cosine below minus the threshold.", no_interval=GROWS
    ),
)
