"""What the metrics are, whatever they are measured on, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

COUNTED = "counted in this text; nothing is estimated"
INFINITE = float("inf")

DECLARED = Declarations(
    ami=Declared(
        "adjusted mutual information",
        "higher",
        "Agreement of lobes (clusters of phi) with clusters of the nearest-neighbor cosine graph, at k_reported; 0 is chance, "
        "1 is equal clusters.",
        range=(-INFINITE, 1),
    ),
    ami_angular=Declared(
        "adjusted mutual information",
        "higher",
        "The same with clusters of the angular affinity of all pairs, the paper's geometry.",
        range=(-INFINITE, 1),
    ),
    neighbor_phi_excess=Declared(
        "phi",
        "higher",
        "Mean phi of a feature with its nearest neighbors by cosine, less its mean phi with features that fire as often as these.",
        range=(-2, 2),
    ),
    decoding_balanced_accuracy=Declared(
        "share of features",
        "higher",
        "Mean over lobes of the share of features whose lobe a linear probe tells from the direction, on held-out features.",
        range=(0, 1),
    ),
    cramers_v=Declared(
        "Cramér's V",
        "higher",
        "Strength of the agreement behind ami: 0 for independent clusters, 1 where one gives the other.",
        range=(0, 1),
    ),
    live_features=Declared(
        "features",
        "neither",
        "Features that fire, and are silent, in enough blocks to be compared.",
        range=(0, INFINITE),
        no_interval=COUNTED,
        no_null=COUNTED,
    ),
    dead_features=Declared(
        "features",
        "lower",
        "Features that fire in no block.",
        range=(0, INFINITE),
        no_interval=COUNTED,
        no_null=COUNTED,
    ),
    lobe_text_association=Declared(
        "Cramér's V",
        "higher",
        "Strength of the association of kind of text and leading lobe over documents, from 0 to 1.",
        range=(0, 1),
    ),
)
