"""Whether two metrics differ: in pairs where both leave out the same parts of the same data, from their intervals otherwise."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from saegeo_core.comparison.table import Difference
from saegeo_core.report.metric import Absent, Interval, Metric
from saegeo_core.report.replicates import Replicates

LEVEL = 0.95
"""Nominal coverage of the intervals made here."""

FloatOrMany = Any
"""A number, or an array of numbers, one for each of many estimates."""


@dataclass(frozen=True)
class Variance:
    """The variance of an estimate, and the degrees of freedom that it is itself estimated with; infinite where it is known.

    Of many estimates at once both are arrays, here and in `SamplingVariance`.
    """

    value: FloatOrMany
    degrees_of_freedom: FloatOrMany = np.inf

    def __add__(self, other: "Variance") -> "Variance":
        """Of the sum of two independent estimates; degrees of freedom by Welch and Satterthwaite."""
        total = self.value + other.value
        denominator = self.value**2 / self.degrees_of_freedom + other.value**2 / other.degrees_of_freedom
        is_known = denominator == 0
        return Variance(total, np.where(is_known, np.inf, total**2 / np.where(is_known, 1.0, denominator))[()])


NO_VARIANCE = Variance(0.0)


@dataclass(frozen=True)
class SamplingVariance:
    """The sampling variance of a metric towards either side; they differ where its estimate is not the middle of its interval."""

    below: Variance
    above: Variance

    def __add__(self, other: Variance) -> "SamplingVariance":
        return SamplingVariance(self.below + other, self.above + other)

    def __sub__(self, other: "SamplingVariance") -> "SamplingVariance":
        """Of the difference of two independent estimates: the sides that face each other add up."""
        return SamplingVariance(self.below + other.above, self.above + other.below)

    @property
    def standard_error(self) -> FloatOrMany:
        """The root of the mean of both sides."""
        return np.sqrt((self.below.value + self.above.value) / 2)

    @property
    def degrees_of_freedom(self) -> FloatOrMany:
        """Those of the side that has fewer."""
        return np.minimum(self.below.degrees_of_freedom, self.above.degrees_of_freedom)

    def pvalue(self, estimate: FloatOrMany) -> FloatOrMany:
        """Two-sided, of no difference, by the variance towards zero; NaN where that is none and the estimate is not zero."""
        is_above = np.greater(estimate, 0)
        value = np.where(is_above, self.below.value, self.above.value)
        freedom = np.where(is_above, self.below.degrees_of_freedom, self.above.degrees_of_freedom)
        does_vary = np.not_equal(value, 0)
        t = np.abs(estimate) / np.sqrt(np.where(does_vary, value, 1.0))
        judged = np.minimum(2 * student_cdf(-t, freedom), 1.0)
        return np.where(does_vary, judged, np.where(np.equal(estimate, 0), 1.0, np.nan))[()]

    def interval(self, estimate: float, method: str) -> Interval:
        """The interval about an estimate."""
        freedom = float(self.degrees_of_freedom)
        return Interval(
            low=estimate - _reach(self.below),
            high=estimate + _reach(self.above),
            level=LEVEL,
            method=method,
            standard_error=float(self.standard_error),
            degrees_of_freedom=freedom if np.isfinite(freedom) else None,
        )


def sampling_variance(metric: Metric) -> SamplingVariance | None:
    """The sampling variance of a metric as its interval tells it; None where it has none.

    Student's interval reaches one standard error, times a quantile, to either side, whatever range its ends were then clipped to:
    the standard error counts. Of other intervals the two ends are all that is known; they are read as if they reached as far as the
    normal quantile.
    """
    if metric.value is None or isinstance(metric.interval, Absent):
        return None
    interval = metric.interval
    degrees_of_freedom = np.inf if interval.degrees_of_freedom is None else interval.degrees_of_freedom
    if interval.standard_error is not None and np.isfinite(degrees_of_freedom):
        both = Variance(interval.standard_error**2, degrees_of_freedom)
        return SamplingVariance(both, both)
    quantile = student_quantile((1 + interval.level) / 2, degrees_of_freedom)
    below, above = metric.value - interval.low, interval.high - metric.value
    return SamplingVariance(
        *(Variance((max(side, 0.0) / quantile) ** 2, degrees_of_freedom) for side in (below, above))
    )


def difference(
    ours: Metric,
    theirs: Metric,
    our_replicates: Replicates | None = None,
    their_replicates: Replicates | None = None,
    seed_variance: Variance = NO_VARIANCE,
) -> Difference | None:
    """Ours minus theirs, with its interval and two-sided p-value; None where either has no estimate.

    Args:
        ours, theirs: the same metric of two SAEs.
        our_replicates, their_replicates: the values behind their intervals, where they were kept.
        seed_variance: between seeds of their configurations, to be added.
    """
    if ours.value is None or theirs.value is None:
        return None
    estimate = ours.value - theirs.value
    if our_replicates and their_replicates and our_replicates.pairs_with(their_replicates):
        values = our_replicates.values - their_replicates.values
        paired = Variance((our_replicates.factor * float(np.std(values, ddof=1))) ** 2, len(values) - 1) + seed_variance
        return replace(_tested(estimate, SamplingVariance(paired, paired), "paired replicates"), is_paired=True)
    our_variance, their_variance = sampling_variance(ours), sampling_variance(theirs)
    if our_variance is None or their_variance is None:
        return Difference(estimate, note="no interval, so none of the difference")
    return _tested(estimate, our_variance - their_variance + seed_variance, "independent standard errors")


def _tested(estimate: float, variance: SamplingVariance, method: str) -> Difference:
    """A difference with its interval and its p-value."""
    interval, pvalue = variance.interval(estimate, method), float(variance.pvalue(estimate))
    if np.isnan(pvalue):
        return Difference(estimate, interval, note="its replicates do not vary, so that chance cannot be judged")
    return Difference(estimate, interval, pvalue)


def _reach(variance: Variance) -> float:
    return float(student_quantile((1 + LEVEL) / 2, variance.degrees_of_freedom) * np.sqrt(variance.value))


def student_quantile(p: FloatOrMany, degrees_of_freedom: FloatOrMany) -> FloatOrMany:
    """Of Student's law; of the normal law for infinitely many degrees of freedom."""
    is_normal = np.isinf(degrees_of_freedom)
    return np.where(is_normal, special.ndtri(p), special.stdtrit(np.where(is_normal, 1.0, degrees_of_freedom), p))[()]


def student_cdf(t: FloatOrMany, degrees_of_freedom: FloatOrMany) -> FloatOrMany:
    """The probability below t under Student's law, or the normal one."""
    is_normal = np.isinf(degrees_of_freedom)
    return np.where(is_normal, special.ndtr(t), special.stdtr(np.where(is_normal, 1.0, degrees_of_freedom), t))[()]
