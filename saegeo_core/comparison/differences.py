"""Whether two metrics differ: in pairs where both leave out the same parts of the same data, from their intervals otherwise."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from saegeo_core.comparison.seeds import NONE, Variance
from saegeo_core.comparison.table import Difference
from saegeo_core.report.metric import Absent, Interval, Metric
from saegeo_core.report.replicates import Replicates

LEVEL = 0.95


@dataclass(frozen=True)
class Spread:
    """The sampling variance of a metric towards either side, which differ where its interval is not centred."""

    below: Variance
    above: Variance

    def __add__(self, other: Variance) -> "Spread":
        return Spread(self.below + other, self.above + other)

    @property
    def standard_error(self) -> float:
        """Of both sides together."""
        return float(np.sqrt((self.below.value + self.above.value) / 2))

    def interval(self, estimate: float, method: str) -> Interval:
        """The interval about an estimate."""
        return Interval(
            low=estimate - _reach(self.below), high=estimate + _reach(self.above), level=LEVEL, method=method
        )


def spread_of(metric: Metric) -> Spread | None:
    """The sampling variance of a metric as its interval tells it; None where it has none.

    Student's interval reaches one standard error, times a quantile, to either side, whatever range its ends were then clipped to:
    the standard error counts. Of other intervals the two ends are all that is known; they are read as if they reached as far as the
    normal quantile.
    """
    if metric.value is None or isinstance(metric.interval, Absent):
        return None
    interval = metric.interval
    freedom = np.inf if interval.degrees_of_freedom is None else interval.degrees_of_freedom
    if interval.standard_error is not None and np.isfinite(freedom):
        both = Variance(interval.standard_error**2, freedom)
        return Spread(both, both)
    quantile = _quantile(freedom, interval.level)
    below, above = metric.value - interval.low, interval.high - metric.value
    return Spread(*(Variance((max(side, 0.0) / quantile) ** 2, freedom) for side in (below, above)))


def difference(
    ours: Metric,
    theirs: Metric,
    our_replicates: Replicates | None = None,
    their_replicates: Replicates | None = None,
    seeds: Variance = NONE,
) -> Difference | None:
    """Ours minus theirs, with its interval and two-sided p-value; None where either has no estimate.

    Args:
        ours, theirs: the same metric of two SAEs.
        our_replicates, their_replicates: the values behind their intervals, where they were kept.
        seeds: variance between seeds of their configurations, to be added.
    """
    if ours.value is None or theirs.value is None:
        return None
    estimate = ours.value - theirs.value
    if our_replicates and their_replicates and our_replicates.pairs_with(their_replicates):
        values = our_replicates.values - their_replicates.values
        paired = Variance((our_replicates.factor * float(np.std(values, ddof=1))) ** 2, len(values) - 1) + seeds
        return replace(_judged(estimate, Spread(paired, paired), "paired replicates"), is_paired=True)
    our_spread, their_spread = spread_of(ours), spread_of(theirs)
    if our_spread is None or their_spread is None:
        return Difference(estimate, note="no interval, so none of the difference")
    both = Spread(our_spread.below + their_spread.above, our_spread.above + their_spread.below) + seeds
    return _judged(estimate, both, "independent standard errors")


def _judged(estimate: float, spread: Spread, method: str) -> Difference:
    """The p-value is of the side that looks to zero."""
    towards_zero = spread.below if estimate > 0 else spread.above
    interval = spread.interval(estimate, method)
    if towards_zero.value == 0:
        note = "" if estimate == 0 else "its replicates do not vary, so that chance cannot be judged"
        return Difference(estimate, interval, 1.0 if estimate == 0 else None, note=note)
    p = 2 * _tail(abs(estimate) / float(np.sqrt(towards_zero.value)), towards_zero.freedom)
    return Difference(estimate, interval, min(p, 1.0))


def _reach(variance: Variance) -> float:
    return float(_quantile(variance.freedom, LEVEL) * np.sqrt(variance.value))


def _quantile(freedom: float, level: float) -> float:
    """Of Student's law, two-sided; of the normal law for infinitely many degrees of freedom."""
    p = (1 + level) / 2
    return float(special.ndtri(p) if np.isinf(freedom) else special.stdtrit(freedom, p))


def _tail(t: float, freedom: float) -> float:
    """Probability above t under Student's law, or the normal one."""
    return float(special.ndtr(-t) if np.isinf(freedom) else special.stdtr(freedom, -t))
