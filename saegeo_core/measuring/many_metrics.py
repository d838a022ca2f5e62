"""From numbers by name to metrics: for an analysis that computes all its numbers in one go, on the data, on parts and on nulls.

Write one function that gives every number of a dictionary as a mapping from name to number. `subsampled` calls it on parts,
`bootstrapped` on other documents, `measured_controls` on untrained dictionaries. `drawn_nulls` and `control_nulls` say where what
it gave lies among what it gives on draws of null models and on controls, and `described_metrics` puts all together.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.measuring.described import Descriptions
from saegeo_core.measuring.null_comparison import control_null, drawn_null
from saegeo_core.measuring.null_draws import UNTRAINED
from saegeo_core.report.metric import Absent, Metric, NullComparison
from saegeo_core.report.replicates import Replicates
from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.resampling import (
    Resampled,
    bootstrap_of,
    digest_of_parts,
    documents_drawn_again,
    subsamples,
    subsampling_of,
)

Numbers = Mapping[str, float]
LEAST_ITEMS = 10


class Known(NamedTuple):
    """How well a number is known: the resampling behind its interval, and the key of the parts its replicates are of."""

    resampled: Resampled
    key: str


def subsampled(
    measure: Callable[[NDArray[np.int64]], Numbers],
    estimates: Numbers,
    n_items: int,
    rng: np.random.Generator,
    *,
    of: str,
    n_subsamples: int = 20,
) -> dict[str, Known | Absent]:
    """`subsampling_of` every number that `measure` gives for ascending indices of items.

    Args:
        measure: gives the numbers of some items alone.
        estimates: the numbers of all of them.
        n_items: how many items there are; fewer than 10 have no interval.
        rng: draws the subsamples.
        of: names the items in the key, for example by the digest of their cloud.
        n_subsamples: how many.
    """
    if n_items < LEAST_ITEMS:
        return dict.fromkeys(estimates, Absent(f"{n_items} features are too few to leave some out"))
    parts = subsamples(n_items, rng, n_subsamples=n_subsamples)
    measured = [measure(part) for part in parts]
    key, share = f"subsamples of {of}, {digest_of_parts(parts)}", len(parts[0]) / n_items
    return {
        name: Known(subsampling_of(value, [one[name] for one in measured], share), key)
        for name, value in estimates.items()
    }


def bootstrapped(
    measure: Callable[[NDArray[np.int64], int], Numbers],
    estimates: Numbers,
    firing: FiringStatistics,
    rng: np.random.Generator,
    *,
    n_resamples: int = 200,
) -> dict[str, Known | Absent]:
    """`bootstrap_of` every number that `measure` gives for counts of blocks, all counted in one pass.

    Args:
        measure: gives the numbers for the blocks each feature fires in, (n_features,), of so many blocks.
        estimates: the numbers for the counts as they are.
        firing: the statistics; where it is not known which features fired in which documents there is no interval.
        rng: draws the documents.
        n_resamples: how many.
    """
    groups = firing.group_of_block
    if firing.fired is None or groups is None or len(names := np.unique(groups)) < 2:
        return dict.fromkeys(estimates, Absent("which features fired in which of several documents is not known"))
    weights = documents_drawn_again(len(names), rng, n_resamples)[:, np.searchsorted(names, groups)]
    measured = [
        measure(counts, int(n_blocks))
        for counts, n_blocks in zip(firing.block_counts(weights), weights.sum(1), strict=True)
    ]
    key = f"documents drawn again, {digest_of_parts(weights)}"
    return {name: Known(bootstrap_of(value, [one[name] for one in measured]), key) for name, value in estimates.items()}


def measured_controls(
    measure: Callable[[torch.Tensor, NDArray[np.int64]], Numbers],
    firing: FiringStatistics,
    rng: np.random.Generator,
    *,
    n_halves: int = 20,
) -> tuple[list[Numbers], list[Numbers]]:
    """Every number of each untrained dictionary harvested beside an SAE; and of random halves of it, where it is the only one.

    Args:
        measure: gives the numbers for directions (n_features, d_in) and the blocks each fires in, (n_features,).
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
    return [measure(*one) for one in controls], halves


def control_nulls(
    estimates: Numbers, controls: Sequence[Numbers], halves: Sequence[Numbers], *, alternative: Alternative = "greater"
) -> dict[str, tuple[NullComparison, ...]]:
    """Where each number lies among those that `measured_controls` gave; empty for one that no control has."""
    found: dict[str, tuple[NullComparison, ...]] = {}
    for name, value in estimates.items():
        of_controls, of_halves = ([one[name] for one in many if name in one] for many in (controls, halves))
        null = control_null(UNTRAINED, value, of_controls, of_halves, alternative=alternative)
        found[name] = () if null is None else (null,)
    return found


def drawn_nulls(
    estimates: Numbers, draws: Mapping[str, Sequence[Numbers]], *, alternative: Alternative = "greater"
) -> dict[str, tuple[NullComparison, ...]]:
    """Each number among the same number of draws of null models: name of the model, the judging one first, to its draws."""
    return {
        name: tuple(
            drawn_null(model, value, [one[name] for one in drawn], alternative=alternative, has_zscore=True)
            for model, drawn in draws.items()
        )
        for name, value in estimates.items()
    }


def described_metrics(
    described: Descriptions,
    estimates: Mapping[str, float | Absent],
    *,
    n: Mapping[str, int],
    intervals: Mapping[str, Known | Absent],
    nulls: Mapping[str, Sequence[NullComparison] | Absent],
) -> tuple[list[Metric], list[Replicates]]:
    """The metrics in the order of `described`, and the replicates of those that have any.

    An absent estimate needs no interval and no nulls: it takes them with it.
    """
    metrics, replicates = [], []
    for name in described:
        estimate = estimates[name]
        if isinstance(estimate, Absent):
            metrics.append(described.missing(name, estimate.absent, n[name]))
            continue
        known, judged = intervals[name], nulls[name]
        metrics.append(
            described.metric(
                name,
                estimate,
                n[name],
                interval=known if isinstance(known, Absent) else known.resampled.interval(),
                nulls=judged if isinstance(judged, Absent) else tuple(judged),
            )
        )
        if isinstance(known, Known):
            replicates.append(known.resampled.kept_for(name, known.key))
    return metrics, replicates
