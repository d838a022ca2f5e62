"""Distances between near rows in all their dimensions, and the same of null clouds with the mean and covariance of the rows.

The Gaussian null is exact for any number of rows and dimensions: given mean and covariance of the sample, Gaussian rows are
R W with R a uniform random rotation that keeps the mean (Langsrud 2005). Along the principal axes R W is a random matrix of
orthonormal centred columns times the singular values, and no covariance is ever estimated.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_entropy.angular_gaussian import AngularGaussian
from saegeo_entropy.intrinsic_dimension import levina_bickel, two_nn
from saegeo_entropy.random_scores import random_scores

Floats = NDArray[np.float64]

RECIPE = 3
"""Goes up whenever the same seeds would give other draws."""

N_NEIGHBORS = 20
SCALES = (10, 20)
"""From which to which neighbor the maximum-likelihood dimension is averaged, as Levina and Bickel propose."""

LEAST_ROWS = 40
"""Rows of which 20 neighbors are still near."""


@dataclass(frozen=True, eq=False)
class NeighborStatistics:
    """What distances to the nearest 20 neighbors say of rows.

    Attributes:
        mean_distances: (20,), mean distance to the k-th nearest other row, k from 1.
        dimension_twonn: intrinsic dimension from the first two.
        dimension_by_scale: (18,), from the first k, k from 3.
    """

    mean_distances: Floats
    dimension_twonn: float
    dimension_by_scale: Floats

    @property
    def dimension_mle(self) -> float:
        """Mean of the dimension over scales."""
        first, last = SCALES
        return float(self.dimension_by_scale[first - 3 : last - 2].mean())

    def as_array(self) -> Floats:
        """All of it in one row of 39 numbers."""
        return np.concatenate([self.mean_distances, [self.dimension_twonn], self.dimension_by_scale])

    @classmethod
    def from_array(cls, numbers: Floats) -> "NeighborStatistics":
        """The inverse of `as_array`."""
        return cls(numbers[:N_NEIGHBORS], float(numbers[N_NEIGHBORS]), numbers[N_NEIGHBORS + 1 :])


def neighbor_statistics(rows: Floats, device: str = "cpu") -> NeighborStatistics:
    """Of rows (n, d), all different, more than 20."""
    return _statistics(euclidean_neighbors(rows, N_NEIGHBORS, device=device).distances)


def _statistics(distances: Floats) -> NeighborStatistics:
    return NeighborStatistics(distances.mean(0), two_nn(distances), levina_bickel(distances))


def distances_of_null_rows(rows: torch.Tensor) -> Floats:
    """Distances (n, 20) by products of all rows in float64: draws hold no near rows, for which these would lose digits."""
    squares = rows.square().sum(1)
    distances = torch.addmm(squares, rows, rows.T, alpha=-2).add_(squares[:, None]).fill_diagonal_(torch.inf)
    return np.asarray(distances.topk(N_NEIGHBORS, dim=1, largest=False).values.sqrt_().numpy(force=True))


def null_statistics(
    n: int,
    variances: Floats,
    angular: AngularGaussian | None,
    length: float,
    *,
    n_draws: int,
    device: str = "cpu",
) -> Floats:
    """Statistics of null clouds, shape (n_draws, 1 or 2 nulls, 39): of Gaussian rows and, where given, of directions.

    Args:
        n: rows.
        variances: (rank,), of the rows along their principal axes, sums of squares over n.
        angular: the null for directions, along the same axes and the rest of the mean.
        length: of the rows, for directions.
        n_draws: how many null clouds. The i-th has a seed of its own.
        device: where neighbors are looked for.
    """
    draws = np.empty((n_draws, 1 if angular is None else 2, 2 * N_NEIGHBORS - 1))

    def make(i: int) -> None:
        scores = random_scores(n, len(variances), np.random.default_rng([RECIPE, i]))
        clouds = [scores * np.sqrt(variances)]
        if angular is not None:
            clouds.append(length * angular.directions(scores))
        on_device = (torch.from_numpy(cloud).to(device) for cloud in clouds)
        draws[i] = [_statistics(distances_of_null_rows(cloud)).as_array() for cloud in on_device]

    side_by_side(make, range(n_draws), device)
    return draws
