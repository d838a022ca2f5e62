"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

SHARE = "share of features"
DECLARED = Declarations(
    stable_share=Declared(
        SHARE, "higher", "Mean over the other seeds of the features that have a partner there.", range=(0, 1)
    ),
    everywhere_share=Declared(
        SHARE, "higher", "Features that have a partner in every other seed: fewer, the more there are.", range=(0, 1)
    ),
    nowhere_share=Declared(
        SHARE,
        "lower",
        "Features that have a partner in no other seed.",
        alternative="less",
        range=(0, 1),
    ),
    unstable_overlap=Declared(
        "mean squared cosine",
        "neither",
        "How much the subspace of the features without a partner there is that of the other's without a partner here.",
        range=(0, 1),
    ),
)
