"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

WIDE, NARROW = "share of features", "share of narrow features"
EXPLAINED = "share of squared length"
DECLARED = Declarations(
    novel_share=Declared(
        WIDE,
        "neither",
        "Features that have no partner in the narrow dictionary.",
        alternative="less",
        range=(0, 1),
    ),
    split_share=Declared(
        NARROW, "neither", "Narrow features that are the partner of two features and more.", range=(0, 1)
    ),
    lost_share=Declared(
        NARROW, "lower", "Narrow features that have no partner here.", alternative="less", range=(0, 1)
    ),
    rebuilt_from_1=Declared(EXPLAINED, "neither", "How much of a feature one narrow feature explains.", range=(0, 1)),
    rebuilt_from_8=Declared(
        EXPLAINED, "neither", "How much of a feature eight narrow features explain together.", range=(0, 1)
    ),
    meta_excess=Declared(
        "share of variance",
        "neither",
        "How much more of the features four of a quarter as many atoms explain than of as many Gaussian directions.",
        range=(-1, 1),
    ),
)
