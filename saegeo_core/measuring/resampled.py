"""How well the numbers of an analysis are known: in another dictionary, and on other text.

Write one function that gives every number as a mapping from name to number. `kin_left_out` says how far they would move in another
dictionary, `bootstrapped` on other text. Where it is known what each row adds to a number, `spread_by_kin` needs no more than that.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saegeo_core.errors import SaegeoError
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.measuring.spread import Spread
from saegeo_core.report.metric import Absent
from saegeo_core.statistics.population import DICTIONARY
from saegeo_core.statistics.resampling import (
    bootstrap_of,
    dealt_kin,
    digest_of_parts,
    documents_drawn_again,
    jackknife_of,
    kin_jackknife,
    refuse_few_kin,
)

Numbers = Mapping[str, float]


def kin_left_out(
    measure: Callable[[NDArray[np.int64]], Numbers],
    numbers: Numbers,
    kin: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    of: str,
    n_groups: int = 40,
) -> dict[str, Spread | Absent]:
    """`jackknife_of` every number that `measure` gives for ascending indices of features, kin dealt into groups and left out whole.

    Args:
        measure: gives the numbers of some features alone.
        numbers: the numbers of all of them.
        kin: (n_features,), as `kin_of` the cloud gives it; fewer than ten kin have no interval.
        rng: deals kin out.
        of: names the features in the key of the replicates, for example by the digest of their cloud.
        n_groups: how many groups, at most as many as there are kin.
    """
    if few := too_few_kin(kin):
        return dict.fromkeys(numbers, few)
    groups = dealt_kin(kin, rng, n_groups=n_groups)
    without = [measure(np.flatnonzero(groups != group)) for group in range(int(groups.max()) + 1)]
    key = f"kin of {of} left out, {digest_of_parts(groups)}"
    return {
        name: Spread(jackknife_of(value, [one[name] for one in without], population=DICTIONARY), key)
        for name, value in numbers.items()
    }


def spread_by_kin(estimate: float, added: ArrayLike, kin: NDArray[np.int64]) -> Spread | Absent:
    """`kin_jackknife`, or why there is no interval: fewer than ten kin, or nothing that any row adds."""
    try:
        resampled = kin_jackknife(estimate, added, kin)
    except SaegeoError as error:
        return Absent(error.message)
    return Spread(resampled) if resampled.standard_error else Absent("no kin adds more to it than another")


def too_few_kin(kin: NDArray[np.int64]) -> Absent | None:
    """Why there is no interval where features, each of some kin, (n_features,), form fewer than ten; None where they form more."""
    try:
        refuse_few_kin(kin)
    except SaegeoError as error:
        return Absent(error.message)
    return None


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
