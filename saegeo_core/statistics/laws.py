"""Null distributions in closed form, and the p-values that follow from them.

A count is given the discrete law that has exactly its mean and variance, so that p-values stay right when few events are
expected as well as when millions are: binomial below the Poisson variance, negative binomial above it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import stats

from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics.alternatives import Alternative, choose_pvalue

POISSON_TOLERANCE = 1e-8
MIRRORED: dict[Alternative, Alternative] = {"greater": "less", "less": "greater", "two-sided": "two-sided"}


class Law(Protocol):
    """The distribution of a number under a null model."""

    @property
    def mean(self) -> float:
        """Of the distribution."""
        ...

    @property
    def standard_deviation(self) -> float:
        """Of the distribution."""
        ...

    def zscore(self, observed: float) -> float:
        """Distance of `observed` from the mean, in standard deviations."""
        ...

    def pvalue(self, observed: float, alternative: Alternative = "two-sided") -> float:
        """Probability of a number at least as extreme."""
        ...


class FrozenDistribution(Protocol):
    """A continuous distribution of `scipy.stats` with its parameters, for example `stats.chi(3, scale=0.1)`."""

    def mean(self) -> float:
        """Of the distribution."""
        ...

    def std(self) -> float:
        """Standard deviation."""
        ...

    def cdf(self, x: float, /) -> float:
        """Probability of at most x."""
        ...

    def sf(self, x: float, /) -> float:
        """Probability of more than x."""
        ...


@dataclass(frozen=True)
class ContinuousLaw:
    """The law of a frozen distribution of `scipy.stats`."""

    distribution: FrozenDistribution

    @property
    def mean(self) -> float:
        """Of the distribution."""
        return float(self.distribution.mean())

    @property
    def standard_deviation(self) -> float:
        """Of the distribution."""
        return float(self.distribution.std())

    def zscore(self, observed: float) -> float:
        """Distance of `observed` from the mean, in standard deviations."""
        return float((observed - self.distribution.mean()) / self.distribution.std())

    def pvalue(self, observed: float, alternative: Alternative = "two-sided") -> float:
        """Probability of a number at least as extreme."""
        return choose_pvalue(float(self.distribution.cdf(observed)), float(self.distribution.sf(observed)), alternative)


class QuantileLaw(ABC):
    """What a law has that is known by its quantiles."""

    @property
    @abstractmethod
    def _quantiles(self) -> Floats:
        """Evenly spaced in probability."""

    @property
    def mean(self) -> float:
        """Of the distribution."""
        return float(self._quantiles.mean())

    @property
    def standard_deviation(self) -> float:
        """Of the distribution."""
        return float(self._quantiles.std())

    def zscore(self, observed: float) -> float:
        """Distance of `observed` from the mean, in standard deviations."""
        return (observed - self.mean) / self.standard_deviation


@dataclass(frozen=True)
class NormalLaw:
    """The normal law of a mean over many pairs or features."""

    mean: float
    standard_deviation: float

    def zscore(self, observed: float) -> float:
        """Distance of `observed` from the mean, in standard deviations."""
        return (observed - self.mean) / self.standard_deviation

    def pvalue(self, observed: float, alternative: Alternative = "two-sided") -> float:
        """Probability of a number at least as extreme."""
        z = self.zscore(observed)
        return choose_pvalue(float(stats.norm.cdf(z)), float(stats.norm.sf(z)), alternative)


@dataclass(frozen=True)
class ChiSquaredLaw:
    """A chi-squared law moved and scaled to the given mean and standard deviation: the limit of a degenerate U-statistic.

    Attributes:
        degrees: degrees of freedom, which may be fractional.
    """

    mean: float
    standard_deviation: float
    degrees: float

    def zscore(self, observed: float) -> float:
        """Distance of `observed` from the mean, in standard deviations."""
        return (observed - self.mean) / self.standard_deviation

    def pvalue(self, observed: float, alternative: Alternative = "two-sided") -> float:
        """Probability of a number at least as extreme."""
        value = self.degrees + self.zscore(observed) * np.sqrt(2 * self.degrees)
        lower, upper = stats.chi2.cdf(value, self.degrees), stats.chi2.sf(value, self.degrees)
        return choose_pvalue(float(lower), float(upper), alternative)


@dataclass(frozen=True)
class MirroredLaw:
    """The law of -x, where `law` is that of x: of a smallest number, given the law of a largest one."""

    law: Law

    @property
    def mean(self) -> float:
        """Of the distribution."""
        return -self.law.mean

    @property
    def standard_deviation(self) -> float:
        """Of the distribution."""
        return self.law.standard_deviation

    def zscore(self, observed: float) -> float:
        """Distance of `observed` from the mean, in standard deviations."""
        return -self.law.zscore(-observed)

    def pvalue(self, observed: float, alternative: Alternative = "two-sided") -> float:
        """Probability of a number at least as extreme."""
        return self.law.pvalue(-observed, MIRRORED[alternative])


@dataclass(frozen=True)
class CountLaw:
    """The law of a count with the given mean and variance."""

    mean: float
    variance: float

    @property
    def standard_deviation(self) -> float:
        """Square root of the variance."""
        return float(np.sqrt(self.variance))

    def zscore(self, observed: float) -> float:
        """Distance of a count from the mean, in standard deviations."""
        return (observed - self.mean) / self.standard_deviation

    def pvalue(self, observed: float, alternative: Alternative = "two-sided") -> float:
        """The mid-p-value: P(more extreme) + P(exactly this count) / 2.

        Uniform on average under the null, where the ordinary p-value of a small count is too large.
        """
        law = self._law()
        half = 0.5 * float(law.pmf(observed))
        return choose_pvalue(float(law.cdf(observed - 1)) + half, float(law.sf(observed)) + half, alternative)

    def _law(self) -> stats.rv_discrete:
        excess = self.variance - self.mean
        if self.mean == 0.0 or abs(excess) <= POISSON_TOLERANCE * self.mean:
            return stats.poisson(self.mean)
        if excess > 0.0:
            return stats.nbinom(self.mean**2 / excess, self.mean / self.variance)
        trials = np.ceil(self.mean**2 / -excess)
        return stats.binom(trials, self.mean / trials)


@dataclass(frozen=True)
class ShareLaw:
    """The law of a share: a count out of `total`, in units of `unit`."""

    count: CountLaw
    total: int
    unit: float = 1.0

    @property
    def mean(self) -> float:
        """Of the share, in its unit."""
        return self.count.mean / self.total / self.unit

    @property
    def standard_deviation(self) -> float:
        """Of the share, in its unit."""
        return self.count.standard_deviation / self.total / self.unit

    def zscore(self, observed: float) -> float:
        """Distance of a share from the mean, in standard deviations."""
        return self.count.zscore(self._counted(observed))

    def pvalue(self, observed: float, alternative: Alternative = "two-sided") -> float:
        """The mid-p-value of the count behind a share."""
        return self.count.pvalue(self._counted(observed), alternative)

    def _counted(self, share: float) -> int:
        return round(share * self.unit * self.total)
