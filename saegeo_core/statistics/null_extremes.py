"""Laws of the extreme and of the nearest cosines of a cloud of N directions drawn from a null model.

Clouds of N directions would have to be drawn by the hundred, at N^2 d operations each. An extreme needs only the probability that
one pair passes a threshold: pairs beyond a rare one are all but independent, so that the largest of M cosines is at most t with
probability exp(-M P(c > t)). The mean nearest cosine needs some directions of a few clouds.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.bounded_products import fastest_format
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.statistics.alternatives import Alternative, choose_pvalue
from saegeo_core.statistics.laws import NormalLaw, QuantileLaw
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.statistics.null_pairs import sample_tail_probabilities
from saegeo_core.statistics.uniform_directions import nearest_cosine_variance_ratio, tail_threshold

N_THRESHOLDS = 24
MOST_EXPECTED = 30.0
"""Pairs expected beyond the lowest threshold looked at, if directions were uniform: fewer than the null expects."""

HIGHEST = 1.0 - 1e-6
QUANTILES = (np.arange(400) + 0.5) / 400
N_NEAREST = 2048
"""Directions whose nearest is looked for."""

ROWS_AT_ONCE = 2**14
"""Of a cloud that is drawn."""


@dataclass(frozen=True, eq=False)
class ExtremeCosineLaw(QuantileLaw):
    """The law of the largest of many cosines, from tail probabilities of one.

    Attributes:
        thresholds: (n_thresholds,), rising, in (0, 1).
        expected: (n_thresholds,), how many cosines are expected above each, falling, > 0.
    """

    thresholds: Floats
    expected: Floats

    def pvalue(self, observed: float, alternative: Alternative = "greater") -> float:
        """Probability of a largest cosine at least as extreme."""
        log_expected = self._log_expected(_stretched(np.clip(observed, self.thresholds[0], self.thresholds[-1])))
        expected = float(np.exp(log_expected)) if observed <= self.thresholds[-1] else 0.0
        return choose_pvalue(float(np.exp(-expected)), float(-np.expm1(-expected)), alternative)

    @cached_property
    def _log_expected(self) -> PchipInterpolator:
        return PchipInterpolator(_stretched(self.thresholds), np.log(self.expected))

    @cached_property
    def _quantiles(self) -> Floats:
        places = _evenly(self.thresholds[0], self.thresholds[-1], 4000)
        cdf = np.exp(-np.exp(self._log_expected(places)))
        # A largest cosine below the lowest threshold is taken to lie there.
        return _cosine(np.interp(QUANTILES, cdf, places))


def extreme_cosine_laws(
    null: ProjectedGaussian, n_features: int, rng: np.random.Generator, *, watch: Watch = iter
) -> tuple[ExtremeCosineLaw, ExtremeCosineLaw]:
    """The law of the largest cosine of two of N directions, and that of minus the smallest; `watch` sees blocks of pairs."""
    n_pairs = n_features * (n_features - 1) / 2
    lowest = float(tail_threshold(min(0.9, 2.0 * MOST_EXPECTED / n_pairs), len(null.mean)))
    thresholds = _cosine(_evenly(lowest, HIGHEST, N_THRESHOLDS))
    tiny = np.finfo(np.float64).tiny
    above, below = (
        np.maximum(np.minimum.accumulate(tail), tiny)
        for tail in sample_tail_probabilities(null, thresholds, rng, watch=watch)
    )
    return ExtremeCosineLaw(thresholds, n_pairs * above), ExtremeCosineLaw(thresholds, n_pairs * below)


def nearest_cosine_law(
    null: ProjectedGaussian, n_features: int, rng: np.random.Generator, n_averaged: int | None = None
) -> NormalLaw:
    """The law of the mean over N directions, or over so many of them, of the cosine to the nearest other.

    Its expectation and the variance of one nearest cosine come from some 2,000 directions of a few clouds. That nearest cosines
    covary (of two features each may be the other's nearest) is taken from uniform directions with the same mean squared cosine.
    The standard deviation includes the Monte-Carlo error of the mean.
    """
    n_looked_at = min(n_features, N_NEAREST)
    clouds = -(-N_NEAREST // n_looked_at)
    found = np.concatenate([_nearest_cosines(null, n_looked_at, n_features, rng) for _ in range(clouds)])
    n = n_averaged or n_features
    ratio = nearest_cosine_variance_ratio(n_features, max(2.0, 1.0 / null.moments.mean_squared_cosine), n)
    variance = found.var() * ratio * (1.0 / n + 1.0 / len(found))
    return NormalLaw(float(found.mean()), float(np.sqrt(variance)))


def _nearest_cosines(null: ProjectedGaussian, n_looked_at: int, n_features: int, rng: np.random.Generator) -> Floats:
    """Of so many of the features of one cloud, (n_looked_at,); the others are drawn some at a time."""
    own, nearest = null.sample_along_axes(n_looked_at, rng), np.full(n_looked_at, -1.0)
    product_format = fastest_format("cpu", len(null.mean))
    for others in row_slices(max(1, n_features - n_looked_at), ROWS_AT_ONCE):
        drawn = null.sample_along_axes(min(others.stop, n_features - n_looked_at) - others.start, rng)
        rows = torch.cat([own, drawn])
        found = nearest_neighbors(rows, 1, of_first=n_looked_at, product_format=product_format)
        nearest = np.maximum(nearest, found.cosines[:, 0])
    return nearest


def _evenly(low: float, high: float, n: int) -> Floats:
    ends = _stretched(np.array([low, high]))
    return np.linspace(float(ends[0]), float(ends[1]), n)


def _cosine(stretched: Floats) -> Floats:
    return np.asarray(np.sqrt(-np.expm1(-(stretched**2))))


def _stretched(cosine: Floats) -> Floats:
    """sqrt(-ln(1 - c^2)), in which logarithms of tail probabilities are nearly parabolas."""
    return np.asarray(np.sqrt(-np.log1p(-(np.asarray(cosine) ** 2))))
