"""Intrinsic dimension from how distances to neighbors grow, for points that are all different.

Both estimators take the density around a point as constant as far as the neighbors used, and ln of a ratio of two of its
distances as exponential with rate d. In many dimensions no cloud of thousands of points is that dense, and both read far too low:
a Gaussian in 2,304 dimensions reads a few hundred. They are to be compared with null clouds of the same n, not with d.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDING = 1e-12
"""Mean logarithm of ratios that are all 1."""


def two_nn(distances: Floats) -> float:
    """TwoNN (Facco et al. 2017), the maximum-likelihood form without bias: (n - 1) / sum_i ln(r_i2 / r_i1).

    Args:
        distances: (n, at least 2), to the nearest other points, rising, > 0.
    """
    return _dimension(np.log(distances[:, 1] / distances[:, 0]).sum() / (len(distances) - 1))


def levina_bickel(distances: Floats) -> Floats:
    """Maximum likelihood from the k nearest neighbors for each k from 3 to k_max, shape (k_max - 2,).

    For each point the mean of ln(r_k / r_j) over j < k estimates 1/d (Levina and Bickel 2004); these are averaged over points
    before the inverse is taken (MacKay and Ghahramani 2005), without which the estimate is biased upwards.

    Args:
        distances: (n, k_max), to the nearest other points, rising, > 0.
    """
    logs = np.log(distances)
    k = np.arange(3, logs.shape[1] + 1)
    sums = np.cumsum(logs, axis=1)
    means = logs[:, k - 1] - sums[:, k - 2] / (k - 1)
    return np.array([_dimension(inverse) for inverse in means.mean(0)])


def _dimension(inverse: float) -> float:
    """1 / inverse; infinite where all ratios are 1 but for rounding."""
    return 1.0 / inverse if inverse > ROUNDING else np.inf
