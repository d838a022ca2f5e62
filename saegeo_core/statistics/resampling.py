"""Intervals of statistics that are computed afresh on parts of the data. Which method fits depends on what a statistic is.

* a statistic of the whole cloud: `subsamples`, without replacement, and `subsampling_of`;
* a statistic of firing that is smooth in the counts: `documents_drawn_again` and `bootstrap_of`;
* one that refits clusters, for which repeated documents would change the answer: `jackknife_of`;
* a mean over pairs: `pair_jackknife`, which needs no recomputation at all.

The statistic of all parts is computed by the caller, so that whoever has many numbers computes them all on one part at once.

Rows are never drawn with replacement into a geometric statistic: two copies of a row are at distance zero.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from saegeo_core.errors import SaegeoError
from saegeo_core.numerics.arrays import Floats, Integers

BootstrapMethod = Literal["percentile", "basic"]


@dataclass(frozen=True)
class Resampled:
    """An estimate with its uncertainty.

    Attributes:
        estimate: the statistic of all the data.
        standard_error: its standard error.
        confidence_interval: (low, high).
        level: nominal coverage.
        method: how the interval was made.
        replicates: values of the statistic on the parts, shape (n_replicates,); None where none is computed.
        degrees_of_freedom: of Student's law, where the interval reaches as far as that; None where it does not.
        factor: the standard error over the standard deviation (ddof=1) of the replicates, which depends on the design alone.
    """

    estimate: float
    standard_error: float
    confidence_interval: tuple[float, float]
    level: float
    method: str
    replicates: Floats | None = None
    factor: float = 1.0
    degrees_of_freedom: int | None = None


def jackknife_of(estimate: float, replicates: ArrayLike, *, level: float = 0.95) -> Resampled:
    """Interval from leaving out one group of items at a time; Student's t with n_groups - 1 degrees of freedom.

    Args:
        estimate: the statistic of all items.
        replicates: shape (n_groups,), the statistic without each group. Groups are what is drawn independently (documents,
            families); they should be of about equal size, and 20 of them are enough.
        level: nominal coverage.
    """
    values = np.asarray(replicates, dtype=np.float64)
    factor = float((len(values) - 1) / np.sqrt(len(values)))
    return _student(values, estimate, factor, level, "delete-group jackknife")


def subsamples(n_items: int, rng: np.random.Generator, *, n_subsamples: int = 20, share: float = 0.8) -> list[Integers]:
    """Ascending indices of `share` of the items, drawn without replacement, so many times.

    Raises:
        SaegeoError: a share that leaves nothing in or nothing out, or fewer than two subsamples.
    """
    size = round(share * n_items)
    if not 0 < size < n_items or n_subsamples < 2:
        raise SaegeoError(
            f"{n_subsamples} subsamples of {size} out of {n_items} say nothing about spread",
            "take two or more, each of some items but not all",
        )
    return [np.sort(rng.choice(n_items, size, replace=False)) for _ in range(n_subsamples)]


def subsampling_of(estimate: float, replicates: ArrayLike, share: float, *, level: float = 0.95) -> Resampled:
    """Interval from subsamples of b = share * N items without replacement: estimate +- t * sd_b * sqrt(b / (N - b)).

    Subsamples overlap, so they spread less than the estimate does, by that root: their raw percentiles cover 68 to 76 % for a
    nominal 95. And statistics of neighbors shift with N, so only the spread of subsamples is used, never their mean.
    t is Student's, for the few subsamples behind sd_b.

    Args:
        estimate: the statistic of all items.
        replicates: shape (n_subsamples,), the statistic of each subsample.
        share: b / N, in (0, 1).
        level: nominal coverage.
    """
    values = np.asarray(replicates, dtype=np.float64)
    return _student(values, estimate, float(np.sqrt(share / (1.0 - share))), level, "scaled subsampling")


def documents_drawn_again(n_documents: int, rng: np.random.Generator, n_resamples: int = 200) -> Integers:
    """How often each document counts in each resample, (n_resamples, n_documents); rows sum to n_documents.

    All pieces of one source are one document.

    Raises:
        SaegeoError: fewer than two documents.
    """
    if n_documents < 2:
        raise SaegeoError(f"a bootstrap draws among documents, and there is {n_documents}", "give more text")
    return rng.multinomial(n_documents, np.full(n_documents, 1.0 / n_documents), n_resamples).astype(np.int64)


def bootstrap_of(
    estimate: float, replicates: ArrayLike, *, level: float = 0.95, method: BootstrapMethod = "percentile"
) -> Resampled:
    """Interval from whole documents drawn again, for a statistic smooth in the counts.

    Invalid where the statistic refits clusters on the counts: repeated documents change the clusters.

    Args:
        estimate: the statistic of all documents as they are.
        replicates: shape (n_resamples,), the statistic of each resample.
        level: nominal coverage.
        method: "percentile" or "basic" (reflected about the estimate), SciPy's words.
    """
    values = np.asarray(replicates, dtype=np.float64)
    low, high = np.quantile(values, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    if method == "basic":
        low, high = 2.0 * estimate - high, 2.0 * estimate - low
    interval = (float(low), float(high))
    return Resampled(estimate, float(np.std(values, ddof=1)), interval, level, f"document bootstrap, {method}", values)


def digest_of_parts(parts: ArrayLike) -> str:
    """A short name for the parts that replicates are of (documents, groups of features), for the key they are kept under."""
    return hashlib.sha256(np.ascontiguousarray(parts).data).hexdigest()[:16]


def _student(replicates: Floats, estimate: float, factor: float, level: float, method: str) -> Resampled:
    """Student's interval with one degree of freedom fewer than there are replicates."""
    standard_error = factor * float(np.std(replicates, ddof=1))
    reach = float(stats.t.ppf((1.0 + level) / 2.0, len(replicates) - 1)) * standard_error
    interval = (estimate - reach, estimate + reach)
    return Resampled(estimate, standard_error, interval, level, method, replicates, factor, len(replicates) - 1)
