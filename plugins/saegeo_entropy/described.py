"""Name, unit, direction and meaning of every metric, in the order in which they are reported."""

from saegeo_core import Described, Descriptions

DESCRIBED = Descriptions(
    negentropy=Described(
        "nats", "neither", "Negentropy of the leading principal components, less the mean of the judging surrogates."
    ),
    negentropy_q100=Described(
        "nats", "neither", "Negentropy of the first 100 principal components, less the mean of the judging surrogates."
    ),
    entropy=Described(
        "nats",
        "neither",
        "Entropy of the components of the headline in the cloud's own units; scaling the cloud by s adds q ln s.",
    ),
    nearest_neighbor_distance=Described(
        "distance", "neither", "Mean distance to the nearest other row, in all dimensions."
    ),
    intrinsic_dimension_twonn=Described(
        "dimensions", "neither", "Intrinsic dimension from the two nearest rows (TwoNN)."
    ),
    intrinsic_dimension_mle=Described(
        "dimensions", "neither", "Intrinsic dimension by maximum likelihood, mean over 10 to 20 nearest rows."
    ),
    duplicate_rows=Described(
        "features", "lower", "Rows that repeat an earlier one, up to a millionth of the spread; left out above."
    ),
)

PUBLISHED = Descriptions(
    negentropy=Described(
        "nats", "neither", "Published negentropy: entropy of a Gaussian less the mean entropy of resamples."
    ),
)
