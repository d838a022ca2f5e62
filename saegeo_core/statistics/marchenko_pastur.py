"""The law of Marchenko and Pastur (1967): sample eigenvalues of N rows in d dimensions whose covariance is the identity.

No simulation, no integral: with r = sqrt(d/N) the point w = 1 + r e^(i phi), 0 < phi < pi, runs through the spectrum from its
upper to its lower edge. The eigenvalue there is |w|^2, and the share of the d eigenvalues above it is
(phi + (1/r^2 - 1) arg w - sin(phi)/r) / pi.
"""

import numpy as np
from numpy.typing import ArrayLike

from saegeo_core.numerics.arrays import Floats

BISECTIONS = 60


def edges(n_rows: float, d: int) -> tuple[float, float]:
    """Lower and upper edge of the bulk, (1 -+ sqrt(d/N))^2."""
    ratio = np.sqrt(d / n_rows)
    return float((1.0 - ratio) ** 2), float((1.0 + ratio) ** 2)


def expected_eigenvalues(n_rows: float, d: int, ranks: ArrayLike | None = None) -> Floats:
    """The eigenvalues expected at some ranks, those with rank - 1/2 others above them; at all ranks without any given.

    Args:
        n_rows: rows N of the sample, more or fewer than d; of a centered sample, one less than there are.
        d: dimensions.
        ranks: shape (n_ranks,), from 1 to min(N, d), the default.
    """
    wanted = np.arange(1, int(min(n_rows, d)) + 1) if ranks is None else np.asarray(ranks)
    ratio = np.sqrt(d / n_rows)
    share = (wanted - 0.5) / d
    low, high = np.zeros(len(wanted)), np.full(len(wanted), np.pi)
    for _ in range(BISECTIONS):
        angle = (low + high) / 2.0
        is_above = _share_above(angle, ratio) < share
        low, high = np.where(is_above, angle, low), np.where(is_above, high, angle)
    eigenvalues: Floats = 1.0 + ratio**2 + 2.0 * ratio * np.cos((low + high) / 2.0)
    return eigenvalues


def _share_above(angle: Floats, ratio: float) -> Floats:
    argument = np.arctan2(ratio * np.sin(angle), 1.0 + ratio * np.cos(angle))
    return (angle + (1.0 / ratio**2 - 1.0) * argument - np.sin(angle) / ratio) / np.pi
