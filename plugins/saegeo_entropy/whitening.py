"""Points turned into such of unit covariance, by their own sample covariance: what is left does not depend on units or axes."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

Floats = NDArray[np.float64]


def whiten(points: Floats) -> tuple[Floats, float]:
    """The points with mean 0 and sample covariance I, and half the log-determinant of the covariance they had.

    Any other whitening differs from this one by a rotation, which changes no distance.

    Args:
        points: (n, q), of full rank q < n.
    """
    centered = points - points.mean(0)
    root = cholesky(centered.T @ centered / (len(points) - 1), lower=True)
    return solve_triangular(root, centered.T, lower=True).T, float(np.log(np.diag(root)).sum())
