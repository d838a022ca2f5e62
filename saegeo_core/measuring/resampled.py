"""How well numbers are known, for an analysis that computes all of them in one go, on the data and on parts of it.

Write one function that gives every number of a dictionary as a mapping from name to number. `subsampled` calls it on parts of the
features, `bootstrapped` on other documents.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.measuring.spread import Spread
from saegeo_core.report.metric import Absent
from saegeo_core.statistics.resampling import (
    bootstrap_of,
    digest_of_parts,
    documents_drawn_again,
    subsamples,
    subsampling_of,
)

Numbers = Mapping[str, float]
MIN_ITEMS = 10


def subsampled(
    measure: Callable[[NDArray[np.int64]], Numbers],
    numbers: Numbers,
    n_items: int,
    rng: np.random.Generator,
    *,
    of: str,
    n_subsamples: int = 20,
) -> dict[str, Spread | Absent]:
    """`subsampling_of` every number that `measure` gives for ascending indices of items.

    Args:
        measure: gives the numbers of some items alone.
        numbers: the numbers of all of them.
        n_items: how many items there are; fewer than 10 have no interval.
        rng: draws the subsamples.
        of: names the items in the key, for example by the digest of their cloud.
        n_subsamples: how many.
    """
    if n_items < MIN_ITEMS:
        return dict.fromkeys(numbers, Absent(f"{n_items} features are too few to leave some out"))
    parts = subsamples(n_items, rng, n_subsamples=n_subsamples)
    measured = [measure(part) for part in parts]
    key, share = f"subsamples of {of}, {digest_of_parts(parts)}", len(parts[0]) / n_items
    return {
        name: Spread(subsampling_of(value, [one[name] for one in measured], share), key)
        for name, value in numbers.items()
    }


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
