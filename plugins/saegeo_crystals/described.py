"""Name, unit, direction and meaning of every metric, in the order in which they are reported."""

from saegeo_core import Described, Descriptions

_BASE = {
    "silhouette": Described("silhouette", "higher", "Mean silhouette of held-out differences by relation, Euclidean"),
    "relation_accuracy": Described(
        "fraction of pairs", "higher", "Held-out differences nearest to the training mean of their own relation"
    ),
    "parallelogram_error": Described(
        "ratio", "lower", "|(b - a) - (d - c)| over the mean side, mean over held-out pairs of pairs of one relation"
    ),
    "trapezoid_cosine": Described(
        "cosine", "higher", "Cosine of b - a with d - c, mean over held-out pairs of pairs of one relation"
    ),
    "offset_similarity": Described(
        "cosine", "higher", "Mean cosine of the offsets of a relation (OCS), shared words included, mean over relations"
    ),
    "pairing_consistency": Described(
        "area under the curve",
        "higher",
        "How often two true offsets are more alike than two with wrong partners (PCS); .5 where any partner would do",
    ),
    "analogy_accuracy": Described(
        "fraction of queries",
        "higher",
        "Analogies answered right by the word nearest to b - a + c, query words left out",
    ),
    "analogy_accuracy_with_query_words": Described(
        "fraction of queries", "higher", "The same with the query words among the candidates"
    ),
    "analogy_accuracy_average": Described(
        "fraction of pairs",
        "higher",
        "Words nearest to c plus the mean offset of the other held-out pairs of its relation (3CosAvg)",
    ),
}
_SPACES = {"raw": "in the vectors as they are", "projected": "in the space that the other folds taught"}
DESCRIBED = Descriptions(
    pairing_consistency_gain=Described(
        "area under the curve", "higher", "Pairing consistency projected minus raw: what projection adds."
    ),
    **{
        f"{name}_{space}": one._replace(text=f"{one.text}; {where}.")
        for name, one in _BASE.items()
        for space, where in _SPACES.items()
    },
    silhouette_raw_in_sample=Described(
        "silhouette", "higher", "Mean silhouette of all differences by relation, in the vectors as they are."
    ),
    silhouette_in_sample=Described(
        "silhouette", "higher", "Mean silhouette of all differences by relation, in the space fitted on the same pairs."
    ),
    parallelogram_excess=Described(
        "ratio",
        "neither",
        "Near-parallelograms (b - a close to d - c) among the feature directions, no two sharing a feature, over the number in "
        "null clouds; 1 is what mean and covariance give.",
    ),
)
