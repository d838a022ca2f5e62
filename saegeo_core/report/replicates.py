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


def as_arrays(replicates: Iterable[Replicates]) -> dict[str, NDArray[Any]]:
    """The arrays that `Findings` carries for them."""
    arrays: dict[str, NDArray[Any]] = {}
    for one in replicates:
        arrays[REPLICATES + one.metric] = np.asarray(one.values, np.float64)
        arrays[RESAMPLING + one.metric] = np.array([repr(float(one.factor)), one.key])
    return arrays


def replicates_of(arrays: "Mapping[str, NDArray[np.generic]]", metric: str) -> Replicates | None:
    """What `as_arrays` kept of a metric; None where it kept nothing."""
    if REPLICATES + metric not in arrays or RESAMPLING + metric not in arrays:
        return None
    factor, key = arrays[RESAMPLING + metric].tolist()
    return Replicates(metric, np.asarray(arrays[REPLICATES + metric], np.float64), float(factor), key)
