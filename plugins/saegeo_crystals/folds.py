"""What is held out together, and what may be trained on meanwhile.

Ordinary cross-validation leaks here: France stands in the capitals, the currencies and the languages, and "euro" is the answer to
twenty countries. So a pair is held out by its input string, wherever that occurs, and in a relation of many inputs to few
outputs by its output string. And nothing is trained on that shares a word with what is held out.
"""

import numpy as np
from numpy.typing import NDArray

from saegeo_core import SaegeoError
from saegeo_crystals.pairs import Integers, Pairs

MANY_TO_ONE = 0.8
"""A relation with fewer distinct outputs for each pair than this is held out by output."""


def units_of(pairs: Pairs) -> Integers:
    """For each pair the word that it is held out by, int64 (n_pairs,)."""
    distinct = [len(np.unique(pairs.outputs[pairs.relation == number])) for number in range(pairs.n_relations)]
    by_output = np.array(distinct) < MANY_TO_ONE * pairs.sizes
    return np.where(by_output[pairs.relation], pairs.outputs, pairs.inputs)


def deal_folds(pairs: Pairs, n_folds: int, rng: np.random.Generator) -> Integers:
    """A fold for each pair, int64 (n_pairs,), from 0: the same for all pairs of one unit, even within every relation.

    Relations of few units come first, their most frequent units first of all: these are the hardest to spread.

    Raises:
        SaegeoError: a relation of fewer pairs than folds.
    """
    sizes = pairs.sizes
    if sizes.min() < n_folds:
        least = int(sizes.argmin())
        raise SaegeoError(
            f"the relation {pairs.names[least]} has {sizes[least]} pairs, fewer than the {n_folds} folds",
            "leave it out, add pairs to it, or --set crystals.n_folds=N",
        )
    units = units_of(pairs)
    fold_of = np.full(len(pairs.words), -1, np.int64)
    found = [np.unique(units[pairs.relation == number], return_counts=True) for number in range(pairs.n_relations)]
    for words, counts in sorted(found, key=lambda one: len(one[0])):
        load = np.zeros(n_folds)
        dealt = fold_of[words] >= 0
        np.add.at(load, fold_of[words[dealt]], counts[dealt])
        for place in np.lexsort((rng.random(len(words)), -counts)):
            if not dealt[place]:
                fold = int(np.lexsort((rng.random(n_folds), load))[0])
                fold_of[words[place]] = fold
                load[fold] += counts[place]
    return fold_of[units]


def trained_on(pairs: Pairs, folds: Integers, fold: int) -> NDArray[np.bool_]:
    """The pairs (n_pairs,) that may be trained on while `fold` is held out: those that share no word with it."""
    held_out = folds == fold
    words = np.zeros(len(pairs.words), bool)
    words[pairs.inputs[held_out]] = True
    words[pairs.outputs[held_out]] = True
    return ~(held_out | words[pairs.inputs] | words[pairs.outputs])


def deal_groups(pairs: Pairs, folds: Integers, n_groups: int, rng: np.random.Generator) -> Integers:
    """The groups of the jackknife, int64 (n_pairs,): whole units, dealt evenly over folds and relations."""
    units, first = np.unique(units_of(pairs), return_index=True)
    order = np.lexsort((rng.random(len(units)), pairs.relation[first], folds[first]))
    group_of = np.empty(len(pairs.words), np.int64)
    group_of[units[order]] = np.arange(len(units)) % n_groups
    return group_of[units_of(pairs)]
