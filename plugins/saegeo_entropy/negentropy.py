"""Negentropy before calibration: how far points fall short of the entropy of a Gaussian with their mean and covariance."""

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors
from saegeo_entropy.kozachenko_leonenko import entropy_from_distances, standard_normal_entropy
from saegeo_entropy.whitening import whiten

Floats = NDArray[np.float64]


def raw_negentropy(points: Floats, k: int, device: str = "cpu") -> float:
    """J = q/2 (1 + ln 2 pi) - H of the whitened points, in nats.

    No linear map of the points changes it. True negentropy is at least 0; this estimate is biased, see `kozachenko_leonenko`.

    Args:
        points: (n, q), of full rank, all different.
        k: which neighbor.
        device: where neighbors are looked for.
    """
    white, _ = whiten(points)
    q = points.shape[1]
    distances = euclidean_neighbors(white, k, device=device).distances[:, -1]
    return standard_normal_entropy(q) - entropy_from_distances(distances, q, k)


def entropy(points: Floats, k: int, device: str = "cpu") -> float:
    """Entropy of the points in their own units, in nats: that of the Gaussian of their covariance, less J."""
    _, half_log_determinant = whiten(points)
    return half_log_determinant + standard_normal_entropy(points.shape[1]) - raw_negentropy(points, k, device)
