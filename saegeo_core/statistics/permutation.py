"""Permutation tests, within strata where a confounder must be kept.

A p-value is (b + 1)/(m + 1): the data are one more draw of the null, so it is never zero (Phipson and Smyth 2010).
For many tests at once use scipy.stats.false_discovery_control.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from saegeo_core.errors import SaegeoError
from saegeo_core.numerics.arrays import Integers
from saegeo_core.statistics.alternatives import Alternative, choose_pvalue

TIE_TOLERANCE = 1e-12
RANDOM_BITS = 53
"""Of a random number between 0 and 1."""


def permutation_pvalue(
    statistic: float,
    null_distribution: ArrayLike,
    alternative: Alternative = "two-sided",
    *,
    mid_ranks: bool = False,
) -> float:
    """(b + 1)/(m + 1), with b the draws at least as extreme as `statistic`; two-sided is twice the smaller tail.

    Draws that differ from it by rounding only count as ties, hence as extreme.

    Args:
        statistic: what was seen.
        null_distribution: shape (n_draws,).
        alternative: "greater", "less" or "two-sided".
        mid_ranks: whether ties count half, for shares of a few things, where most draws are ties: their p-values are uniform on
            average then, as the mid-p-values of counts are, and no longer all near 1.

    Raises:
        SaegeoError: there are no draws.
    """
    draws = np.asarray(null_distribution, dtype=np.float64)
    if draws.size == 0:
        raise SaegeoError("a permutation p-value needs draws, and there are none", "ask for at least 99")
    slack = TIE_TOLERANCE * max(abs(statistic), float(np.abs(draws).max()))
    below, above = np.count_nonzero(draws < statistic - slack), np.count_nonzero(draws > statistic + slack)
    ties = (draws.size - below - above) * (0.5 if mid_ranks else 1.0)
    lower, upper = ((1 + beyond + ties) / (draws.size + 1) for beyond in (below, above))
    return choose_pvalue(lower, upper, alternative)


def permute_within(strata: ArrayLike, rng: np.random.Generator) -> Integers:
    """A uniform random permutation p, shape (n_items,), with strata[p] == strata."""
    return next(permutations_within(strata, rng, 1))


def permutations_within(strata: ArrayLike, rng: np.random.Generator, n_draws: int) -> Iterator[Integers]:
    """So many independent ones of `permute_within`, each drawn when it is asked for."""
    strata = np.asarray(strata)
    ordered = np.argsort(strata, kind="stable")
    stratum = np.unique(strata, return_inverse=True)[1].astype(np.int64)
    # A random number behind that of the stratum, as one integer: sorted in a fifth of the time that two keys take.
    bits = min(RANDOM_BITS, 63 - int(stratum.max(initial=0)).bit_length())
    first = stratum << bits
    for _ in range(n_draws):
        permutation = np.empty(len(strata), dtype=np.int64)
        permutation[ordered] = np.argsort(first + (rng.random(len(strata)) * 2.0**bits).astype(np.int64))
        yield permutation


def frequency_strata(
    counts: ArrayLike, rng: np.random.Generator, *, size: int = 11, second_key: ArrayLike | None = None
) -> Integers:
    """Strata of about `size` features of like frequency, shape (n_features,), numbered from rare to frequent.

    Size matters: with tens of features to a stratum frequency still differs inside, and a pure frequency confound passes for
    structure (share of p <= .05 with 10, 20, 50 strata: .80, .15, .08). 10 to 12 is small enough and still permutes much.

    Args:
        counts: shape (n_features,), how often each feature fires. Only their order matters, so log counts give the same.
        rng: breaks ties. Left to the order of the features, ties would tie strata to position.
        size: features in a stratum; strata differ by one feature at most, so 10 to 12 with the default from 50 features on.
        second_key: shape (n_features,), another confounder (the norm, where it varies): blocks of `size` strata like in
            frequency are divided by it. Each stratum is then coarser in frequency.
    """
    counts = np.asarray(counts)
    strata = _runs(np.lexsort((rng.random(len(counts)), counts)), size if second_key is None else size**2)
    if second_key is not None:
        keys = np.asarray(second_key)
        ordered = (block[np.lexsort((rng.random(len(block)), keys[block]))] for block in strata)
        strata = [run for block in ordered for run in _runs(block, size)]
    labels = np.empty(len(counts), dtype=np.int64)
    for number, members in enumerate(strata):
        labels[members] = number
    return labels


def _runs(order: Integers, size: int) -> list[Integers]:
    """Cut an ordering into runs of about `size`, as equal as can be."""
    return np.array_split(order, max(1, round(len(order) / size)))
