"""How much held-out pairs look like crystals: scores of quadruples, of clusters and of analogies.

Every score is a sum over things and their number, so that folds, each with coordinates of its own, add up.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from saegeo_crystals.pairs import Integers
from saegeo_crystals.word_space import PairProducts

Floats = NDArray[np.float64]
Masks = NDArray[np.bool_]

MOST_SHIFTS = 8
"""Wrong partners tried for each pair. More would say hardly more: their similarities repeat the same words."""
NOWHERE = -1


class Tally(NamedTuple):
    """A sum over things, and how many they are."""

    total: float
    count: float


@dataclass(frozen=True, eq=False)
class Cells:
    """Held-out pairs by relation, in a rectangle: row r lists the pairs of relation r, filled up with -1.

    Attributes:
        slots: int64 (n_relations, longest), numbers of pairs.
        inputs, outputs: int64 (n_pairs,), numbers of the words of each pair.
    """

    slots: Integers
    inputs: Integers
    outputs: Integers

    @classmethod
    def of(cls, labels: Integers, n_relations: int, inputs: Integers, outputs: Integers) -> "Cells":
        """The cells of pairs with those relations and words, all int64 (n_pairs,)."""
        sizes = np.bincount(labels, minlength=n_relations)
        order = np.argsort(labels, kind="stable")
        slots = np.full((n_relations, int(sizes.max())), NOWHERE, np.int64)
        slots[np.arange(slots.shape[1]) < sizes[:, None]] = order
        return cls(slots, inputs, outputs)

    @cached_property
    def sizes(self) -> Integers:
        """Pairs in each cell, int64 (n_relations,)."""
        return (self.slots != NOWHERE).sum(1)

    def keeping(self, kept: Masks) -> "Cells":
        """The same with some of the pairs only, a mask (n_pairs,)."""
        there = (self.slots != NOWHERE) & kept[self.slots]
        order = np.argsort(~there, axis=1, kind="stable")
        slots = np.take_along_axis(np.where(there, self.slots, NOWHERE), order, 1)
        return Cells(slots, self.inputs, self.outputs)

    def partners(self, most: int) -> Integers:
        """Wrong partners: each pair with the one a few places on in its cell, int64 (n_shifts, n_relations, longest).

        The first entry is each pair's own place. Cells with fewer pairs than shifts have -1 where a shift would come round.
        """
        longest = self.slots.shape[1]
        shifts = np.arange(min(most, max(longest - 1, 0)) + 1)[:, None, None]
        sizes = self.sizes[:, None]
        place = (np.arange(longest) + shifts) % np.maximum(sizes, 1)
        partner = np.take_along_axis(np.broadcast_to(self.slots, (len(shifts), *self.slots.shape)), place, 2)
        return np.where((self.slots != NOWHERE) & (shifts < sizes), partner, NOWHERE)


def offset_cosines(products: PairProducts, cells: Cells, partners: Integers) -> tuple[Floats, Floats, Floats]:
    """For each two pairs i, j of a cell, with the outputs of their `partners` p: cosine of the offsets out_p - in, and lengths.

    Returns cosines (…, n_relations, longest, longest), 0 where an offset has no length, and the lengths of the offsets of i and
    of j, in shapes that broadcast with it. What stands where a pair or partner is missing means nothing.
    """
    i, p = cells.slots[:, :, None], partners[..., :, None]
    j, q = cells.slots[:, None, :], partners[..., None, :]
    inner = products.outputs[p, q] + products.inputs[i, j] - products.across[i, q] - products.across[j, p]
    own = partners
    squared = (
        products.outputs[own, own] + products.inputs[cells.slots, cells.slots] - 2 * products.across[cells.slots, own]
    )
    lengths = np.sqrt(squared.clip(0))
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return inner * inverse[..., :, None] * inverse[..., None, :], lengths[..., :, None], lengths[..., None, :]


def share_no_word(cells: Cells, partners: Integers) -> Masks:
    """Which two offsets of a cell, i before j, have four words and four pairs that are all different.

    Offsets that share a word, or into which the two words of one pair enter, are alike for that reason alone: with them, six
    pairs of pure noise read .71 in the place of .5. Shape (…, n_relations, longest, longest).
    """
    i, p = cells.slots[:, :, None], partners[..., :, None]
    j, q = cells.slots[:, None, :], partners[..., None, :]
    first, second = (cells.inputs[i], cells.outputs[p]), (cells.inputs[j], cells.outputs[q])
    longest = cells.slots.shape[1]
    allowed = np.triu(np.ones((longest, longest), bool), 1) & (i != NOWHERE) & (j != NOWHERE)
    allowed = allowed & (p != NOWHERE) & (q != NOWHERE) & (i != q) & (j != p)
    for one, other in combinations((*first, *second), 2):
        allowed = allowed & (one != other)
    return allowed


def quadruple_scores(products: PairProducts, cells: Cells) -> dict[str, Tally]:
    """Scores of two pairs (a, b), (c, d) of one relation.

    * `parallelogram_error`: |(b - a) - (d - c)| over the mean length of the two sides; 0 for a parallelogram;
    * `trapezoid_cosine`: cosine of b - a with d - c; 1 where the sides are parallel, whatever their lengths;
    * `offset_similarity`: the same cosine averaged over all pairs of a relation, shared words included, then over relations
      (the published offset concentration score);
    * `pairing_consistency`: how often the cosine of two true offsets is above that of two offsets with wrong partners,
      the area under the curve; .5 where any partner would do (Fournier, Dupoux & Dunbar 2020, without shared words).
    """
    partners = cells.partners(MOST_SHIFTS)
    cosines, before, after = offset_cosines(products, cells, partners)
    allowed = share_no_word(cells, partners)
    true, own = cosines[0], allowed[0]
    first, second = np.broadcast_to(before[0], true.shape)[own], np.broadcast_to(after[0], true.shape)[own]
    squared = first**2 + second**2 - 2 * first * second * true[own]
    mean_length = (first + second) / 2
    has_length = mean_length > 0
    error = np.sqrt(squared.clip(0))[has_length] / mean_length[has_length]
    return {
        "parallelogram_error": Tally(float(error.sum()), len(error)),
        "trapezoid_cosine": Tally(float(true[own].sum()), int(own.sum())),
        "offset_similarity": _mean_by_cell(true, cells),
        "pairing_consistency": _area(cosines, allowed),
    }


def _mean_by_cell(cosines: Floats, cells: Cells) -> Tally:
    present = cells.slots != NOWHERE
    upper = np.triu(np.ones(cosines.shape[1:], bool), 1) & present[:, :, None] & present[:, None, :]
    n_pairs = upper.sum((1, 2))
    means = (cosines * upper).sum((1, 2))[n_pairs > 0] / n_pairs[n_pairs > 0]
    return Tally(float(means.sum()), len(means))


def _area(cosines: Floats, allowed: Masks) -> Tally:
    """Sum over true similarities of the share of wrong ones of their own cell that they exceed; ties count half."""
    # Cells are told apart by adding 4 for each: cosines are at most 2 apart, so one sorted list serves them all.
    cell = 4.0 * np.arange(cosines.shape[1])[:, None, None]
    apart = cosines + cell
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
