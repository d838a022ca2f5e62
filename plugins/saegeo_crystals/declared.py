"""What every metric is, in the order in which they are reported."""

from saegeo_core import Declarations, Declared

GAIN = "pairing_consistency_gain"
"""The headline."""
_SPACES = {"raw": "in the vectors as they are", "projected": "in the space that the other folds taught"}
_HELD_OUT = {
    "silhouette": Declared(
        "silhouette", "higher", "Mean silhouette of held-out differences by relation, Euclidean", range=(-1, 1)
    ),
    "relation_accuracy": Declared(
        "fraction of pairs",
        "higher",
        "Held-out differences nearest to the training mean of their own relation",
        range=(0, 1),
    ),
    "parallelogram_error": Declared(
        "ratio",
        "lower",
        "|(b - a) - (d - c)| over the mean side, mean over held-out pairs of pairs of one relation",
        alternative="less",
        range=(0, 2),
    ),
    "trapezoid_cosine": Declared(
        "cosine",
        "higher",
        "Cosine of b - a with d - c, mean over held-out pairs of pairs of one relation",
        range=(-1, 1),
    ),
    "offset_similarity": Declared(
        "cosine",
        "higher",
        "Mean cosine of the offsets of a relation (OCS), shared words included, mean over relations",
        range=(-1, 1),
    ),
    "pairing_consistency": Declared(
        "area under the curve",
        "higher",
        "How often two true offsets are more alike than two with wrong partners (PCS); .5 where any partner would do",
        range=(0, 1),
    ),
    "analogy_accuracy": Declared(
        "fraction of queries",
        "higher",
        "Analogies answered right by the word nearest to b - a + c, query words left out",
        range=(0, 1),
    ),
    "analogy_accuracy_with_query_words": Declared(
        "fraction of queries", "higher", "The same with the query words among the candidates", range=(0, 1)
    ),
    "analogy_accuracy_average": Declared(
        "fraction of pairs",
        "higher",
        "Words nearest to c plus the mean offset of the other held-out pairs of its relation (3CosAvg)",
        range=(0, 1),
    ),
}
_IN_SAMPLE = Declared(
    "silhouette",
    "higher",
    "Mean silhouette of all differences by relation",
    range=(-1, 1),
    no_interval="the published procedure gives none",
    no_null="the published procedure has none; the calibrated preset has two",
)


def _where(declared: Declared, where: str) -> Declared:
    return declared._replace(description=f"{declared.description}{where}.")


DECLARED = Declarations(
    pairing_consistency_gain=Declared(
        "area under the curve",
        "higher",
        "Pairing consistency projected minus raw: what projection adds.",
        range=(-1, 1),
    ),
    **{
        f"{name}_{space}": _where(one, f"; {where}")
        for space, where in _SPACES.items()
        for name, one in _HELD_OUT.items()
    },
    silhouette_raw_in_sample=_where(_IN_SAMPLE, ", in the vectors as they are"),
    silhouette_in_sample=_where(_IN_SAMPLE, ", in the space fitted on the same pairs"),
    parallelogram_excess=Declared(
        "ratio",
        "neither",
        "Near-parallelograms (b - a close to d - c) among the feature directions, no two sharing a feature, over the number in "
        "null clouds; 1 is what mean and covariance give.",
        range=(0, float("inf")),
    ),
)
