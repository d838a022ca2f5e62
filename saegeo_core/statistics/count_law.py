"""Laws of a null statistic known by its mean and variance, and the p-values that follow from them.

A count is given the discrete law that has exactly these two moments, so that p-values stay right when few events are
expected as well as when millions are: binomial below the Poisson variance, negative binomial above it.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from saegeo_core.statistics.alternatives import Alternative, choose_pvalue

POISSON_TOLERANCE = 1e-8


@dataclass(frozen=True)
class MeanLaw:
    """The normal law of a mean over many pairs or features."""

    mean: float
    standard_deviation: float

    def zscore(self, statistic: float) -> float:
        """Distance of `statistic` from the mean, in standard deviations."""
        return (statistic - self.mean) / self.standard_deviation

    def pvalue(self, statistic: float, alternative: Alternative = "two-sided") -> float:
        """Probability of a statistic at least as extreme as this one."""
        z = self.zscore(statistic)
        return choose_pvalue(float(stats.norm.cdf(z)), float(stats.norm.sf(z)), alternative)


@dataclass(frozen=True)
class CountLaw:
    """The law of a count with the given mean and variance."""

    mean: float
    variance: float

    @property
    def standard_deviation(self) -> float:
        """Square root of the variance."""
        return float(np.sqrt(self.variance))

    def zscore(self, count: float) -> float:
        """Distance of `count` from the mean, in standard deviations."""
        return (count - self.mean) / self.standard_deviation

    def pvalue(self, count: int, alternative: Alternative = "two-sided") -> float:
        """The mid-p-value: P(more extreme) + P(exactly this count) / 2.

        Uniform on average under the null, where the ordinary p-value of a small count is too large.
        """
        law = self._law()
        half = 0.5 * float(law.pmf(count))
        return choose_pvalue(float(law.cdf(count - 1)) + half, float(law.sf(count)) + half, alternative)

    def _law(self) -> stats.rv_discrete:
        excess = self.variance - self.mean
        if self.mean == 0.0 or abs(excess) <= POISSON_TOLERANCE * self.mean:
            return stats.poisson(self.mean)
        if excess > 0.0:
            return stats.nbinom(self.mean**2 / excess, self.mean / self.variance)
        trials = np.ceil(self.mean**2 / -excess)
        return stats.binom(trials, self.mean / trials)
