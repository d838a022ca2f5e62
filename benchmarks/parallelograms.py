"""Near-parallelograms among feature directions: one search against the dense way, and a whole dictionary beside its null.

No way is published; the plain one is what one would write: scikit-learn's neighbors and the full matrix of cosines between
all sides, in float64. Both answer with the share of planted parallelograms among what they find.
"""

import numpy as np
from torch import Tensor

from benchmarks.measure import Work
from saegeo_core.numerics.blas_threads import one_blas_thread
from saegeo_core.synthetic import angular_gaussian, with_parallelograms
from saegeo_crystals.near_parallelograms import near_parallelograms
from saegeo_crystals.parallelogram_excess import parallelogram_excess

N_PLANTED = 50
N_NEIGHBORS = 10
WITHIN = 0.8


def planted_4k() -> Tensor:
    """As narrow as the sketch that is searched."""
    return planted(4_096, 256)


def planted_16k() -> Tensor:
    """The dictionary of the paper in size."""
    return planted(16_384, 2_304)


def planted(n: int, d: int) -> Tensor:
    """Directions with a falling spectrum, noisy parallelograms at the end."""
    rng = np.random.default_rng(0)
    return with_parallelograms(angular_gaussian(n, d, rng), rng, count=N_PLANTED)


def dense(rows: Tensor) -> float:
    """All sides against all sides at once; a side is a pair of mutual neighbors."""
    from sklearn.neighbors import NearestNeighbors

    x = rows.double().numpy()
    nearest = NearestNeighbors(n_neighbors=N_NEIGHBORS, metric="cosine").fit(x).kneighbors(return_distance=False)
    neighbors = [set(row) for row in nearest]
    sides = np.array([(i, j) for i in range(len(x)) for j in nearest[i] if i < j and i in neighbors[j]])
    vectors = x[sides[:, 1]] - x[sides[:, 0]]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = np.triu(vectors @ vectors.T, 1)
    pairs = np.argwhere(np.abs(cosines) >= 1 - WITHIN**2 / 2)
    return share_found({tuple(sorted({*sides[i], *sides[j]})) for i, j in pairs}, len(x))


@one_blas_thread()  # as a run has it
def searched(rows: Tensor) -> float:
    """One search."""
    found = near_parallelograms(rows, N_NEIGHBORS, within=WITHIN)
    return share_found({tuple(sorted(corners)) for corners in found.corners.tolist()}, len(rows))


@one_blas_thread()
def beside_the_null(rows: Tensor) -> float:
    """The search at the error where chance gives 20, in the cloud and in twenty null clouds."""
    excess = parallelogram_excess(rows, np.random.default_rng(0))
    return share_found({tuple(sorted(corners)) for corners in excess.observed.corners.tolist()}, len(rows))


def share_found(quadruples: set[tuple[int, ...]], n: int) -> float:
    """Of the planted parallelograms."""
    first = n - 4 * N_PLANTED
    return sum(tuple(range(k, k + 4)) in quadruples for k in range(first, n, 4)) / N_PLANTED


ROWS = [
    Work("parallelograms, 4,096 x 256, one search", planted_4k, dense, searched),
    Work(
        "parallelograms, 16,384 x 2,304, beside 20 null clouds",
        planted_16k,
        "would need 14 GB",
        beside_the_null,
        full=True,
    ),
]
