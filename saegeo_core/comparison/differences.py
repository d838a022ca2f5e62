"""Whether two metrics differ: in pairs where both leave out the same parts of the same data, from their intervals otherwise."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from saegeo_core.comparison.table import Difference
from saegeo_core.report.metric import Absent, Interval, Metric
from saegeo_core.report.replicates import Replicates

LEVEL = 0.95
"""Nominal coverage of the intervals made here."""


@dataclass(frozen=True)
class Variance:
    """The variance of an estimate, and the degrees of freedom that it is itself estimated with; infinite where it is known."""

    value: float
    degrees_of_freedom: float = np.inf

    def __add__(self, other: "Variance") -> "Variance":
        """Of the sum of two independent estimates; degrees of freedom by Welch and Satterthwaite."""
        total = self.value + other.value
        denominator = sum(one.value**2 / one.degrees_of_freedom for one in (self, other))
        return Variance(total, total**2 / denominator if denominator else np.inf)


NO_VARIANCE = Variance(0.0)


@dataclass(frozen=True)
class SamplingVariance:
    """The sampling variance of a metric towards either side; they differ where its estimate is not the middle of its interval."""

    below: Variance
    above: Variance

    def __add__(self, other: Variance) -> "SamplingVariance":
        return SamplingVariance(self.below + other, self.above + other)

    @property
    def standard_error(self) -> float:
        """The root of the mean of both sides."""
        return float(np.sqrt((self.below.value + self.above.value) / 2))

    def interval(self, estimate: float, method: str) -> Interval:
        """The interval about an estimate."""
        freedom = min(self.below.degrees_of_freedom, self.above.degrees_of_freedom)
        return Interval(
            low=estimate - _reach(self.below),
            high=estimate + _reach(self.above),
            level=LEVEL,
            method=method,
            standard_error=self.standard_error,
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
    quantile = _quantile(degrees_of_freedom, interval.level)
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
    both = (
        SamplingVariance(our_variance.below + their_variance.above, our_variance.above + their_variance.below)
        + seed_variance
    )
    return _tested(estimate, both, "independent standard errors")


def _tested(estimate: float, variance: SamplingVariance, method: str) -> Difference:
    """A difference with its interval, and its p-value by the variance towards zero."""
    towards_zero = variance.below if estimate > 0 else variance.above
    interval = variance.interval(estimate, method)
    if towards_zero.value == 0:
        note = "" if estimate == 0 else "its replicates do not vary, so that chance cannot be judged"
        return Difference(estimate, interval, 1.0 if estimate == 0 else None, note=note)
    p = 2 * _tail(abs(estimate) / float(np.sqrt(towards_zero.value)), towards_zero.degrees_of_freedom)
    return Difference(estimate, interval, min(p, 1.0))


def _reach(variance: Variance) -> float:
    return float(_quantile(variance.degrees_of_freedom, LEVEL) * np.sqrt(variance.value))


def _quantile(degrees_of_freedom: float, level: float) -> float:
    """Of Student's law, two-sided; of the normal law for infinitely many degrees of freedom."""
    p = (1 + level) / 2
    return float(special.ndtri(p) if np.isinf(degrees_of_freedom) else special.stdtrit(degrees_of_freedom, p))


def _tail(t: float, degrees_of_freedom: float) -> float:
    """Probability above t under Student's law, or the normal one."""
    return float(special.ndtr(-t) if np.isinf(degrees_of_freedom) else special.stdtr(degrees_of_freedom, -t))
