"""Which SAEs cannot be told apart by a metric, between which ranks each lies, and how large a difference would have been seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from saegeo_core.comparison.judged_column import JudgedColumn
from saegeo_core.comparison.table import Difference
from saegeo_core.numerics.arrays import Floats, Integers

LEVEL = 0.05
"""Share of false distinctions among all (ties), and the chance of any (ranks)."""
POWER = 0.8
"""Chance of seeing the difference that is told as detectable."""

Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class RankedSae:
    """One SAE's place.

    Attributes:
        name: of its row.
        estimate: of the metric.
        rank: 1 for the best, or for the greatest where neither is better; equal estimates share the lower number.
        low, high: between which its rank lies. All intervals of a ranking hold together in .95 of samples.
        ties: numbers of the groups it is in, from 0; two SAEs of one group cannot be told apart.
    """

    name: str
    estimate: float
    rank: int
    low: int
    high: int
    ties: tuple[int, ...]


@dataclass(frozen=True)
class Ranking:
    """All SAEs by one metric.

    Attributes:
        column: `plugin.metric`.
        reason: why there is no ranking, or nothing; the rest is then empty.
        first: "highest" or "lowest": which value has rank 1.
        saes: those that have a value, by rank.
        n_pairs: how many pairs could be judged.
        n_told_apart: how many of them differ, after Benjamini and Hochberg.
        detectable: the difference that is found with a chance of .8, between SAEs whose difference is known as well as that of the
            median pair, at the level at which these pairs were judged.
    """

    column: str
    reason: str = ""
    first: str = ""
    saes: tuple[RankedSae, ...] = ()
    n_pairs: int = 0
    n_told_apart: int = 0
    detectable: float = 0.0

    def numbers(self, name: str) -> dict[str, int | None]:
        """Rank and interval of the SAE of that name; None where it has none."""
        sae = next((sae for sae in self.saes if sae.name == name), None)
        return {
            "rank": sae.rank if sae else None,
            "rank_low": sae.low if sae else None,
            "rank_high": sae.high if sae else None,
        }


def rank_saes(judged: JudgedColumn) -> Ranking:
    """The ranking by one column. Pairs that cannot be judged are not told apart."""
    places = [place for place, metric in enumerate(judged.metrics) if metric and metric.value is not None]
    if len(places) < 2:
        return Ranking(judged.column.id, "fewer than two SAEs have a value")
    estimates = np.array([judged.metrics[place].value for place in places], np.float64)  # type: ignore[union-attr]
    sign = 1 if judged.column.better == "lower" else -1
    order = np.argsort(sign * estimates, kind="stable")
    places, estimates = [places[i] for i in order], estimates[order]
    differences = {(i, j): judged.difference(places[i], places[j]) for i, j in combinations(range(len(places)), 2)}
    known = {pair: one for pair, one in differences.items() if one and one.pvalue is not None}
    if not known:
        notes = [one.note for one in differences.values() if one and one.note]
        return Ranking(judged.column.id, notes[0] if notes else "no difference can be judged")
    pairs = np.array(list(known), np.int64)
    pvalues = np.array([one.pvalue for one in known.values()], np.float64)
    told_apart = stats.false_discovery_control(pvalues) <= LEVEL
    groups = tie_groups(_matrix(pairs, told_apart, len(places)))
    low, high = rank_intervals(_matrix(pairs, holm(pvalues) <= LEVEL, len(places)))
    ranks = 1 + np.searchsorted(sign * estimates, sign * estimates)
    return Ranking(
        column=judged.column.id,
        first="lowest" if sign == 1 else "highest",
        saes=tuple(
            RankedSae(
                judged.rows[place].name,
                float(estimates[i]),
                int(ranks[i]),
                int(low[i]),
                int(high[i]),
                tuple(number for number, group in enumerate(groups) if i in group),
            )
            for i, place in enumerate(places)
        ),
        n_pairs=len(pairs),
        n_told_apart=int(told_apart.sum()),
        detectable=_detectable(known.values(), LEVEL * max(1, int(told_apart.sum())) / len(pairs)),
    )


def tie_groups(is_distinct: Booleans) -> list[tuple[int, ...]]:
    """The largest sets of SAEs no two of which are told apart, by insertion and absorption.

    Piepho (2004), "An algorithm for a letter-based representation of all-pairwise comparisons". Every pair that is not told apart
    is together in some group, and no pair that is.

    Args:
        is_distinct: shape (n, n), symmetric: which pairs are told apart.

    Returns:
        The members of each group, ascending; groups in the order of their members.
    """
    n = len(is_distinct)
    groups = [(1 << n) - 1]  # a set of SAEs is an integer with their bits
    for i, j in zip(*np.nonzero(np.triu(is_distinct, 1)), strict=True):
        first, second = 1 << int(i), 1 << int(j)
        kept = [group for group in groups if not (group & first and group & second)]
        split = [
            part for group in groups if group & first and group & second for part in (group & ~first, group & ~second)
        ]
        for part in split:
            if not any(part & group == part for group in kept):
                kept = [group for group in kept if part & group != group]
                kept.append(part)
        groups = kept
    members = [tuple(place for place in range(n) if group >> place & 1) for group in groups]
    return sorted(members)


def rank_intervals(is_distinct: Booleans) -> tuple[Integers, Integers]:
    """The least and the greatest rank of every SAE, ordered from rank 1 on.

    Whoever is told apart and stands before it is surely before it, and likewise behind it. Where no pair is told apart wrongly,
    which Holm's correction grants in .95 of samples, all true ranks lie in these intervals (Al Mohamad, Goeman and van Zwet, 2022,
    "Simultaneous confidence intervals for ranks with application to ranking institutions").

    Args:
        is_distinct: shape (n, n), symmetric: which pairs are told apart.

    Returns:
        Least and greatest ranks, from 1 to n.
    """
    n = len(is_distinct)
    low = 1 + np.tril(is_distinct, -1).sum(axis=1)
    high = n - np.triu(is_distinct, 1).sum(axis=1)
    return low.astype(np.int64), high.astype(np.int64)


def holm(pvalues: Floats) -> Floats:
    """p-values corrected for the chance of any false rejection (Holm, 1979), shape (n,) as given."""
    order = np.argsort(pvalues)
    n = len(pvalues)
    corrected = np.minimum(np.maximum.accumulate(pvalues[order] * np.arange(n, 0, -1)), 1.0)
    back: Floats = np.empty(n)
    back[order] = corrected
    return back


def _matrix(pairs: Integers, is_true: Booleans, n: int) -> Booleans:
    matrix = np.zeros((n, n), np.bool_)
    first, second = pairs[is_true].T
    matrix[first, second] = matrix[second, first] = True
    return matrix


def _detectable(differences: Iterable[Difference], level: float) -> float:
    reaches = [reach for one in differences if (reach := detectable_difference(one, level)) is not None]
    return float(np.median(reaches)) if reaches else 0.0


def detectable_difference(difference: Difference, level: float, power: float = POWER) -> float | None:
    """The least true difference that a two-sided test at this level finds with this chance; None where its error is not known.

    The standard error times the quantiles of Student's law at 1 - level / 2 and at `power`, added.
    """
    interval = difference.interval
    if interval is None or interval.standard_error is None:
        return None
    freedom = np.inf if interval.degrees_of_freedom is None else interval.degrees_of_freedom
    return float(interval.standard_error * (stats.t.isf(level / 2, freedom) + stats.t.ppf(power, freedom)))
