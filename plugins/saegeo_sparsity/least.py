"""Where in a series of L0 a number is least, and which L0 cannot be told from that."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from saegeo_core.numerics.arrays import Floats

LEVEL = 0.95


class Least(NamedTuple):
    """Where a number is least.

    Attributes:
        l0: of the SAE that has the least.
        low, high: the least and the greatest L0 of SAEs that cannot be told from it.
        between: the neighbors of these in the series, or they themselves where it ends: between them the number is least.
        ends: the least and the greatest L0 of the series.
    """

    l0: float
    low: float
    high: float
    between: tuple[float, float]
    ends: tuple[float, float]

    def judge(self, l0: float | None) -> str:
        """A sentence on an L0."""
        reached = {"lowest": self.low == self.ends[0], "highest": self.high == self.ends[1]}
        ends = " and the ".join(name for name, is_reached in reached.items() if is_reached)
        what = f"from L0 {self.low:.3g} to {self.high:.3g}" if self.low < self.high else f"at L0 {self.l0:.3g}"
        what = f"It is least {what}" + f" (the {ends} of the series)" * bool(ends)
        if l0 is None:
            return f"{what}; the L0 of this SAE is not known."
        place = "below" if l0 < self.low else "above" if l0 > self.high else "within"
        return f"{what}: the L0 of this SAE, {l0:.3g}, is {place} that."


def least_of(l0: Floats, values: Floats, errors: Floats) -> Least:
    """Where the least value lies, and the range of L0 whose values do not exceed it significantly.

    A value is told from the least where it exceeds it by more than the normal quantile allows, each comparison at .05 over their
    number (Bonferroni), so that the SAE that is truly least is in the range with probability .95 and more.

    Args:
        l0: (n,), n of 2 and more.
        values: (n,).
        errors: (n,), standard error of each value's difference from the least one.
    """
    best = int(np.argmin(values))
    reach = float(stats.norm.isf((1 - LEVEL) / (len(values) - 1)))
    among = l0[values - values[best] <= reach * errors]
    low, high = float(among.min()), float(among.max())
    between = float(l0[l0 < low].max(initial=-np.inf)), float(l0[l0 > high].min(initial=np.inf))
    inside = (low if np.isinf(between[0]) else between[0]), (high if np.isinf(between[1]) else between[1])
    return Least(float(l0[best]), low, high, inside, (float(l0.min()), float(l0.max())))
