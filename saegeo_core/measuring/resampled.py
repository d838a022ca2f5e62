"""How well the numbers of an analysis are known: in another dictionary, and on other text.

`spread_by_kin` says how far a number would move in another dictionary, from what each row adds to it. `bootstrapped` says how far
all numbers of a function would move on other text: write one that gives them as a mapping from name to number.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.measuring.spread import Spread
from saegeo_core.report.metric import Absent
from saegeo_core.statistics.resampling import (
    FEWEST_GROUPS,
    bootstrap_of,
    digest_of_parts,
    documents_drawn_again,
    kin_jackknife,
)

Numbers = Mapping[str, float]


def spread_by_kin(estimate: float, added: ArrayLike, kin: NDArray[np.int64]) -> Spread | Absent:
    """`kin_jackknife`, or why there is no interval: fewer than ten kin, or nothing that any row adds."""
    if (n_kin := len(np.unique(kin))) < FEWEST_GROUPS:
        return few_kin(n_kin)
    resampled = kin_jackknife(estimate, added, kin)
    return Spread(resampled) if resampled.standard_error else Absent("no kin adds more to it than another")


def few_kin(n_kin: int) -> Absent:
    """Why there is no interval where features form so few kin."""
    return Absent(f"the features form {n_kin} groups of kin, and an interval needs {FEWEST_GROUPS}")


def bootstrapped(
    measure: Callable[[NDArray[np.int64], int], Numbers],
    numbers: Numbers,
    firing: FiringStatistics,
    rng: np.random.Generator,
    *,
    n_resamples: int = 200,
) -> dict[str, Spread | Absent]:
    """`bootstrap_of` every number that `measure` gives for counts of blocks, all counted in one pass.

    Args:
        measure: gives the numbers for the blocks each feature fires in, (n_features,), of so many blocks.
        numbers: those of the counts as they are.
        firing: the statistics; where it is not known which features fired in which documents there is no interval.
        rng: draws the documents.
        n_resamples: how many.
    """
    groups = firing.group_of_block
    if firing.fired is None or groups is None or len(names := np.unique(groups)) < 2:
        return dict.fromkeys(numbers, Absent("which features fired in which of several documents is not known"))
    weights = documents_drawn_again(len(names), rng, n_resamples)[:, np.searchsorted(names, groups)]
    measured = [
        measure(counts, int(n_blocks))
        for counts, n_blocks in zip(firing.block_counts(weights), weights.sum(1), strict=True)
    ]
    key = f"documents drawn again, {digest_of_parts(weights)}"
    return {name: Spread(bootstrap_of(value, [one[name] for one in measured]), key) for name, value in numbers.items()}
