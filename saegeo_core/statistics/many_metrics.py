"""From numbers by name to metrics: for an analysis that computes all its numbers in one go, on the data, on parts and on nulls.

Write one function that gives every number of a dictionary as a mapping from name to number. `subsampled` calls it on parts,
`drawn_nulls` ranks what it gave among what it gives on draws of null models, and `described_metrics` puts all together.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from saegeo_core.metric import Absent, Alternative, Better, Metric, NullComparison
from saegeo_core.replicates import Replicates
from saegeo_core.statistics.null_comparison import drawn_null
from saegeo_core.statistics.resampling import Resampled, digest_of_parts, subsamples, subsampling_of

Numbers = Mapping[str, float]
LEAST_ITEMS = 10


class Described(NamedTuple):
    """What a metric is, whatever the dictionary."""

    unit: str
    better: Better
    text: str


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
    """`scaled_subsampling` of every number that `measure` gives for ascending indices of items.

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
    described: Mapping[str, Described],
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
    for name, (unit, better, text) in described.items():
        estimate = estimates[name]
        if isinstance(estimate, Absent):
            metrics.append(
                Metric.missing(name, estimate.absent, unit=unit, better=better, description=text, n=n[name])
            )
            continue
        known, judged = intervals[name], nulls[name]
        metrics.append(
            Metric(
                name=name,
                estimate=estimate,
                interval=known if isinstance(known, Absent) else known.resampled.interval(),
                nulls=judged if isinstance(judged, Absent) else tuple(judged),
                n=n[name],
                unit=unit,
                better=better,
                description=text,
            )
        )
        if isinstance(known, Known):
            replicates.append(known.resampled.kept_for(name, known.key))
    return metrics, replicates
