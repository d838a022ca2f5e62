"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

SHARE = "share of features"

DECLARED = Declarations(
    alignment=Declared("cosine", "higher", "Median cosine between a feature's encoder and its decoder.", range=(-1, 1)),
    own_decoder_share=Declared(
        SHARE, "higher", "Features whose encoder is nearest to their own decoder, among all decoders.", range=(0, 1)
    ),
    unaligned_share=Declared(
        SHARE,
        "lower",
        "Features whose encoder and decoder are no nearer than those of unrelated features are once in a hundred.",
        alternative="less",
        range=(0, 1),
    ),
    two_groups_gain=Declared(
        "nats per feature",
        "neither",
        "How much better two normal laws describe the alignments (Fisher's z) than one: half the difference in BIC.",
        no_null="it compares two laws by itself; one group whose law is bent gains as well",
    ),
    rate_alignment=Declared(
        "Spearman's rho",
        "neither",
        "Firing rate (share of blocks) with alignment, over features that fire.",
        alternative="two-sided",
        range=(-1, 1),
    ),
)
