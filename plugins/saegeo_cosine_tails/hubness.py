"""Hubness: whether a few features are among the nearest of very many others (Radovanović, Nanopoulos and Ivanović 2010)."""

import numpy as np
import torch
from scipy import stats

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.null_directions import ProjectedGaussian

N_NEAREST, FEWEST = 10, 20
MOST_FEATURES = 1024
"""Looked at, so that clouds can be drawn beside them."""
N_DRAWS = 19


def sampled_features(n: int) -> Integers:
    """At most 1,024 of n features, evenly spaced, ascending."""
    return np.unique(np.linspace(0, n - 1, min(n, MOST_FEATURES)).round().astype(np.int64))


def hubness(nearest: Integers, n: int) -> float:
    """Skewness of how often each of n features is named among the nearest of the others, (n, k); 0 where all are as often."""
    return float(stats.skew(named)) if np.ptp(named := np.bincount(nearest.ravel(), minlength=n)) else 0.0


def hubness_among(listed: Integers, left: Integers) -> float:
    """`hubness` of some of the features, among themselves, each with its ten nearest.

    Args:
        listed: (n, n_listed), the nearest of each first: so many that ten of them are left.
        left: ascending indices of the features.
    """
    place = np.full(len(listed), -1)
    place[left] = np.arange(len(left))
    among = place[listed[left]]
    is_left = among >= 0
    is_nearest = is_left & (np.cumsum(is_left, axis=1) <= N_NEAREST)
    return hubness(among[is_nearest], len(left))


def null_hubness(null: ProjectedGaussian, n: int, rng: np.random.Generator) -> Floats:
    """`hubness` of clouds of n directions drawn from a null model, (n_draws,)."""

    def drawn() -> float:
        rows = null.sample_along_axes(n, rng)
        cosines = (rows @ rows.T).fill_diagonal_(-torch.inf)
        return hubness(cosines.topk(N_NEAREST, dim=1, sorted=False).indices.numpy(), n)

    return np.array([drawn() for _ in range(N_DRAWS)])
