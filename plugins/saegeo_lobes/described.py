"""Name, unit, direction and meaning of every metric, in the order in which they are reported."""

from saegeo_core import Described, Descriptions

DESCRIBED = Descriptions(
    ami=Described(
        "adjusted mutual information",
        "higher",
        "Agreement of lobes (clusters of phi) with clusters of the nearest-neighbor cosine graph, at k_reported; 0 is chance, "
        "1 is equal clusters.",
    ),
    ami_angular=Described(
        "adjusted mutual information",
        "higher",
        "The same with clusters of the angular affinity of all pairs, the paper's geometry.",
    ),
    neighbor_phi_excess=Described(
        "phi",
        "higher",
        "Mean phi of a feature with its nearest neighbors by cosine, less its mean phi with features that fire as often as these.",
    ),
    decoding_balanced_accuracy=Described(
        "share of features",
        "higher",
        "Mean over lobes of the share of features whose lobe a linear probe tells from the direction, on held-out features.",
    ),
    cramers_v=Described(
        "Cramér's V",
        "higher",
        "Strength of the agreement behind ami: 0 for independent clusters, 1 where one gives the other.",
    ),
    live_features=Described(
        "features", "neither", "Features that fire, and are silent, in enough blocks to be compared."
    ),
    dead_features=Described("features", "lower", "Features that fire in no block."),
    lobe_text_association=Described(
        "Cramér's V", "higher", "Strength of the association of lobe and kind of text over blocks, from 0 to 1."
    ),
)
