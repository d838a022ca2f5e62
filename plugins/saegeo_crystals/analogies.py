"""Analogies a : b :: c : ? among held-out pairs, answered by the nearest of all held-out words."""

import numpy as np
from numpy.typing import NDArray

from saegeo_crystals.pairs import Integers
from saegeo_crystals.scores import NOWHERE, Cells, Tally

Floats = NDArray[np.float64]

MOST_QUERIES = 4
"""Queries for each pair: how many others of its relation take the part of a : b."""


def analogy_scores(cosines: Floats, cells: Cells) -> dict[str, Tally]:
    """Which share of analogies is answered right, the words at unit length.

    * `analogy_accuracy`: the word nearest to b - a + c, the three query words left out (3CosAdd, as usually published);
    * `analogy_accuracy_with_query_words`: the same with them among the candidates; mostly c itself is nearest;
    * `analogy_accuracy_average`: the word nearest to c plus the mean offset of the other pairs of the relation (3CosAvg).

    Args:
        cosines: float64 (n_words, n_words), of all held-out words; every one is a candidate.
        cells: the pairs by relation. Queries that share a word are not asked.
    """
    return {**_from_one_pair(cosines, cells), "analogy_accuracy_average": _from_the_average(cosines, cells)}


def _from_one_pair(cosines: Floats, cells: Cells) -> dict[str, Tally]:
    a, b = cells.inputs, cells.outputs
    other = cells.partners(MOST_QUERIES)[1:].reshape(-1)
    pair = np.broadcast_to(cells.slots, (len(other) // max(cells.slots.size, 1), *cells.slots.shape)).reshape(-1)
    there = (other != NOWHERE) & (pair != NOWHERE)
    pair, other = pair[there], other[there]
    distinct = _share_no_word(a, b, pair, other)
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


def _from_the_average(cosines: Floats, cells: Cells) -> Tally:
    a, b = cells.inputs, cells.outputs
    n_pairs = len(a)
    relation = np.empty(n_pairs, np.int64)
    relation[cells.slots[cells.slots != NOWHERE]] = np.repeat(np.arange(len(cells.slots)), cells.sizes)
    every = np.arange(n_pairs)
    helps = (relation[:, None] == relation) & _share_no_word(a, b, every[:, None], every[None])
    n_helping = helps.sum(1)
    offsets = cosines[b] - cosines[a]
    scores = cosines[a] + helps @ offsets / np.maximum(n_helping, 1)[:, None]
    scores[every, a] = -np.inf
    asked = n_helping > 0
    return Tally(int((scores.argmax(1) == b)[asked].sum()), int(asked.sum()))


def _share_no_word(a: Integers, b: Integers, one: Integers, other: Integers) -> NDArray[np.bool_]:
    return (a[one] != a[other]) & (b[one] != b[other]) & (a[one] != b[other]) & (b[one] != a[other])
