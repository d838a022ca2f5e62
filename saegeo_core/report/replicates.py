"""How the replicates behind an interval travel with a report, so that two reports can be compared replicate by replicate.

Two estimates that leave out the same documents move together, and their difference is known better than either. That can be
used only where the replicates are of the same parts of the same data, in the same order; so each set carries a key that says
which parts those were, and replicates with different keys are never paired.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.report.metric import Absent, Metric

REPLICATES = "replicates."
RESAMPLING = "resampling."


@dataclass(frozen=True)
class Replicates:
    """The values of one metric on parts of the data.

    Attributes:
        metric: its name.
        values: float64 (n_replicates,).
        factor: the metric's standard error is `factor` times the standard deviation (ddof=1) of the values. Of a difference
            of two metrics likewise, with the differences of their values.
        key: names the parts: the way of resampling and a digest of what was drawn or left out.
    """

    metric: str
    values: NDArray[np.float64]
    factor: float
    key: str

    def standard_error(self) -> float:
        """Of the metric."""
        return self.factor * float(np.std(self.values, ddof=1))

    def pairs_with(self, other: "Replicates") -> bool:
        """Whether the n-th value of both is of the same part of the same data."""
        return self.key == other.key and self.factor == other.factor and len(self.values) == len(other.values)


def told_beside(metrics: Iterable[Metric], replicates: Iterable[Replicates]) -> tuple[Metric, ...]:
    """The metrics, with what the replicates of each are of written beside its interval.

    Raises:
        ValueError: replicates of a metric that has no interval, or of none of these.
    """
    kept = {one.metric: one for one in replicates}
    told = []
    for metric in metrics:
        one = kept.pop(metric.name, None)
        if one is None:
            told.append(metric)
            continue
        if isinstance(metric.interval, Absent):
            raise ValueError(f"{metric.name} has replicates and no interval that they are behind")
        beside = {"replicates": len(one.values), "replicate_factor": float(one.factor), "replicate_key": one.key}
        told.append(metric.model_copy(update={"interval": metric.interval.model_copy(update=beside)}))
    if kept:
        raise ValueError(f"there are replicates of {', '.join(kept)}, which are not among the metrics")
    return tuple(told)


def as_arrays(replicates: Iterable[Replicates]) -> dict[str, NDArray[Any]]:
    """The arrays kept beside a report: the values of each, under a name of its own."""
    return {REPLICATES + one.metric: np.asarray(one.values, np.float64) for one in replicates}


def replicates_of(arrays: "Mapping[str, NDArray[np.generic]]", metric: Metric) -> Replicates | None:
    """The replicates behind the interval of a metric of a report with these arrays; None where none were kept."""
    if REPLICATES + metric.name not in arrays or isinstance(metric.interval, Absent):
        return None
    factor, key = metric.interval.replicate_factor, metric.interval.replicate_key
    if RESAMPLING + metric.name in arrays:  # reports of schema version 1 kept both as text in an array
        written, key = arrays[RESAMPLING + metric.name].tolist()
        factor = float(written)
    if factor is None or key is None:
        return None
    return Replicates(metric.name, np.asarray(arrays[REPLICATES + metric.name], np.float64), factor, key)
