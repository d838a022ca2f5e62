"""The word pairs as arrays, and the vectors of their words. Everything after this file works on numbers of words."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saegeo_core import AnalysisContext, FeatureCloud, SaegeoError
from saegeo_core.numerics.arrays import Integers
from saegeo_crystals.relations import Relation, chosen_relations, cleaned
from saegeo_crystals.word_vectors import Token, WordKind, WordVectors, read_frequencies, vectors_of_words

MAX_NAMED = 10
"""Words that are named where several are missing."""


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


def capped(pairs: Pairs, max_pairs: int, rng: np.random.Generator) -> Pairs:
    """At most that many pairs of every relation, drawn at random, in random order."""
    order = rng.permutation(len(pairs))
    order = order[np.argsort(pairs.relation[order], kind="stable")]
    first = np.cumsum(pairs.sizes) - pairs.sizes
    rank = np.arange(len(pairs)) - first[pairs.relation[order]]
    return pairs.take(order[rank < max_pairs])


@dataclass(frozen=True)
class PairSource:
    """Where word pairs and the vectors of their words come from, as a user says it.

    Attributes:
        relations: file or folder of labeled pairs; None for those that ship.
        only: names of the relations to use; None for all.
        word_vectors: file of word vectors; None for a model or those that ship.
        vectors: what stands for a word.
        token: which token of a word counts.
        frequencies: file of word counts; None where not given.
    """

    relations: Path | None = None
    only: list[str] | None = None
    word_vectors: Path | None = None
    vectors: WordKind = "activations"
    token: Token = "last"
    frequencies: Path | None = None


@dataclass(frozen=True, eq=False)
class EmbeddedPairs:
    """Pairs and the vectors of their words.

    Attributes:
        pairs: all usable pairs; their words are those of the vectors.
        vectors: one row for each word of the pairs.
        frequencies: how often words occur, or None where not given.
        given: pairs of each relation as given, less those dropped, by its name.
        origin: where the vectors come from.
        warnings: what was left out.
    """

    pairs: Pairs
    vectors: WordVectors
    frequencies: dict[str, float] | None
    given: dict[str, int]
    origin: str
    warnings: tuple[str, ...]

    def with_pairs(self, pairs: Pairs) -> "EmbeddedPairs":
        """With some of the pairs, and only their words: inner products are kept of all words with all."""
        few = pairs.compact()
        row_of = {word: row for row, word in enumerate(self.vectors.words)}
        return replace(self, pairs=few, vectors=self.vectors.rows([row_of[word] for word in few.words]))


def embedded_pairs(
    source: PairSource,
    cloud: FeatureCloud,
    context: AnalysisContext,
    *,
    draw: Callable[[Pairs], Pairs] | None = None,
    keep_identical: bool = False,
) -> EmbeddedPairs:
    """The relations asked for, with vectors from where the source and the context say.

    `draw` chooses among pairs beforehand where every word costs a pass through a model; a file is searched for all of them, since
    many may be missing.

    Raises:
        MissingInput: there are no vectors for this SAE.
        SaegeoError: malformed files, an empty relation or a single one, or words most of which have no vector.
    """
    relations = chosen_relations(source.relations, source.only)
    kept, dropped = (relations, {}) if keep_identical else cleaned(relations)
    for relation in kept:
        if not relation.pairs:
            raise SaegeoError(
                f"in the relation {relation.name} every input is its own output", "take it out, or give other pairs"
            )
    pairs = numbered(kept)
    if draw is not None and context.activations is not None:
        pairs = draw(pairs).compact()
    vectors = vectors_of_words(
        list(pairs.words), cloud, context, file=source.word_vectors, kind=source.vectors, token=source.token
    )
    row_of = {word: row for row, word in enumerate(vectors.words)}
    missing = [word for word in pairs.words if word not in row_of]
    if len(missing) > len(pairs.words) / 2:
        raise SaegeoError(
            f"{len(missing)} of {len(pairs.words)} words have no vector in {vectors.origin}, {_named(missing)}",
            "give vectors of these words: type --model NAME_OR_PATH, or --set crystals.word_vectors=FILE",
        )
    is_known = np.array([word in row_of for word in pairs.words])
    usable = pairs.take(is_known[pairs.inputs] & is_known[pairs.outputs]).compact()
    if usable.n_relations < 2:
        raise SaegeoError(
            f"{usable.n_relations or 'no'} relation has pairs with vectors; telling relations apart takes two or more",
            "add a relation with --set crystals.relations=DIR",
        )
    warnings = []
    if any(dropped.values()):
        warnings.append(
            f"pairs dropped: {dropped['identical']} of identical words, {dropped['repeated']} that repeat another"
        )
    if missing:
        share = f"{len(missing)} of {len(pairs.words)}"
        warnings.append(f"words without a vector, whose pairs were left out: {share}, {_named(missing)}")
    empty = [name for name in pairs.names if name not in usable.names]
    if empty:
        warnings.append(f"relations left out, since none of their pairs has vectors: {', '.join(empty)}")
    return EmbeddedPairs(
        usable,
        vectors.rows([row_of[word] for word in usable.words]),
        None if source.frequencies is None else read_frequencies(source.frequencies.expanduser()),
        {one.name: len(one.pairs) for one in kept},
        vectors.origin,
        tuple(warnings),
    )


def _named(words: list[str]) -> str:
    return f"for example {', '.join(words[:MAX_NAMED])}" if len(words) > MAX_NAMED else f"namely {', '.join(words)}"
