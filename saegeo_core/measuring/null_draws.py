"""The nulls of many numbers at once, from what one function gives on draws of a null model, or on untrained dictionaries."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.measuring.null_comparison import Controls, Distribution, Nulls
from saegeo_core.report.metric import Absent

Numbers = Mapping[str, float]
NO_NUMBER = Absent("it has no such number")
MODEL_OF_KIND: Mapping[str, str] = {
    "reflected": "untrained dictionary, the SAE reflected: all its cosines and rates kept",
    "gaussian": "untrained dictionary, angular Gaussian: covariance and rates kept",
}
"""What kinds of untrained dictionaries are called as nulls, and what they keep; the judging one first."""


def nulls_of_draws(draws: Mapping[str, Sequence[Numbers]]) -> dict[str, Nulls]:
    """For every number its null models: name of the model, the judging one first, to the number on each draw of it.

    Args:
        draws: name of each model to all the numbers of each draw.
    """
    names = dict.fromkeys(name for drawn in draws.values() for one in drawn for name in one)
    return {
        name: {model: np.array([one[name] for one in drawn], np.float64) for model, drawn in draws.items()}
        for name in names
    }


def nulls_of_controls(
    measure: Callable[[torch.Tensor, NDArray[np.int64]], Numbers],
    names: Sequence[str],
    cloud: FeatureCloud,
    firing: FiringStatistics,
    *,
    kinds: Sequence[str] = ("reflected", "gaussian"),
) -> dict[str, Nulls]:
    """For every number that of each untrained dictionary harvested beside an SAE, by kind.

    Args:
        measure: gives the numbers for unit directions (n_features, d_in) and the blocks each fires in, (n_features,). One that it
            does not give is left out.
        names: of the numbers.
        cloud: the SAE.
        firing: its statistics, in the order of the cloud.
        kinds: the controls wanted. A number of cosines and rates alone is the SAE's own in a reflected one, and says nothing.
    """
    units = cloud.unit_vectors()
    measured = [
        (one.kind, measure(one.units(units), one.firing.counts)) for one in firing.controls() if one.kind in kinds
    ]
    return {name: controls_by_kind(measured, name) for name in names}


def controls_by_kind(
    measured: Sequence[tuple[str, Mapping[str, float | Absent]]], name: str
) -> dict[str, Distribution]:
    """One number of controls, as nulls: those of each kind that have it, the judging kind first."""
    return {
        model: Controls(_known(name, [numbers for its_kind, numbers in measured if its_kind == kind]))
        for kind, model in MODEL_OF_KIND.items()
    }


def _known(name: str, measured: Sequence[Mapping[str, float | Absent]]) -> list[float]:
    """The values of a number where there is one."""
    return [value for numbers in measured if not isinstance(value := numbers.get(name, NO_NUMBER), Absent)]
