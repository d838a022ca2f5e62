"""Name, unit, direction and meaning of every metric of both presets, in the order in which they are reported.

The calibrated preset reports three parts, each measured on rows of its own: the leading principal components of many rows, the
distances between fewer of them, and what the whole cloud repeats.
"""

from saegeo_core import Declarations, Declared

INFINITE = float("inf")

CLUSTERING = Declarations(
    negentropy=Declared(
        "nats", "neither", "Negentropy of the leading principal components, less the mean of the judging surrogates."
    ),
    negentropy_q100=Declared(
        "nats", "neither", "Negentropy of the first 100 principal components, less the mean of the judging surrogates."
    ),
    entropy=Declared(
        "nats",
        "neither",
        "Entropy of the components of the headline in the cloud's own units; scaling the cloud by s adds q ln s.",
        alternative="less",
    ),
)

NEAR_ROWS = Declarations(
    nearest_neighbor_distance=Declared(
        "distance",
        "neither",
        "Mean distance to the nearest other row, in all dimensions.",
        alternative="two-sided",
        range=(0, INFINITE),
    ),
    intrinsic_dimension_twonn=Declared(
        "dimensions",
        "neither",
        "Intrinsic dimension from the two nearest rows (TwoNN).",
        alternative="two-sided",
        range=(0, INFINITE),
    ),
    intrinsic_dimension_mle=Declared(
        "dimensions",
        "neither",
        "Intrinsic dimension by maximum likelihood, mean over 10 to 20 nearest rows.",
        alternative="two-sided",
        range=(0, INFINITE),
        no_interval="neighborhoods of 20 rows overlap: what was tried covered 82 to 85 % of 95 on some clouds",
    ),
)

REPETITION = Declarations(
    duplicate_rows=Declared(
        "features",
        "lower",
        "Rows that repeat an earlier one, up to a millionth of the spread; left out above.",
        range=(0, INFINITE),
        no_interval="a count of exact events in this cloud; nothing is estimated",
        no_null="rows of continuous numbers never repeat by chance",
    ),
)

PUBLISHED = Declarations(
    negentropy=Declared(
        "nats", "neither", "Published negentropy: entropy of a Gaussian less the mean entropy of resamples."
    ),
)
