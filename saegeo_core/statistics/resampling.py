"""Intervals of statistics that are computed afresh on parts of the data. Which method fits depends on what a statistic is.

* a statistic of the cloud that moves smoothly with the weight of each row: `kin_jackknife`, from what each row adds;
* one that must be computed afresh: `dealt_kin` left out in turn, and `jackknife_of`;
* a statistic of firing: documents left out, and `jackknife_of`; repeated documents would change clusters;
* a mean over pairs: `pair_jackknife`, which needs no recomputation at all.

The statistic of all parts is computed by the caller, so that whoever has many numbers computes them all on one part at once.

Rows are never drawn with replacement into a geometric statistic: two copies of a row are at distance zero. And rows come in
families: what is left out is kin (`statistics.kin`), never single rows.

Every interval says what would be drawn again: another dictionary like this one, other text, or, of a sample, other rows.
"""

import hashlib
import heapq
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from saegeo_core.errors import SaegeoError
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.population import DICTIONARY, Population

FEWEST_GROUPS = 10
"""Groups below which no spread is told."""


@dataclass(frozen=True)
class Resampled:
    """An estimate with its uncertainty.

    Attributes:
        estimate: the statistic of all the data.
        standard_error: its standard error.
        confidence_interval: (low, high).
        level: nominal coverage.
        method: how the interval was made.
        population: what would be drawn again; None where that is not told.
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
    degrees_of_freedom: float | None = None
    population: Population | None = None


def jackknife_of(
    estimate: float, replicates: ArrayLike, *, population: Population | None = None, level: float = 0.95
) -> Resampled:
    """Interval from leaving out one group of items at a time; Student's t with n_groups - 1 degrees of freedom.

    Args:
        estimate: the statistic of all items.
        replicates: shape (n_groups,), the statistic without each group. Groups are what is drawn independently (documents,
            kin); they should be of about equal size, and 20 of them are enough.
        population: what the groups are of.
        level: nominal coverage.
    """
    values = np.asarray(replicates, dtype=np.float64)
    factor = float((len(values) - 1) / np.sqrt(len(values)))
    return student_interval(
        estimate,
        factor * float(np.std(values, ddof=1)),
        len(values) - 1,
        method="delete-group jackknife",
        population=population,
        level=level,
        replicates=values,
        factor=factor,
    )


def student_interval(
    estimate: float,
    standard_error: float,
    degrees_of_freedom: float,
    *,
    method: str,
    population: Population | None,
    level: float = 0.95,
    replicates: Floats | None = None,
    factor: float = 1.0,
) -> Resampled:
    """Student's interval about an estimate; the arguments are those of `Resampled`."""
    reach = float(stats.t.ppf((1.0 + level) / 2.0, degrees_of_freedom)) * standard_error
    return Resampled(
        estimate,
        standard_error,
        (estimate - reach, estimate + reach),
        level,
        method,
        replicates,
        factor,
        degrees_of_freedom,
        population,
    )


def dealt_kin(kin: Integers, rng: np.random.Generator, *, n_groups: int = 40) -> Integers:
    """The group of each item, (n_items,), from 0: whole kin dealt out, the largest first, each to the smallest group so far.

    Args:
        kin: int64 (n_items,), from 0.
        rng: decides between kin of one size.
        n_groups: how many, at most as many as there are kin.
    """
    sizes = np.bincount(kin)
    waiting = [(0, group) for group in range(min(n_groups, len(sizes)))]
    group_of_kin = np.empty(len(sizes), np.int64)
    shuffled = rng.permutation(len(sizes))
    for one in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        size, group = heapq.heappop(waiting)
        group_of_kin[one] = group
        heapq.heappush(waiting, (size + int(sizes[one]), group))
    dealt: Integers = group_of_kin[kin]
    return dealt


def kin_jackknife(estimate: float, added: ArrayLike, kin: Integers, *, level: float = 0.95) -> Resampled:
    """Interval of a statistic from what each row adds to it, kin taken together: the infinitesimal jackknife (Jaeckel 1972).

    No part is computed afresh and nothing is drawn, so no seed moves the interval. Where a statistic is flat at first order (a
    participation ratio of uniform directions) it is too wide, as every jackknife is, by a factor of up to two.

    Args:
        estimate: the statistic of all rows.
        added: shape (n_rows,), the derivative of the statistic by the share that a row has in the whole: its influence function.
        kin: int64 (n_rows,).
        level: nominal coverage.

    Raises:
        SaegeoError: fewer than ten kin.
    """
    refuse_few_kin(kin)
    present, of_row = np.unique(kin, return_inverse=True)
    of_kin = np.bincount(of_row, np.asarray(added, np.float64)) / len(kin)
    n_kin = len(present)
    of_kin -= of_kin.mean()
    return student_interval(
        estimate,
        float(np.sqrt(n_kin / (n_kin - 1) * (of_kin @ of_kin))),
        _degrees_of_freedom(of_kin),
        method="infinitesimal jackknife over kin",
        population=DICTIONARY,
        level=level,
    )


def refuse_few_kin(kin: Integers) -> None:
    """Raise SaegeoError where items, each of some kin, int64 (n_items,), form fewer than ten."""
    n_kin = len(np.unique(kin))
    if n_kin < FEWEST_GROUPS:
        raise SaegeoError(f"the features form {n_kin} groups of kin, and an interval needs {FEWEST_GROUPS}")


def _degrees_of_freedom(independent: Floats) -> float:
    """Of a variance that is a sum of squares of independent numbers of mean 0, by its own variance (Satterthwaite 1946)."""
    squares = independent**2
    excess = len(squares) * float(squares @ squares) / max(float(squares.sum()) ** 2, 1e-300) - 1
    return float(np.clip(2 * len(squares) / max(excess, 1e-9), 2.0, len(squares) - 1))


def on_the_logit_scale(known: Resampled, n_items: int) -> Resampled:
    """The interval of a share made where shares spread evenly, so that it stays inside (0, 1) and leans away from the nearer end.

    It takes the jackknife at its word, which a share of a few items must not: that is `of_equivalent_count`.

    Args:
        known: of a share of `n_items`, with Student's interval. A share of none or of all is taken half an item inside.
        n_items: how many.
    """
    share = float(np.clip(known.estimate, 0.5 / n_items, 1 - 0.5 / n_items))
    quantile = float(stats.t.ppf((1.0 + known.level) / 2.0, known.degrees_of_freedom))
    reach = quantile * known.standard_error / (share * (1 - share))
    low, high = special.expit(special.logit(share) + reach * np.array([-1.0, 1.0]))
    interval = (min(float(low), known.estimate), max(float(high), known.estimate))
    return replace(known, confidence_interval=interval, method=f"{known.method}, on the logit scale")


def of_equivalent_count(
    known: Resampled, n_items: int, n_independent: int, degrees_of_freedom: float | None = None
) -> Resampled:
    """The interval of a share as Clopper and Pearson make it of the count that would be known as well (Korn and Graubard 1998).

    For shares of items that come in kin, which may be of hardly any items or of nearly all. What a jackknife tells there is made of
    those few: of one kin its degrees of freedom are two, and where no item is left to leave out it tells none. The count is
    share (1 - share) / variance items, at most all of them, times (Student's quantile for n_items - 1 over that for the degrees of
    freedom) squared; of none or of all it begins with as many items as are independent.

    `on_the_logit_scale` is for shares and means that a few items do not make, and for those that are no shares of items (ratios of
    sums); `pair_jackknife.equivalent_count_interval` for shares of pairs, of which there are so many that none are nearly all.

    Args:
        known: of a share of `n_items`; its standard error is told further, its degrees of freedom are not, for the ends say more.
        n_items: how many, at least two.
        n_independent: how many kin they are of, at least two.
        degrees_of_freedom: of the variance; `n_independent` - 1 where that is not told.
    """
    share, tail = known.estimate, (1.0 - known.level) / 2.0
    freedom = n_independent - 1 if degrees_of_freedom is None else degrees_of_freedom
    variance = known.standard_error**2
    count = min(share * (1 - share) / variance, n_items) if variance and 0 < share < 1 else n_independent
    count *= float(stats.t.isf(tail, n_items - 1) / stats.t.isf(tail, freedom)) ** 2
    found = share * count
    low = float(special.betaincinv(found, count - found + 1, tail)) if share > 0 else 0.0
    high = float(special.betaincinv(found + 1, count - found, 1 - tail)) if share < 1 else 1.0
    return replace(
        known,
        confidence_interval=(low, high),
        degrees_of_freedom=None,
        method=f"{known.method}, as of a count that is known as well",
    )


def digest_of_parts(parts: ArrayLike) -> str:
    """A short name for the parts that replicates are of (documents, groups of features), for the key they are kept under."""
    return hashlib.sha256(np.ascontiguousarray(parts).data).hexdigest()[:16]
