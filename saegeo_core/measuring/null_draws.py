"""The nulls of many numbers at once, from what one function gives on draws of a null model, or on untrained dictionaries."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.measuring.null_comparison import Controls, Nulls

Numbers = Mapping[str, float]
UNTRAINED = "untrained dictionary"


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
    firing: FiringStatistics,
    rng: np.random.Generator,
    *,
    n_halves: int = 20,
) -> dict[str, Nulls]:
    """For every number that of each untrained dictionary harvested beside an SAE; of random halves too, where there is only one.

    Args:
        measure: gives the numbers for directions (n_features, d_in) and the blocks each fires in, (n_features,). One that it does
            not give is left out.
        names: of the numbers.
        firing: the statistics of the SAE.
        rng: draws the halves.
        n_halves: how many.
    """
    controls = [(torch.from_numpy(np.asarray(one.directions)), one.firing.counts) for one in firing.controls()]
    halves = []
    for directions, counts in controls if len(controls) == 1 else []:
        for _ in range(n_halves):
            half = np.sort(rng.choice(len(counts), len(counts) // 2, replace=False))
            halves.append(measure(directions[torch.from_numpy(half)], counts[half]))
    measured = [measure(*one) for one in controls]
    return {
        name: {UNTRAINED: Controls(*([one[name] for one in many if name in one] for many in (measured, halves)))}
        for name in names
    }
