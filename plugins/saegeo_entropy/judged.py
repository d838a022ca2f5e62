"""A number beside the draws of its nulls, and its spread over subsamples of the rows."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from saegeo_core import NullComparison
from saegeo_core.measuring.null_comparison import drawn_null
from saegeo_core.statistics.resampling import Resampled, scaled_subsampling

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Draws = Mapping[str, Floats]
"""Draws of each null by its name, the judging null first."""

GAUSSIAN = "Gaussian rows with the cloud's mean and covariance (exact)"
ANGULAR = "angular Gaussian: rows of one length with the cloud's mean and covariance"


def compared(
    observed: float, draws: Draws, alternative: Literal["greater", "less", "two-sided"], *, shift: float = 0.0
) -> tuple[NullComparison, ...]:
    """What was observed in the distribution of each null; means are told less `shift`."""
    nulls = [
        drawn_null(model, observed, values, alternative=alternative, has_zscore=True) for model, values in draws.items()
    ]
    return tuple(null.model_copy(update={"mean": null.mean - shift}) for null in nulls)


def subsampled(statistic: Callable[[Integers], float], n: int, seed: int) -> Resampled:
    """A statistic of some of n rows with its scaled-subsampling interval; the same seed draws the same rows."""
    return scaled_subsampling(statistic, n, np.random.default_rng(seed))
