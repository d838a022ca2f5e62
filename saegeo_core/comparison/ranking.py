"""Which SAEs cannot be told apart by a metric, between which ranks each lies, and how large a difference would have been seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saegeo_core.comparison.all_pairs import judged_pairs
from saegeo_core.comparison.differences import student_quantile
from saegeo_core.comparison.judged_column import JudgedColumn
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.multiple_testing import benjamini_hochberg, holm

LEVEL = 0.05
"""Share of false distinctions among all (ties), and the chance of any (ranks)."""
POWER = 0.8
"""Chance of seeing the difference that is told as detectable."""

MOST_GROUPS = 26 + 26**2
"""As many as have a letter or two. Where some SAEs are known much better than others, there may be many more than SAEs."""

Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class RankedSae:
    """One SAE's place.

    Attributes:
        name: of its row.
        estimate: of the metric.
        rank: 1 for the best, or for the greatest where neither is better; equal estimates share the lower number.
        low, high: between which its rank lies. All intervals of a ranking hold together in .95 of samples.
        ties: numbers of the groups it is in, from 0; two SAEs of one group cannot be told apart. Nothing where there are
            too many groups to be of use.
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
    pairs, n = judged_pairs(judged, places), len(places)
    if not len(pairs.pvalues):
        first_two = judged.difference(places[0], places[1])
        return Ranking(judged.column.id, first_two.note if first_two else "no difference can be judged")
    told_apart = benjamini_hochberg(pairs.pvalues) <= LEVEL
    ties: list[list[int]] = [[] for _ in places]
    for number, group in enumerate(tie_groups(pairs.matrix(told_apart, n))):
        for place in group:
            ties[place].append(number)
    low, high = rank_intervals(pairs.matrix(holm(pairs.pvalues) <= LEVEL, n))
    ranks = 1 + np.searchsorted(sign * estimates, sign * estimates)
    level = LEVEL * max(1, int(told_apart.sum())) / len(told_apart)
    return Ranking(
        column=judged.column.id,
        first="lowest" if sign == 1 else "highest",
        saes=tuple(
            RankedSae(
                judged.rows[place].name, float(estimates[i]), int(ranks[i]), int(low[i]), int(high[i]), tuple(ties[i])
            )
            for i, place in enumerate(places)
        ),
        n_pairs=len(told_apart),
        n_told_apart=int(told_apart.sum()),
        detectable=float(np.median(detectable_differences(pairs.standard_errors, pairs.degrees_of_freedom, level))),
    )


def tie_groups(is_distinct: Booleans, most: int = MOST_GROUPS) -> list[tuple[int, ...]]:
    """The largest sets of SAEs no two of which are told apart.

    They are the letters of Piepho (2004), "An algorithm for a letter-based representation of all-pairwise comparisons": every pair
    that is not told apart is together in some group, and no pair that is. He splits groups pair by pair; here SAEs join one after
    another, each the groups of those before it, or what of these it is not told apart from. Where all are known equally
    well, there are no more groups than SAEs.

    Args:
        is_distinct: shape (n, n), symmetric: which pairs are told apart.
        most: groups that are still of use.

    Returns:
        The members of each group, ascending; groups in the order of their members. None at all where there are more than `most`.
    """
    groups: list[int] = []  # a set of SAEs is an integer with their bits
    for place, distinct in enumerate(is_distinct):
        alike = sum(1 << int(other) for other in np.flatnonzero(~distinct[:place]))
        joined = sorted({group & alike for group in groups} or {0}, key=int.bit_count, reverse=True)
        largest: list[int] = []
        for part in joined:
            if not any(part & one == part for one in largest):
                largest.append(part)
        groups = [group for group in groups if group & alike != group] + [part | 1 << place for part in largest]
        if len(groups) > most:
            return []  # SAEs that join make no group less
    return sorted(tuple(place for place in range(len(is_distinct)) if group >> place & 1) for group in groups)


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


def detectable_differences(
    standard_errors: Floats, degrees_of_freedom: Floats, level: float, power: float = POWER
) -> Floats:
    """The least true differences that two-sided tests at this level find with this chance, given the error of each difference.

    The standard error times the quantiles of Student's law at 1 - level / 2 and at `power`, added.
    """
    quantiles: Floats = student_quantile(power, degrees_of_freedom) - student_quantile(level / 2, degrees_of_freedom)
    return standard_errors * quantiles
