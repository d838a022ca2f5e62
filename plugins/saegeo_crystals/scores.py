"""How much held-out pairs look like crystals: scores of quadruples, of clusters and of analogies.

Every score is a sum over things and their number, so that folds, each with coordinates of its own, add up.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_crystals.word_space import PairProducts

Masks = NDArray[np.bool_]

MAX_SHIFTS = 8
"""Wrong partners tried for each pair. More would say hardly more: their similarities repeat the same words."""
MAX_QUERIES = 4
"""Analogies asked of each pair: how many others of its relation take the part of a : b."""
NOWHERE = -1
"""Stands in a rectangle of pair numbers where there is no pair."""


class Tally(NamedTuple):
    """A sum over things, and how many they are."""

    total: float
    n: int

    @property
    def mean(self) -> float:
        """NaN where there is nothing to average."""
        return self.total / self.n if self.n else np.nan


Tallies = dict[str, Tally]


class Sums:
    """Tallies added up over folds."""

    def __init__(self) -> None:
        self._totals: dict[str, float] = defaultdict(float)
        self._counts: dict[str, int] = defaultdict(int)

    def add(self, tallies: Tallies) -> None:
        """Add one fold's."""
        for name, (total, n) in tallies.items():
            self._totals[name] += total
            self._counts[name] += n

    def mean(self, name: str) -> float:
        """One score; NaN where there is nothing to average."""
        return Tally(self._totals[name], self._counts[name]).mean

    def means(self) -> dict[str, float]:
        """Every score by its name."""
        return {name: self.mean(name) for name in self._counts}

    def counts(self) -> dict[str, int]:
        """How many things each is a mean of."""
        return dict(self._counts)


@dataclass(frozen=True, eq=False)
class PairsByRelation:
    """Held-out pairs by relation, in a rectangle: row r lists the pairs of relation r, filled up with -1.

    Attributes:
        slots: int64 (n_relations, longest), numbers of pairs.
        inputs, outputs: int64 (n_pairs,), numbers of the words of each pair.
    """

    slots: Integers
    inputs: Integers
    outputs: Integers

    @classmethod
    def of(cls, labels: Integers, n_relations: int, inputs: Integers, outputs: Integers) -> "PairsByRelation":
        """The rectangle of pairs with those relations and words, all int64 (n_pairs,)."""
        sizes = np.bincount(labels, minlength=n_relations)
        order = np.argsort(labels, kind="stable")
        slots = np.full((n_relations, int(sizes.max())), NOWHERE, np.int64)
        slots[np.arange(slots.shape[1]) < sizes[:, None]] = order
        return cls(slots, inputs, outputs)

    @cached_property
    def sizes(self) -> Integers:
        """Pairs in each relation, int64 (n_relations,)."""
        sizes: Integers = (self.slots != NOWHERE).sum(1)
        return sizes

    def keeping(self, kept: Masks) -> "PairsByRelation":
        """The same with some of the pairs only, a mask (n_pairs,)."""
        there = (self.slots != NOWHERE) & kept[self.slots]
        order = np.argsort(~there, axis=1, kind="stable")
        slots = np.take_along_axis(np.where(there, self.slots, NOWHERE), order, 1)
        return PairsByRelation(slots, self.inputs, self.outputs)

    def partners(self, max_shifts: int) -> Integers:
        """Wrong partners: each pair with the one a few places on in its relation, int64 (n_shifts, n_relations, longest).

        The first entry is each pair's own place. Relations with fewer pairs than shifts have -1 where a shift would come round.
        """
        longest = self.slots.shape[1]
        shifts = np.arange(min(max_shifts, max(longest - 1, 0)) + 1)[:, None, None]
        sizes = self.sizes[:, None]
        place = (np.arange(longest) + shifts) % np.maximum(sizes, 1)
        partner = np.take_along_axis(np.broadcast_to(self.slots, (len(shifts), *self.slots.shape)), place, 2)
        return np.where((self.slots != NOWHERE) & (shifts < sizes), partner, NOWHERE)


def offset_cosines(
    products: PairProducts, grouped: PairsByRelation, partners: Integers
) -> tuple[Floats, Floats, Floats]:
    """For each two pairs i, j of a relation, with the outputs of their `partners` p: cosine of the offsets out_p - in, and lengths.

    Returns cosines (…, n_relations, longest, longest), 0 where an offset has no length, and the lengths of the offsets of i and
    of j, in shapes that broadcast with it. What stands where a pair or partner is missing means nothing.
    """
    i, p = grouped.slots[:, :, None], partners[..., :, None]
    j, q = grouped.slots[:, None, :], partners[..., None, :]
    inner = products.outputs[p, q] + products.inputs[i, j] - products.across[i, q] - products.across[j, p]
    own = partners
    squared = (
        products.outputs[own, own]
        + products.inputs[grouped.slots, grouped.slots]
        - 2 * products.across[grouped.slots, own]
    )
    lengths = np.sqrt(squared.clip(0))
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return inner * inverse[..., :, None] * inverse[..., None, :], lengths[..., :, None], lengths[..., None, :]


def share_no_word(grouped: PairsByRelation, partners: Integers) -> Masks:
    """Which two offsets of a relation, i before j, have four words and four pairs that are all different.

    Offsets that share a word, or into which the two words of one pair enter, are alike for that reason alone: with them, six
    pairs of pure noise read .71 in the place of .5. Shape (…, n_relations, longest, longest).
    """
    i, p = grouped.slots[:, :, None], partners[..., :, None]
    j, q = grouped.slots[:, None, :], partners[..., None, :]
    first, second = (grouped.inputs[i], grouped.outputs[p]), (grouped.inputs[j], grouped.outputs[q])
    longest = grouped.slots.shape[1]
    allowed: Masks = np.triu(np.ones((longest, longest), bool), 1) & (i != NOWHERE) & (j != NOWHERE)
    allowed = allowed & (p != NOWHERE) & (q != NOWHERE) & (i != q) & (j != p)
    for one, other in combinations((*first, *second), 2):
        allowed = allowed & (one != other)
    return allowed


def quadruple_scores(products: PairProducts, grouped: PairsByRelation) -> Tallies:
    """Scores of two pairs (a, b), (c, d) of one relation.

    * `parallelogram_error`: |(b - a) - (d - c)| over the mean length of the two sides; 0 for a parallelogram;
    * `trapezoid_cosine`: cosine of b - a with d - c; 1 where the sides are parallel, whatever their lengths;
    * `offset_similarity`: the same cosine averaged over all pairs of a relation, shared words included, then over relations
      (the published offset concentration score);
    * `pairing_consistency`: how often the cosine of two true offsets is above that of two offsets with wrong partners,
      the area under the curve; .5 where any partner would do (Fournier, Dupoux & Dunbar 2020, without shared words).
    """
    partners = grouped.partners(MAX_SHIFTS)
    cosines, before, after = offset_cosines(products, grouped, partners)
    allowed = share_no_word(grouped, partners)
    true, own = cosines[0], allowed[0]
    first, second = np.broadcast_to(before[0], true.shape)[own], np.broadcast_to(after[0], true.shape)[own]
    squared = first**2 + second**2 - 2 * first * second * true[own]
    mean_length = (first + second) / 2
    has_length = mean_length > 0
    error = np.sqrt(squared.clip(0))[has_length] / mean_length[has_length]
    return {
        "parallelogram_error": Tally(float(error.sum()), len(error)),
        "trapezoid_cosine": Tally(float(true[own].sum()), int(own.sum())),
        "offset_similarity": _mean_over_relations(true, grouped),
        "pairing_consistency": _area(cosines, allowed),
    }


def _mean_over_relations(cosines: Floats, grouped: PairsByRelation) -> Tally:
    present = grouped.slots != NOWHERE
    upper = np.triu(np.ones(cosines.shape[1:], bool), 1) & present[:, :, None] & present[:, None, :]
    n_pairs = upper.sum((1, 2))
    means = (cosines * upper).sum((1, 2))[n_pairs > 0] / n_pairs[n_pairs > 0]
    return Tally(float(means.sum()), len(means))


def _area(cosines: Floats, allowed: Masks) -> Tally:
    """Sum over true similarities of the share of wrong ones of their own relation that they exceed; ties count half."""
    # Relations are told apart by adding 4 for each: cosines are at most 2 apart, so one sorted list serves them all.
    apart = cosines + 4.0 * np.arange(cosines.shape[1])[:, None, None]
    wrong = np.sort(apart[1:][allowed[1:]])
    true = apart[0][allowed[0]]
    of = np.rint(true / 4.0) * 4.0
    start, end = np.searchsorted(wrong, of - 2), np.searchsorted(wrong, of + 2)
    n_wrong = end - start
    true, start, n_wrong = true[n_wrong > 0], start[n_wrong > 0], n_wrong[n_wrong > 0]
    below = (np.searchsorted(wrong, true, "left") + np.searchsorted(wrong, true, "right")) / 2 - start
    return Tally(float((below / n_wrong).sum()), len(true))


def silhouette(offset_products: Floats, labels: Integers, n_relations: int) -> Tally:
    """Silhouettes of differences, Euclidean, from their inner products (n_pairs, n_pairs); each in [-1, 1].

    The same number as scikit-learn's: (b - a) / max(a, b), a the mean distance within the cluster, b that to the nearest
    other cluster; 0 for a cluster of one.
    """
    squared = offset_products.diagonal()
    distances = np.sqrt((squared[:, None] + squared - 2 * offset_products).clip(0))
    np.fill_diagonal(distances, 0)
    indicator = (labels[:, None] == np.arange(n_relations)).astype(np.float64)
    sizes = indicator.sum(0)
    if np.count_nonzero(sizes) < 2:
        return Tally(0.0, 0)
    sums = distances @ indicator
    own = np.arange(len(labels)), labels
    within = sums[own] / np.maximum(sizes[labels] - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.where(sizes > 0, sums / sizes, np.inf)
    others[own] = np.inf
    between = others.min(1)
    larger = np.maximum(within, between)
    values = np.divide(between - within, larger, out=np.zeros_like(larger), where=larger > 0)
    return Tally(float(values[sizes[labels] > 1].sum()), len(labels))


def nearest_mean_hits(inner: Floats, squared_means: Floats, labels: Integers) -> Tally:
    """How many held-out differences lie nearest to the mean of their own relation.

    `inner` (n_pairs, n_relations) are their products with the means of the training differences, `squared_means`
    (n_relations,) the squared lengths of these, infinite where there are none.
    """
    guess = (inner - squared_means / 2).argmax(1)
    return Tally(int((guess == labels).sum()), len(labels))


def analogy_scores(cosines: Floats, grouped: PairsByRelation) -> Tallies:
    """Which share of analogies is answered right, the words at unit length.

    * `analogy_accuracy`: the word nearest to b - a + c, the three query words left out (3CosAdd, as usually published);
    * `analogy_accuracy_with_query_words`: the same with them among the candidates; mostly c itself is nearest;
    * `analogy_accuracy_average`: the word nearest to c plus the mean offset of the other pairs of the relation (3CosAvg).

    Args:
        cosines: float64 (n_words, n_words), of all held-out words; every one is a candidate.
        grouped: the pairs by relation. Queries that share a word are not asked.
    """
    return {**_from_one_pair(cosines, grouped), "analogy_accuracy_average": _from_the_average(cosines, grouped)}


def _from_one_pair(cosines: Floats, grouped: PairsByRelation) -> Tallies:
    a, b = grouped.inputs, grouped.outputs
    other = grouped.partners(MAX_QUERIES)[1:].reshape(-1)
    pair = np.broadcast_to(grouped.slots, (len(other) // max(grouped.slots.size, 1), *grouped.slots.shape)).reshape(-1)
    there = (other != NOWHERE) & (pair != NOWHERE)
    pair, other = pair[there], other[there]
    distinct = _four_words(a, b, pair, other)
    pair, other = pair[distinct], other[distinct]
    scores = cosines[b[other]] - cosines[a[other]] + cosines[a[pair]]
    with_query = scores.argmax(1) == b[pair] if len(pair) else np.empty(0, bool)
    query = np.arange(len(pair))
    for word in (a[other], b[other], a[pair]):
        scores[query, word] = -np.inf
    without_query = scores.argmax(1) == b[pair] if len(pair) else np.empty(0, bool)
    return {
        "analogy_accuracy": Tally(int(without_query.sum()), len(pair)),
        "analogy_accuracy_with_query_words": Tally(int(with_query.sum()), len(pair)),
    }


def _from_the_average(cosines: Floats, grouped: PairsByRelation) -> Tally:
    a, b = grouped.inputs, grouped.outputs
    n_pairs = len(a)
    relation = np.empty(n_pairs, np.int64)
    relation[grouped.slots[grouped.slots != NOWHERE]] = np.repeat(np.arange(len(grouped.slots)), grouped.sizes)
    every = np.arange(n_pairs)
    helps = (relation[:, None] == relation) & _four_words(a, b, every[:, None], every[None])
    n_helping = helps.sum(1)
    offsets = cosines[b] - cosines[a]
    scores = cosines[a] + helps @ offsets / np.maximum(n_helping, 1)[:, None]
    scores[every, a] = -np.inf
    asked = n_helping > 0
    return Tally(int((scores.argmax(1) == b)[asked].sum()), int(asked.sum()))


def _four_words(a: Integers, b: Integers, one: Integers, other: Integers) -> Masks:
    """Whether the words of two pairs are all different."""
    different: Masks = (a[one] != a[other]) & (b[one] != b[other]) & (a[one] != b[other]) & (b[one] != a[other])
    return different
