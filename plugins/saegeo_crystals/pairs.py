"""The pairs as arrays: which words, in which relation. Everything after this file works on numbers of words."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from saegeo_crystals.relations import Relation

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Word pairs, each in one relation.

    Attributes:
        words: the distinct words.
        names: names of the relations.
        inputs: int64 (n_pairs,), number of each pair's first word.
        outputs: int64 (n_pairs,), number of its second word.
        relation: int64 (n_pairs,), number of its relation.
    """

    words: tuple[str, ...]
    names: tuple[str, ...]
    inputs: Integers
    outputs: Integers
    relation: Integers

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def n_relations(self) -> int:
        """Number of relations."""
        return len(self.names)

    @property
    def sizes(self) -> Integers:
        """Pairs in each relation, int64 (n_relations,)."""
        return np.bincount(self.relation, minlength=self.n_relations)

    @property
    def digest(self) -> str:
        """Digest of the words, the pairs and their order."""
        content = hashlib.sha256("\0".join((*self.words, "", *self.names)).encode())
        for array in (self.inputs, self.outputs, self.relation):
            content.update(np.ascontiguousarray(array, "<i8").tobytes())
        return content.hexdigest()[:16]

    def take(self, rows: NDArray[np.generic]) -> "Pairs":
        """Some of the pairs: a mask (n_pairs,) or row numbers. The words stay."""
        return replace(self, inputs=self.inputs[rows], outputs=self.outputs[rows], relation=self.relation[rows])

    def compact(self) -> "Pairs":
        """The same pairs without relations that have none and without words that are in none."""
        in_use = np.unique(np.concatenate([self.inputs, self.outputs]))
        filled = np.unique(self.relation)
        return Pairs(
            tuple(self.words[word] for word in in_use),
            tuple(self.names[relation] for relation in filled),
            np.searchsorted(in_use, self.inputs),
            np.searchsorted(in_use, self.outputs),
            np.searchsorted(filled, self.relation),
        )

    def with_outputs(self, order: Integers) -> "Pairs":
        """The same inputs with the outputs in another order (n_pairs,)."""
        return replace(self, outputs=self.outputs[order])


def numbered(relations: Iterable[Relation]) -> Pairs:
    """The pairs of the relations, in their order, words numbered as they first occur."""
    relations = list(relations)
    pairs = [pair for relation in relations for pair in relation.pairs]
    number = {word: place for place, word in enumerate(dict.fromkeys(word for pair in pairs for word in pair))}
    words = np.array([[number[a], number[b]] for a, b in pairs], np.int64).reshape(-1, 2)
    relation = np.repeat(np.arange(len(relations)), [len(one.pairs) for one in relations])
    return Pairs(tuple(number), tuple(one.name for one in relations), words[:, 0], words[:, 1], relation)


def cleaned(relations: Iterable[Relation]) -> tuple[list[Relation], Counter[str]]:
    """Relations without pairs of identical words and without repeated pairs, and how many of each were dropped."""
    dropped: Counter[str] = Counter()
    kept = []
    for relation in relations:
        distinct = tuple(dict.fromkeys(relation.pairs))
        different = tuple((a, b) for a, b in distinct if a != b)
        dropped["repeated"] += len(relation.pairs) - len(distinct)
        dropped["identical"] += len(distinct) - len(different)
        kept.append(Relation(relation.name, different))
    return kept, dropped


def capped(pairs: Pairs, most: int, rng: np.random.Generator) -> Pairs:
    """At most that many pairs of every relation, drawn at random, in random order."""
    order = rng.permutation(len(pairs))
    order = order[np.argsort(pairs.relation[order], kind="stable")]
    first = np.cumsum(pairs.sizes) - pairs.sizes
    rank = np.arange(len(pairs)) - first[pairs.relation[order]]
    return pairs.take(order[rank < most])
