"""What many runs of a cell say together: how often p was small, and how often the interval held the truth."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from benchmarks.calibration.cell import Said

LEVEL = 0.05


class Row(NamedTuple):
    """One metric on one law.

    Attributes:
        metric: its name.
        runs: runs in which it has an estimate.
        small: share of its p-values up to .05; None where it has none.
        covered: share of its intervals that hold the mean of the estimates over all runs, which is what is expected of another
            dictionary of the law; None where it has none.
        width: mean standard error told by the intervals over the standard deviation of the estimates; None likewise.
    """

    metric: str
    runs: int
    small: float | None
    covered: float | None
    width: float | None

    @property
    def is_tried(self) -> bool:
        """Whether it has anything that can be right or wrong."""
        return self.small is not None or self.covered is not None


def summarized(runs: Mapping[int, Mapping[str, Said]]) -> list[Row]:
    """A row for each metric, in the order of the reports."""
    names = dict.fromkeys(name for said in runs.values() for name in said)
    return [_row(name, [said[name] for said in runs.values() if name in said]) for name in names]


def _row(name: str, told: list[Said]) -> Row:
    estimates = np.array([one["estimate"] for one in told if one["estimate"] is not None])
    pvalues = np.array([one["p"] for one in told if one["p"] is not None])
    ends = np.array([(one["low"], one["high"]) for one in told if one["low"] is not None])
    if not len(estimates):
        return Row(name, 0, None, None, None)
    truth, spread = estimates.mean(), estimates.std()
    covered = width = None
    if len(ends):
        covered = float(np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1])))
        width = float(np.mean(ends[:, 1] - ends[:, 0]) / 3.92 / spread) if spread else None
    return Row(name, len(estimates), float(np.mean(pvalues <= LEVEL)) if len(pvalues) else None, covered, width)
