"""Means over pairs from some of the rows, drawn at random and held against all: how well they are known, and their null laws.

With g_i the mean over the pairs of row i, the mean over all pairs is that of g over all N rows. So that over m rows drawn without
replacement is without bias, and its variance is (1/m - 1/N) S^2, S^2 the variance of g over rows, which the sample tells without
bias too (Cochran 1977, section 2). None of it asks what rows have to do with each other: families make no interval too narrow.

Where directions are independent draws of a null model the mean over all pairs scatters as well, and that of a sample by
(1/m - 1/N) E S^2 more. With `projection` the variance of the expectation given one direction and `pair` that of a single pair

    E S^2 = (N - 2) / (N - 1)^2 [(N - 4) projection + pair].
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from scipy import stats

from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics.laws import CountLaw
from saegeo_core.statistics.pair_jackknife import equivalent_count_interval
from saegeo_core.statistics.population import ROWS
from saegeo_core.statistics.resampling import Resampled, student_interval

METHOD = "rows drawn without replacement"


@dataclass(frozen=True)
class SampledRows:
    """m rows of N, each held against the N - 1 others.

    Attributes:
        n_rows: N, at least 2.
        n_sampled: m, from 2 to N.
    """

    n_rows: int
    n_sampled: int

    @property
    def n_looks(self) -> int:
        """Pairs that are looked at, those of two sampled rows twice: m (N - 1)."""
        return self.n_sampled * (self.n_rows - 1)

    @property
    def unseen(self) -> float:
        """1/m - 1/N: what the variance over rows is multiplied with."""
        return 1.0 / self.n_sampled - 1.0 / self.n_rows

    def share(self, counts: Floats, level: float = 0.95) -> Resampled:
        """The share of all pairs that have a property, from how many of each sampled row's pairs have it, (m,)."""
        estimate = float(counts.sum()) / self.n_looks
        variance = self.unseen * float(np.var(counts, ddof=1)) / (self.n_rows - 1) ** 2
        interval = equivalent_count_interval(estimate, variance, self.n_looks, level)
        return Resampled(estimate, variance**0.5, interval, level, METHOD, population=ROWS)

    def share_of_rows(self, n_found: int, level: float = 0.95) -> Resampled:
        """The share of all rows that have a property, of which so many of the sampled ones have it.

        The interval holds every number of rows of which a sample shows so few, or so many, in more than (1 - level) / 2 of all
        samples (hypergeometric law; Cochran 1977, section 3.6): it covers whatever the share is, also where none is found.
        """
        n, m, tail = self.n_rows, self.n_sampled, (1 - level) / 2
        share = n_found / m
        error = (self.unseen * share * (1 - share) * m / (m - 1)) ** 0.5
        possible = range(n_found, n - m + n_found + 1)
        lowest = bisect_left(possible, True, key=lambda of_all: stats.hypergeom.sf(n_found - 1, n, of_all, m) > tail)
        beyond = bisect_left(possible, True, key=lambda of_all: stats.hypergeom.cdf(n_found, n, of_all, m) <= tail)
        interval = possible[lowest] / n, possible[beyond - 1] / n
        return Resampled(share, error, interval, level, METHOD, population=ROWS)

    def mean(self, values: Floats, level: float = 0.95) -> Resampled:
        """The mean over all rows, from the values of the sampled ones, (m,)."""
        error = (self.unseen * float(np.var(values, ddof=1))) ** 0.5
        return student_interval(
            float(values.mean()), error, self.n_sampled - 1, method=METHOD, population=ROWS, level=level
        )

    def count_law(self, of_all: CountLaw, projection: float, pair: float) -> CountLaw:
        """The law of the sum of such counts over the sampled rows, from that of the count over all pairs in the null model."""
        n, n_pairs = self.n_rows, self.n_rows * (self.n_rows - 1) / 2
        between_rows = (n - 2) / (n - 1) ** 2 * ((n - 4) * projection + pair)
        variance = of_all.variance / n_pairs**2 + self.unseen * between_rows
        return CountLaw(self.n_looks * of_all.mean / n_pairs, self.n_looks**2 * variance)
