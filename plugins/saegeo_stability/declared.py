"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

DECLARED = Declarations(
    mmcs=Declared("cosine", "higher", "Mean over features of the largest cosine with one of the other dictionary."),
    mmcs_reverse=Declared("cosine", "higher", "The same over the features of the other dictionary."),
    mutual_share=Declared("share of features", "higher", "Features that are the nearest of their own nearest."),
    pw_mcc=Declared("cosine", "higher", "Mean cosine of features paired one to one so that it is largest."),
    pw_mcc_absolute=Declared(
        "cosine",
        "higher",
        "Mean absolute cosine of features paired one to one so that it is largest, opposites counted alike.",
    ),
    shared_share=Declared("share of pairs", "higher", "Pairs of that pairing whose cosine is above shared_above."),
)
