"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

DECLARED = Declarations(
    reading_gap=Declared(
        "cosine",
        "lower",
        "The largest part of a feature's direction in one of its kin that its encoder does not read, mean over features.",
        range=(0, float("inf")),
    ),
    unread_share=Declared(
        "share of pairs of kin",
        "lower",
        "Pairs in which an encoder reads the decoder of kin less than once in twenty by chance, given its own alignment.",
        range=(0, 1),
    ),
    hole_rate=Declared(
        "share of tokens",
        "lower",
        "Of the tokens on which a feature fires, those on which its more frequent kin does not, mean over pairs of kin.",
        range=(0, 1),
    ),
)
