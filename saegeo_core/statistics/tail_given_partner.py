"""P(cosine > t) for one direction and a projected Gaussian, with one Gaussian coordinate integrated out exactly.

Counting pairs beyond a threshold that one pair in a million passes takes many millions of pairs. Given x, write
z = r + q w, where q ~ N(0, 1) is the one coordinate of z that moves x.z and r is the rest. Then x.z > t |z| is a quadratic
inequality in q, and its probability given r is a difference of normal probabilities. Averaged over a few r, these
settle what counting could not.
"""

import numpy as np
from scipy.special import ndtr

from saegeo_core.numerics.arrays import Floats


class TailGivenPartner:
    """P(cosine > t) and P(cosine < -t) given x_i and all of z_j but the coordinate along x_i, for one threshold after the other.

    Args:
        x: shape (n, d), unit directions.
        z: shape (m, d), draws of N(mean, diag(variances)); what is found, averaged over z, is the tail probability given x.
        mean: shape (d,).
        variances: shape (d,).
    """

    def __init__(self, x: Floats, z: Floats, mean: Floats, variances: Floats) -> None:
        along = x * variances
        spread = np.sqrt(np.maximum((along * x).sum(axis=1, keepdims=True), TINY))
        along /= spread
        center = (x @ mean)[:, np.newaxis]

        q = (x @ z.T - center) / spread
        step = (along**2).sum(axis=1, keepdims=True)
        drift = along @ z.T - q * step
        self._rest = (z**2).sum(axis=1) - 2.0 * q * drift - q**2 * step
        self._drift, self._step, self._center, self._spread = drift, step, center, spread

    def beyond(self, threshold: float | Floats) -> tuple[Floats, Floats]:
        """The two probabilities, each of shape (n, m), for a threshold t in (0, 1), or one for each x, (n, 1)."""
        center, spread, squared = self._center, self._spread, threshold**2
        # (center + spread q)^2 - t^2 (rest + 2 drift q + step q^2) > 0
        a2 = spread**2 - squared * self._step
        a1 = center * spread - squared * self._drift
        a0 = center**2 - squared * self._rest
        root = np.sqrt(np.maximum(a1**2 - a2 * a0, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = (-a1 - root) / a2, (-a1 + root) / a2
        low, high = np.minimum(first, second), np.maximum(first, second)

        opens = a2[:, 0] > 0.0
        if opens.all():
            return ndtr(-high), ndtr(low)
        # Where the coordinate lengthens z faster than it turns it towards x, only q between the roots lie in a tail, on one side.
        above, below = np.empty_like(low), np.empty_like(low)
        above[opens], below[opens] = ndtr(-high[opens]), ndtr(low[opens])
        closes = ~opens
        between = ndtr(high[closes]) - ndtr(low[closes])
        positive_side = low[closes] > (-center / spread)[closes]
        above[closes], below[closes] = np.where(positive_side, between, 0.0), np.where(positive_side, 0.0, between)
        return above, below


TINY = np.finfo(np.float64).tiny
