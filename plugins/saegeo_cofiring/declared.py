"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

INFINITE = float("inf")
FOUND = "how many pairs are found grows with the text, and no part of the text tells how"
FOLLOWS = "where no more pairs are joined than chance joins there is no graph; joined_pairs is judged"

DECLARED = Declarations(
    mean_squared_phi=Declared(
        "squared phi",
        "neither",
        "Mean over pairs of the squared correlation of their firing in blocks.",
        range=(0, 1),
    ),
    joined_pairs=Declared(
        "share of pairs",
        "neither",
        "Pairs that fire together beyond what both margins explain, at the false-discovery rate asked for.",
        range=(0, 1),
        no_interval=FOUND,
    ),
    joined_features=Declared(
        "share of features",
        "neither",
        "Features that are joined to another.",
        range=(0, 1),
        no_interval=FOUND,
        no_null=FOLLOWS,
    ),
    modules=Declared(
        "modules",
        "neither",
        "Modules of two features and more, by the Louvain algorithm on the graph weighted by phi.",
        range=(0, INFINITE),
        no_interval=FOUND,
        no_null=FOLLOWS,
    ),
    modularity=Declared(
        "modularity",
        "neither",
        "How much more of the graph's weight lies within modules than in a random graph of the same strengths.",
        range=(-0.5, 1),
        no_interval=FOUND,
    ),
    largest_component=Declared(
        "share of features",
        "neither",
        "Features in the largest component of the graph.",
        range=(0, 1),
        no_interval=FOUND,
        no_null=FOLLOWS,
    ),
    kin_in_one_module=Declared(
        "share of pairs",
        "neither",
        "Pairs of joined features of one kin, near each other in direction, that lie in one module.",
        range=(0, 1),
        no_interval=FOUND,
    ),
    lobe_agreement=Declared(
        "adjusted Rand index",
        "neither",
        "Agreement of modules with lobes, spectral clusters of the same features' phi; 0 is chance, 1 is equal divisions.",
        range=(-1, 1),
        no_interval=FOUND,
    ),
)
