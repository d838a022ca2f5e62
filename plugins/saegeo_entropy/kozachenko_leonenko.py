"""The Kozachenko-Leonenko estimator of differential entropy, in nats, with its exact constants, and negentropy from it.

    H = (q/n) sum_i ln rho_i + ln V_q + psi(n) - psi(k),

rho_i the distance of point i to its k-th nearest other point, V_q the volume of the unit ball in q dimensions, psi the digamma
function (Kozachenko and Leonenko 1987; Goria et al. 2005). With n points its bias falls as n^(-2/q): -0.6 nat for Gaussians at
q = 20 and n = 5,000, -16 at q = 100. So it says little by itself and must be compared with surrogates of the same n, q and k.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import digamma, gammaln

from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors


class Negentropy(NamedTuple):
    """Raw negentropy of some points, and what each point adds.

    Attributes:
        value: J = q/2 (1 + ln 2 pi) - H of the whitened points, in nats. True negentropy is at least 0; this estimate is biased.
        added: (n,), the influence function of J at each point.
        added_to_entropy: (n,), that of the entropy in the points' own units.
    """

    value: float
    added: Floats
    added_to_entropy: Floats


def raw_negentropy(points: Floats, k: int, device: str = "cpu") -> float:
    """How far points fall short of the entropy of a Gaussian with their mean and covariance, before calibration.

    No linear map of the points changes it.

    Args:
        points: (n, q), of full rank, all different.
        k: which neighbor.
        device: where neighbors are looked for.
    """
    return negentropy_of_points(points, k, device).value


def negentropy_of_points(points: Floats, k: int, device: str = "cpu") -> Negentropy:
    """`raw_negentropy` and what each point adds to it; arguments are the same.

    A point z of the whitened cloud adds (|z|^2 - q) / 2 to the entropy of the Gaussian, and -ln f(z) - H to the entropy, where
    ln f(z) is read off the distance to its k-th neighbor.
    """
    white, _ = whiten(points)
    q = points.shape[1]
    distances = euclidean_neighbors(white, k, device=device).distances[:, -1]
    surprise = q * np.log(distances)
    surprise -= surprise.mean()
    squares = (white**2).sum(1)
    value = standard_normal_entropy(q) - entropy_from_distances(distances, q, k)
    return Negentropy(value, (squares - squares.mean()) / 2 - surprise, surprise)


def gaussian_entropy(points: Floats) -> float:
    """Entropy of the Gaussian with the covariance of the points (n, q), in nats: the largest there is for that covariance."""
    _, half_log_determinant = whiten(points)
    return half_log_determinant + standard_normal_entropy(points.shape[1])


def whiten(points: Floats) -> tuple[Floats, float]:
    """The points with mean 0 and sample covariance I, and half the log-determinant of the covariance they had.

    Any other whitening differs from this one by a rotation, which changes no distance.

    Args:
        points: (n, q), of full rank q < n.
    """
    centered = points - points.mean(0)
    root = cholesky(centered.T @ centered / (len(points) - 1), lower=True)
    return solve_triangular(root, centered.T, lower=True).T, float(np.log(np.diag(root)).sum())


def entropy_from_distances(distances: Floats, q: int, k: int) -> float:
    """Entropy in nats.

    Args:
        distances: (n,), of each point to its k-th nearest other point, all > 0.
        q: dimensions of the points.
        k: which neighbor.
    """
    n = len(distances)
    return float(q * np.log(distances).mean() + log_unit_ball_volume(q) + digamma(n) - digamma(k))


def log_unit_ball_volume(q: int) -> float:
    """Ln V_q = (q/2) ln pi - ln Gamma(q/2 + 1)."""
    return float(q / 2 * np.log(np.pi) - gammaln(q / 2 + 1))


def standard_normal_entropy(q: int) -> float:
    """Entropy of N(0, I) in q dimensions, the largest there is for unit covariance: q/2 (1 + ln 2 pi)."""
    return float(q / 2 * (1 + np.log(2 * np.pi)))
