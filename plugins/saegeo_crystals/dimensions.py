"""Silhouettes and pairing against the number of discriminants: what fitting and scoring the same pairs makes of noise."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_crystals.discriminant import Discriminants, shrunk_scatter
from saegeo_crystals.held_out import Experiment, Sums
from saegeo_crystals.nulls import shuffled_partners
from saegeo_crystals.pairs import Pairs
from saegeo_crystals.scores import silhouette
from saegeo_crystals.word_space import WordSpace

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

DIMENSIONS = range(2, 12)
N_SHUFFLES = 5


def dimension_table(experiment: Experiment, rng: np.random.Generator) -> "pd.DataFrame":
    """A row for each number of discriminants from 2 to 11, or to one fewer than there are relations.

    `in_sample` is the silhouette with shrunk discriminants fitted and scored on the same pairs; `held_out` and
    `shuffled_partners` (mean of a few) are those of held-out pairs; likewise the pairing consistency.
    """
    import pandas as pd

    pairs = experiment.pairs
    dimensions = [m for m in DIMENSIONS if m < pairs.n_relations] or [1]
    experiments = [experiment, *(shuffled_partners(experiment, rng) for _ in range(N_SHUFFLES))]
    curves = np.empty((len(experiments), len(dimensions), 2))

    def measure(number: int) -> None:
        curves[number] = _held_out(experiments[number], dimensions)

    side_by_side(measure, range(len(experiments)), "cpu")
    seen, shuffled = curves[0], curves[1:].mean(0)
    raw, fitted = _in_sample(experiment.space, pairs, dimensions)
    return pd.DataFrame(
        {
            "dimensions": dimensions,
            "raw": raw,
            "in_sample": fitted,
            "held_out": seen[:, 0],
            "shuffled_partners": shuffled[:, 0],
            "pairing_consistency": seen[:, 1],
            "pairing_consistency_shuffled": shuffled[:, 1],
        }
    )


def _held_out(experiment: Experiment, dimensions: list[int]) -> Floats:
    """Silhouette and pairing consistency (n_dimensions, 2) over all folds."""
    labels = experiment.pairs.relation
    sums = [Sums() for _ in dimensions]
    for fold in experiment.held_out():
        found = fold.discriminants(labels, most=max(dimensions))
        for one, m in zip(sums, dimensions, strict=True):
            one.add(fold.scores_in(found.first(m), labels))
    return np.array([[one.mean("silhouette"), one.mean("pairing_consistency")] for one in sums])


def _in_sample(space: WordSpace, pairs: Pairs, dimensions: list[int]) -> tuple[float, list[float]]:
    """The silhouette of all differences, raw and with the discriminants fitted on them."""
    with_differences = space.with_differences(pairs)
    kernel = with_differences[:, pairs.outputs] - with_differences[:, pairs.inputs]
    found = shrunk_scatter(kernel, space.dimension).discriminants(pairs.relation, pairs.n_relations, max(dimensions))

    def fitted(directions: Discriminants) -> float:
        coordinates = kernel @ directions.coefficients
        total, count = silhouette(coordinates @ coordinates.T, pairs.relation, pairs.n_relations)
        return total / count

    total, count = silhouette(kernel, pairs.relation, pairs.n_relations)
    return total / count, [fitted(found.first(m)) for m in dimensions]
