"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

CHAINED = "layers share the features that they carry along, so that no part of a chain is independent of the rest"

DECLARED = Declarations(
    carried_share=Declared(
        "share of features",
        "neither",
        "Mean over layers of the features that the next layer carries along.",
        range=(0, 1),
    ),
    born_share=Declared(
        "share of features",
        "neither",
        "Mean over layers after the first of the features that the layer before does not have.",
        alternative="less",
        range=(0, 1),
    ),
    end_to_end_share=Declared(
        "share of features", "neither", "Features of the first layer that are carried to the last.", range=(0, 1)
    ),
    half_life=Declared(
        "layers",
        "neither",
        "Layers after which half of the features are gone.",
        range=(0, float("inf")),
        no_interval=CHAINED,
    ),
)
