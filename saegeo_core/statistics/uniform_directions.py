"""The exact laws of the cosines of independent uniform directions: the null that needs no simulation.

In d dimensions the squared cosine of two such directions follows Beta(1/2, (d - 1)/2), and the cosines of a cloud are
pairwise independent. So every probability, threshold and variance of the uniform null is computed, none is sampled.
Functions are named as in SciPy (cdf, sf, isf); those named for the tail are two-sided, P(|cosine| > t). Those that end
in `_law` give the distribution of a summary of all cosines of N such directions.

`dimension` may be fractional and is at least 2.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from saegeo_core.errors import SaegeoError
from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics.alternatives import Alternative, choose_pvalue
from saegeo_core.statistics.laws import ChiSquaredLaw, CountLaw, NormalLaw, QuantileLaw

QUANTILES = (np.arange(1200) + 0.5) / 1200
"""Probabilities at which the law of a largest cosine is tabulated for its mean and variance."""


def tail_probability(cosine: ArrayLike, dimension: float) -> Floats:
    """P(|c| > t) = I_{1 - t^2}((d - 1)/2, 1/2) for t in [0, 1].

    The law is classical; for its use on many random directions see Cai, Fan and Jiang, JMLR 14 (2013).
    """
    return np.asarray(special.betaincc(0.5, _shape(dimension), np.clip(cosine, 0.0, 1.0) ** 2))


def tail_threshold(null_probability: ArrayLike, dimension: float) -> Floats:
    """The t in [0, 1] with P(|c| > t) = `null_probability`, from 1 down to 1e-300.

    Only thresholds of equal null probability are comparable: |c| > .1 is 4.8 standard deviations at d = 2,304, 6.0 at 3,584.
    """
    null_probability = np.asarray(null_probability, dtype=np.float64)
    if not np.all((null_probability > 0.0) & (null_probability <= 1.0)):
        raise SaegeoError(f"a null probability lies in (0, 1], not at {null_probability}", "try 1e-6")
    return np.asarray(np.sqrt(special.betainccinv(0.5, _shape(dimension), null_probability)))


def cosine_sf(cosine: ArrayLike, dimension: float) -> Floats:
    """P(c > t), for t of either sign."""
    half = 0.5 * tail_probability(np.abs(cosine), dimension)
    return np.where(np.asarray(cosine) >= 0.0, half, 1.0 - half)


def cosine_cdf(cosine: ArrayLike, dimension: float) -> Floats:
    """P(c <= t), for t of either sign."""
    return cosine_sf(np.negative(cosine), dimension)


def cosine_isf(probability: ArrayLike, dimension: float) -> Floats:
    """The t in [-1, 1] with P(c > t) = `probability`, in (0, 1)."""
    probability = np.asarray(probability, dtype=np.float64)
    smaller = np.minimum(probability, 1.0 - probability)
    return np.copysign(tail_threshold(2.0 * smaller, dimension), 0.5 - probability)


def bin_probabilities(edges: ArrayLike, dimension: float) -> Floats:
    """P(a < c <= b) for neighboring ascending `edges`, shape (n_edges - 1,), to full relative precision in both tails."""
    edges = np.asarray(edges, dtype=np.float64)
    low, high = edges[:-1], edges[1:]
    return np.where(
        low + high > 0.0,
        cosine_sf(low, dimension) - cosine_sf(high, dimension),
        cosine_cdf(high, dimension) - cosine_cdf(low, dimension),
    )


def null_probability_for(n_pairs: int, wanted: float = 1e-6, min_expected: float = 20.0) -> float:
    """The `wanted` null probability, raised where fewer than `min_expected` of the pairs would lie beyond its threshold.

    A tail that expects less than some 20 pairs is a small count, and its noise hides whatever is there. At most 1.
    """
    if n_pairs < 1:
        raise SaegeoError(f"a tail needs pairs, and there are {n_pairs}", "give at least two features")
    return min(1.0, max(wanted, min_expected / n_pairs))


def tail_count_law(n_pairs: int, probability: float) -> CountLaw:
    """Null law of the number of pairs beyond a threshold that one pair passes with `probability`: binomial, mean M p.

    Only the variance M p (1 - p) is exact: cosines are independent in pairs, not jointly. The remaining dependence enters
    the third moment, through triangles; measured down to d = 3, it leaves the p-values uniform.
    """
    return CountLaw(n_pairs * probability, n_pairs * probability * (1.0 - probability))


def mean_cosine_law(n_features: int, dimension: float) -> ChiSquaredLaw:
    """The mean cosine over pairs: mean 0, variance 1/(d M) for M pairs, exactly.

    It is a degenerate U-statistic whose kernel u.v has the eigenvalue 1/d, d times: N |mean|^2 d is chi-squared with d degrees of
    freedom for large N.
    """
    return ChiSquaredLaw(0.0, _root(1 / (dimension * _n_pairs(n_features))), dimension)


def mean_squared_cosine_law(n_features: int, dimension: int) -> ChiSquaredLaw:
    """The mean squared cosine over pairs: mean 1/d, variance 2(d-1)/(d^2 (d+2)) / M, exactly.

    The kernel (u.v)^2 - 1/d has one eigenvalue, (d-1)(d+2)/2 times: the harmonics of degree two.
    """
    d = dimension
    variance = 2 * (d - 1) / (d**2 * (d + 2)) / _n_pairs(n_features)
    return ChiSquaredLaw(1 / d, _root(variance), (d - 1) * (d + 2) / 2)


def mean_absolute_cosine_law(n_features: int, dimension: float) -> NormalLaw:
    """The mean absolute cosine over pairs: mean 2 / ((d-1) B(1/2, (d-1)/2)), variance that of one over M, exactly."""
    mean = 2 / (dimension - 1) / float(special.beta(0.5, _shape(dimension)))
    return NormalLaw(mean, _root((1 / dimension - mean**2) / _n_pairs(n_features)))


def capacity_law(n_features: int, dimension: int) -> NormalLaw:
    """The mean over features of 1 / (sum of squared cosines with all, itself included), at second order in these sums.

    Each sum is 1 and one of N - 1 independent squared cosines; the mean of the sums has the law of the mean squared cosine. Where
    it is above its expectation by x, the second moment of the directions is uneven, and the variance of the sums is larger by
    2 (N - 1) / (d (d + 2)) x.
    """
    n, d = n_features, dimension
    mean, variance = (n - 1) / d, (n - 1) * 2 * (d - 1) / (d**2 * (d + 2))
    slope = 2 * (n - 1) / (d * (d + 2)) / (1 + mean) ** 3 - 1 / (1 + mean) ** 2
    of_mean = (slope * (n - 1) * mean_squared_cosine_law(n, d).standard_deviation) ** 2
    own = 2 * variance**2 / (1 + mean) ** 6 / n
    return NormalLaw(1 / (1 + mean) + variance / (1 + mean) ** 3, _root(of_mean + own))


def mean_nearest_cosine_law(n_features: int, dimension: int, n_looked_at: int | None = None) -> NormalLaw:
    """The mean over features, or over so many of them, of the cosine to the nearest other feature.

    Each is the largest of N - 1 independent cosines. Two features share one of these, and often each is the other's nearest;
    so the N maxima covary: with F the law of one cosine, P(a <= s, b <= t) = F(s)^(N-1) F(t)^(N-1) / F(max(s, t)), and
    Hoeffding's formula integrates what this exceeds the product of the margins by.
    """
    n, cosines = n_looked_at or n_features, _quantiles_of_largest(n_features - 1, dimension)
    variance = cosines.var() * nearest_cosine_variance_ratio(n_features, dimension, n) / n
    return NormalLaw(float(cosines.mean()), _root(variance))


def nearest_cosine_variance_ratio(n_features: int, dimension: float, n_looked_at: int | None = None) -> float:
    """Variance of the mean over N features, or so many, of the cosine to the nearest other, over that of independent ones."""
    cosines = _quantiles_of_largest(n_features - 1, dimension)
    excess = QUANTILES ** (-1 / (n_features - 1)) - 1  # 1 / F(t) - 1 at every quantile t of the largest
    at_larger = np.minimum.outer(excess, excess)  # the excess falls as t rises
    weights = QUANTILES * np.gradient(cosines)
    covariance = weights @ at_larger @ weights
    return float(1.0 + ((n_looked_at or n_features) - 1) * covariance / cosines.var())


@dataclass(frozen=True)
class LargestCosineLaw(QuantileLaw):
    """The law of the largest cosine over all pairs of N uniform directions.

    Pairs are independent two by two, and their maximum has the limit law of independent ones (Cai, Fan & Jiang, JMLR 2013).
    """

    n_features: int
    dimension: int

    def pvalue(self, observed: float, alternative: Alternative = "greater") -> float:
        """Probability of a largest cosine at least as extreme."""
        log_lower = -_n_pairs(self.n_features) * cosine_sf(observed, self.dimension)
        return choose_pvalue(float(np.exp(log_lower)), float(-np.expm1(log_lower)), alternative)

    @cached_property
    def _quantiles(self) -> Floats:
        return _quantiles_of_largest(_n_pairs(self.n_features), self.dimension)


@dataclass(frozen=True)
class CoincidenceLaw:
    """The law of the number of features with a partner at a cosine above one that chance all but never reaches.

    Such pairs are Poisson, and each gives two features. A count of any size is as improbable as the first pair.
    """

    n_features: int
    dimension: int
    cosine: float

    @property
    def mean(self) -> float:
        """Expected number of features."""
        return 2 * self._expected_pairs

    @property
    def standard_deviation(self) -> float:
        """Of the number of features."""
        return 2 * _root(self._expected_pairs)

    def zscore(self, observed: float) -> float:
        """Distance of `observed` from the mean, in standard deviations."""
        return (observed - self.mean) / self.standard_deviation

    def pvalue(self, observed: float, alternative: Alternative = "greater") -> float:
        """Probability of any coincidence where there is one, of none where there is none; 1 on the other side."""
        none, any_at_all = float(np.exp(-self._expected_pairs)), float(-np.expm1(-self._expected_pairs))
        lower, upper = (1.0, any_at_all) if observed else (none, 1.0)
        return choose_pvalue(lower, upper, alternative)

    @property
    def _expected_pairs(self) -> float:
        return _n_pairs(self.n_features) * float(cosine_sf(self.cosine, self.dimension))


def welch_floor(n_features: int, dimension: int) -> float:
    """The least mean squared cosine that N unit vectors can have, max(0, (N - d)/(d (N - 1))) (Welch 1974)."""
    return max(0.0, (n_features - dimension) / (dimension * (n_features - 1)))


def _shape(dimension: float) -> float:
    if not dimension >= 2:
        raise SaegeoError(
            f"directions need at least 2 dimensions, not {dimension}", "give rows with two or more entries"
        )
    return (dimension - 1.0) / 2.0


def _n_pairs(n_features: int) -> int:
    return n_features * (n_features - 1) // 2


def _root(variance: float) -> float:
    return float(np.sqrt(variance))


def _quantiles_of_largest(n_cosines: int, dimension: float) -> Floats:
    return cosine_isf(-np.expm1(np.log(QUANTILES) / n_cosines), dimension)
