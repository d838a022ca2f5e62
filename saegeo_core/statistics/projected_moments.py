"""First and second moments of a projected Gaussian z / |z|, z ~ N(m, diag(v)), as one-dimensional integrals.

1/|z| and 1/|z|^2 are integrals over s > 0 of e^(-s |z|^2), with weights s^(-1/2) / Gamma(1/2) and 1. Under the factor
e^(-s |z|^2) z remains Gaussian, with variances v/(1 + 2 s v) and mean m/(1 + 2 s v); so each moment is a sum over a grid of s,
without simulation, and exact to rounding: in y, with log s = y - e^-y, the integrands are analytic and vanish fast enough for
the trapezoid rule to converge exponentially.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from saegeo_core.numerics.arrays import Floats

GRID_STEP = 0.25
GRID = np.arange(-4.25, 36.0, GRID_STEP)
LOG_SCALES = GRID - np.exp(-GRID)
LOG_STEPS = GRID_STEP * (1.0 + np.exp(-GRID))
LOG_NEGLIGIBLE = -37.0
MOST_ITERATIONS = 200
TOLERANCE = 1e-6


@dataclass(frozen=True)
class ProjectedMoments:
    """Moments of x = z / |z|.

    Attributes:
        first: shape (d,), E x.
        diagonal: shape (d,); the second moment P = E x x' is diag(diagonal) + factors' factors.
        factors: shape (n_scales, d); no rows where the mean of z is zero.
    """

    first: Floats
    diagonal: Floats
    factors: Floats

    @property
    def variances(self) -> Floats:
        """Variance of each coordinate of x."""
        return np.asarray(self.diagonal + (self.factors**2).sum(axis=0) - self.first**2)

    @property
    def mean_cosine(self) -> float:
        """Expected cosine of two independent directions, |E x|^2."""
        return float(self.first @ self.first)

    @cached_property
    def mean_squared_cosine(self) -> float:
        """Expected squared cosine of two independent directions, tr P^2."""
        weighted = ((self.factors * self.diagonal) * self.factors).sum()
        return float(self.diagonal @ self.diagonal + 2.0 * weighted + (self._gram**2).sum())

    @cached_property
    def mean_triangle(self) -> float:
        """Expected product of the three cosines of three independent directions, tr P^3."""
        scaled = self.factors * self.diagonal
        mixed = (scaled**2).sum() + ((scaled @ self.factors.T) * self._gram).sum()
        return float((self.diagonal**3).sum() + 3.0 * mixed + (self._gram @ self._gram * self._gram).sum())

    def mean_squared_cosine_with(self, x: Floats) -> Floats:
        """E (x.y)^2 over y, that is x' P x, for each row of x, shape (n, d)."""
        return np.asarray(x**2 @ self.diagonal + ((x @ self.factors.T) ** 2).sum(axis=1))

    @cached_property
    def _gram(self) -> Floats:
        return np.asarray(self.factors @ self.factors.T)


def projected_moments(mean: Floats, variances: Floats) -> ProjectedMoments:
    """Moments of z / |z| for z ~ N(mean, diag(variances)), both of shape (d,)."""
    total, largest = variances.sum(), variances.max()
    s = np.exp(LOG_SCALES) / (total + mean @ mean)
    # log(1 + 2 s v) >= v/v_max * log(1 + 2 s v_max), so that this bounds the largest term of all, that of E x.
    log_bound = LOG_SCALES / 2.0 - 0.5 * total / largest * np.log1p(2.0 * s * largest)
    counts = log_bound > LOG_NEGLIGIBLE
    s, steps = s[counts], LOG_STEPS[counts]

    damping = 1.0 + 2.0 * s[:, np.newaxis] * variances
    tilted_mean = mean / damping
    weight = np.exp(-0.5 * np.log(damping).sum(axis=1) - s * (tilted_mean @ mean)) * steps
    first = (weight * np.sqrt(s / np.pi)) @ tilted_mean
    factors = np.sqrt(weight * s)[:, np.newaxis] * tilted_mean
    return ProjectedMoments(first, (weight * s) @ (1.0 / damping) * variances, factors if mean.any() else factors[:0])


def gaussian_with_moments(first: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Mean and variances of z for which x = z / |z| has this mean and these variances within 1e-6, by fixed-point iteration.

    Both are of shape (d,), and `variances` sums to 1 - |first|^2.
    """
    mean, spread = first.copy(), variances.copy()
    for _ in range(MOST_ITERATIONS):
        moments = projected_moments(mean, spread)
        if np.abs(moments.variances - variances).sum() + np.abs(moments.first - first).sum() < TOLERANCE:
            break
        mean *= np.divide(first, moments.first, out=np.ones_like(mean), where=moments.first > 0.0)
        spread *= np.divide(variances, moments.variances, out=np.ones_like(mean), where=moments.variances > 0.0)
        scale = spread.sum() + mean @ mean
        mean, spread = mean / np.sqrt(scale), spread / scale
    return mean, spread
