"""How well the numbers of an analysis are known: in another dictionary, and on other text.

Write one function that gives every number as a mapping from name to number. `kin_left_out` says how far they would move in another
dictionary, `documents_and_kin_left_out` how far numbers of firing would, in another dictionary and on other text. Where it is known
what each row adds to a number, `spread_by_kin` needs no more than that. `share_by_kin` is for shares of features, of which there
may be hardly any, `median_by_kin` for a median.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from saegeo_core.errors import SaegeoError
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics import Watch
from saegeo_core.report.metric import Absent
from saegeo_core.statistics.population import BOTH, DICTIONARY
from saegeo_core.statistics.resampling import (
    FEWEST_GROUPS,
    dealt_kin,
    digest_of_parts,
    jackknife_of,
    kin_jackknife,
    of_equivalent_count,
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
    watch: Watch = iter,
) -> dict[str, Spread | Absent]:
    """`jackknife_of` every number that `measure` gives for ascending indices of features, kin dealt into groups and left out whole.

    Args:
        measure: gives the numbers of some features alone.
        numbers: the numbers of all of them.
        kin: (n_features,), as `kin_of` the cloud gives it; fewer than ten kin have no interval.
        rng: deals kin out.
        of: names the features in the key of the replicates, for example by the digest of their cloud.
        n_groups: how many groups, at most as many as there are kin.
        watch: wraps the loop over groups (`saegeo_core.numerics`).
    """
    if few := too_few_kin(kin):
        return dict.fromkeys(numbers, few)
    groups = dealt_kin(kin, rng, n_groups=n_groups)
    without = [measure(np.flatnonzero(groups != group)) for group in watch(range(int(groups.max()) + 1))]
    key = f"kin of {of} left out, {digest_of_parts(groups)}"
    return {
        name: Spread(jackknife_of(value, [one[name] for one in without], population=DICTIONARY), key)
        for name, value in numbers.items()
    }


def spread_by_kin(estimate: float, added: ArrayLike, kin: NDArray[np.int64]) -> Spread | Absent:
    """`kin_jackknife`, or why there is no interval: fewer than ten kin, or nothing that any row adds."""
    if few := too_few_kin(kin):
        return few
    resampled = kin_jackknife(estimate, added, kin)
    return Spread(resampled) if resampled.standard_error else Absent("no kin adds more to it than another")


def share_by_kin(of_features: ArrayLike, kin: NDArray[np.int64]) -> Spread | Absent:
    """`of_equivalent_count` of the mean of numbers between 0 and 1, (n_features,), kin taken together; absent of fewer than ten."""
    values = np.asarray(of_features, np.float64)
    return _share_by_kin(float(values.mean()), values - values.mean(), kin)


def median_by_kin(of_features: ArrayLike, kin: NDArray[np.int64]) -> Spread | Absent:
    """The median of one number of each feature, (n_features,), with Woodruff's interval (1952), kin taken together.

    Its ends are the quantiles at the ends of the interval of the share that lies at the median or below. A median jumps from
    feature to feature: without a group of them it moves by nothing or by too much. The share at or below it is a mean.
    """
    values = np.asarray(of_features, np.float64)
    median = float(np.median(values))
    is_below = values <= median
    of_half = _share_by_kin(0.5, is_below - is_below.mean(), kin)
    if isinstance(of_half, Absent):
        return of_half
    known = of_half.resampled
    low, high = (float(end) for end in np.quantile(values, known.confidence_interval))
    return Spread(
        replace(
            known,
            estimate=median,
            standard_error=(high - low) / (2 * float(stats.norm.ppf((1 + known.level) / 2))),
            confidence_interval=(low, high),
            method="Woodruff's interval over kin",
        )
    )


def _share_by_kin(share: float, added: ArrayLike, kin: NDArray[np.int64]) -> Spread | Absent:
    if few := too_few_kin(kin):
        return few
    known = kin_jackknife(share, added, kin)
    return Spread(of_equivalent_count(known, len(kin), len(np.unique(kin))))


def too_few_kin(kin: NDArray[np.int64]) -> Absent | None:
    """Why there is no interval where features, each of some kin, (n_features,), form fewer than ten; None where they form more."""
    try:
        refuse_few_kin(kin)
    except SaegeoError as error:
        return Absent(error.message)
    return None


@dataclass(frozen=True, eq=False)
class GroupsOfBoth:
    """Documents and kin dealt into as many groups; the n-th replicate of a number lacks the n-th group of either.

    Which documents and which kin go together is chance, so that the variances of the two add up; that of their interplay is counted
    twice, which errs on the wide side (Owen and Eckles 2012). For SAEs harvested together the n-th groups hold the same documents.

    Attributes:
        of_block: int64 (n_blocks,), from 0.
        of_feature: int64 (n_features,), from 0.
    """

    of_block: NDArray[np.int64]
    of_feature: NDArray[np.int64]

    @property
    def n_groups(self) -> int:
        """Of documents, and of kin."""
        return int(self.of_block.max()) + 1

    @property
    def blocks_left(self) -> NDArray[np.int64]:
        """1 for each block that a replicate has, 0 for the others, (n_groups, n_blocks)."""
        left: NDArray[np.int64] = (self.of_block != np.arange(self.n_groups)[:, None]).astype(np.int64)
        return left

    def features_left(self, group: int) -> NDArray[np.int64]:
        """Ascending indices of the features that a replicate has."""
        return np.flatnonzero(self.of_feature != group)

    def spread(self, estimate: float, replicates: ArrayLike) -> Spread:
        """How well a number is known, from itself without each group, (n_groups,)."""
        known = jackknife_of(estimate, replicates, population=BOTH)
        method = "delete-group jackknife over documents and kin at once"
        return Spread(replace(known, method=method), f"documents left out, {digest_of_parts(self.of_block)}")


def groups_of_both(
    firing: FiringStatistics,
    kin: NDArray[np.int64],
    *,
    document_rng: np.random.Generator,
    kin_rng: np.random.Generator,
    n_groups: int = 20,
) -> GroupsOfBoth | Absent:
    """Deal documents and kin out, or why that cannot be done: fewer than ten of either, or it is not known what fired where.

    Args:
        firing: which blocks each document has.
        kin: (n_features,), of the features measured, as `kin_of` the cloud gives it.
        document_rng: deals documents out, the same way for all SAEs that were harvested together.
        kin_rng: deals kin out.
        n_groups: how many, at most as many as there are documents and kin.
    """
    documents = firing.group_of_block
    if firing.fired is None or documents is None:
        return Absent("which features fired in which documents is not known")
    names, document_of_block = np.unique(documents, return_inverse=True)
    if len(names) < FEWEST_GROUPS:
        return Absent(f"the text comes from {len(names)} documents, and an interval needs {FEWEST_GROUPS}")
    if few := too_few_kin(kin):
        return few
    n_groups = min(n_groups, len(names), len(np.unique(kin)))
    return GroupsOfBoth(
        dealt_kin(document_of_block, document_rng, n_groups=n_groups),
        dealt_kin(np.unique(kin, return_inverse=True)[1], kin_rng, n_groups=n_groups),
    )


def documents_and_kin_left_out(
    measure: Callable[[NDArray[np.int64], NDArray[np.int64], int], Numbers],
    numbers: Numbers,
    firing: FiringStatistics,
    kin: NDArray[np.int64],
    *,
    document_rng: np.random.Generator,
    kin_rng: np.random.Generator,
    n_groups: int = 20,
    watch: Watch = iter,
) -> dict[str, Spread | Absent]:
    """How well every number is known that is smooth in the counts of blocks: over documents and kin at once (`GroupsOfBoth`).

    Args:
        measure: gives the numbers of some of the features that have kin, ascending indices, for the blocks that each of all
            features fires in, of so many blocks.
        numbers: those of all features and all blocks.
        firing: as for `groups_of_both`.
        kin: as for `groups_of_both`.
        document_rng: as for `groups_of_both`.
        kin_rng: as for `groups_of_both`.
        n_groups: as for `groups_of_both`.
        watch: wraps the loop over groups (`saegeo_core.numerics`).
    """
    groups = groups_of_both(firing, kin, document_rng=document_rng, kin_rng=kin_rng, n_groups=n_groups)
    if isinstance(groups, Absent):
        return dict.fromkeys(numbers, groups)
    left = groups.blocks_left
    counts = firing.block_counts(left)
    without = [
        measure(groups.features_left(group), counts[group], int(left[group].sum()))
        for group in watch(range(groups.n_groups))
    ]
    return {name: groups.spread(value, [one[name] for one in without]) for name, value in numbers.items()}
