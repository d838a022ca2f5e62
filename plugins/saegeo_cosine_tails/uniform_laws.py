"""What summaries of all cosines would be, had the N directions been drawn independently and uniformly: no simulation.

Pairwise cosines of such directions are pairwise independent, which makes every variance exact. The two means are degenerate
U-statistics whose kernels have one repeated eigenvalue, so their limit laws are centred chi-squared ones. Extremes follow from
the exact tail of one cosine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from saegeo_core.numerics.pairwise_cosine import IDENTICAL
from saegeo_core.statistics.uniform_directions import cosine_isf, cosine_sf

QUANTILES = (np.arange(1200) + 0.5) / 1200


@dataclass(frozen=True)
class Comparison:
    """Where a statistic lies under the null. `pvalue` is two-sided for means and one-sided (as extreme) for extremes."""

    mean: float
    standard_deviation: float
    pvalue: float


def mean_cosine(observed: float, n_features: int, d_in: int) -> Comparison:
    """The mean cosine over pairs: mean 0, variance 1/(d M) for M pairs.

    The kernel u.v has the eigenvalue 1/d, d times: N |mean|^2 d is chi-squared with d degrees of freedom for large N.
    """
    return _chi_squared(observed, 0.0, 1 / (d_in * _n_pairs(n_features)), d_in)


def mean_squared_cosine(observed: float, n_features: int, d_in: int) -> Comparison:
    """The mean squared cosine over pairs: mean 1/d, variance 2(d-1)/(d^2 (d+2)) / M.

    The kernel (u.v)^2 - 1/d has one eigenvalue, (d-1)(d+2)/2 times: the harmonics of degree two.
    """
    variance = 2 * (d_in - 1) / (d_in**2 * (d_in + 2)) / _n_pairs(n_features)
    return _chi_squared(observed, 1 / d_in, variance, (d_in - 1) * (d_in + 2) / 2)


def largest_cosine(observed: float, n_features: int, d_in: int) -> Comparison:
    """The largest cosine of all pairs, and the probability of one as large.

    Pairs are independent two by two, and their maximum has the limit law of independent ones (Cai, Fan & Jiang, JMLR 2013).
    """
    n_pairs = _n_pairs(n_features)
    cosines = _quantiles_of_largest(n_pairs, d_in)
    pvalue = -np.expm1(-n_pairs * cosine_sf(observed, d_in))
    return Comparison(float(cosines.mean()), float(cosines.std()), float(pvalue))


def mean_nearest_cosine(observed: float, n_features: int, d_in: int) -> Comparison:
    """The mean over features of the cosine to the nearest other feature.

    Each is the largest of N - 1 independent cosines. Two features share one of these, and often each is the other's nearest;
    so the N maxima covary: with F the law of one cosine, P(a <= s, b <= t) = F(s)^(N-1) F(t)^(N-1) / F(max(s, t)), and
    Hoeffding's formula integrates what this exceeds the product of the margins by.
    """
    cosines = _quantiles_of_largest(n_features - 1, d_in)
    excess = QUANTILES ** (-1 / (n_features - 1)) - 1  # 1 / F(t) - 1 at every quantile t of the largest
    at_larger = np.minimum.outer(excess, excess)  # the excess falls as t rises
    weights = QUANTILES * np.gradient(cosines)
    covariance = weights @ at_larger @ weights
    deviation = float(np.sqrt((cosines.var() + (n_features - 1) * covariance) / n_features))
    z = (observed - cosines.mean()) / deviation
    return Comparison(float(cosines.mean()), deviation, float(2 * stats.norm.sf(abs(z))))


def coincidences(observed: int, n_features: int, d_in: int) -> Comparison:
    """The number of features with a partner within 1e-6 of the same (or the opposite) direction: all but impossible."""
    expected_pairs = _n_pairs(n_features) * float(cosine_sf(IDENTICAL, d_in))
    pvalue = -np.expm1(-expected_pairs) if observed else 1.0
    return Comparison(2 * expected_pairs, float(2 * np.sqrt(expected_pairs)), float(pvalue))


def _n_pairs(n_features: int) -> int:
    return n_features * (n_features - 1) // 2


def _chi_squared(observed: float, mean: float, variance: float, degrees: float) -> Comparison:
    """A centred chi-squared scaled to the exact mean and variance; twice the smaller tail."""
    deviation = float(np.sqrt(variance))
    value = degrees + (observed - mean) / deviation * np.sqrt(2 * degrees)
    tail = min(stats.chi2.sf(value, degrees), stats.chi2.cdf(value, degrees))
    return Comparison(mean, deviation, float(min(1.0, 2 * tail)))


def _quantiles_of_largest(n_cosines: int, d_in: int) -> NDArray[np.float64]:
    return cosine_isf(-np.expm1(np.log(QUANTILES) / n_cosines), d_in)
