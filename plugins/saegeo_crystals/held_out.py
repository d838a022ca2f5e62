"""Scores of pairs that were held out, in the raw space and in the projected one that the other folds taught.

Ordinary cross-validation leaks here: France stands in the capitals, the currencies and the languages, and "euro" is the answer to
twenty countries. So a pair is held out by its input string, wherever that occurs, and in a relation of many inputs to few
outputs by its output string. And nothing is trained on that shares a word with what is held out.

A fold is factorized once for its words; any labeling of its pairs is scored from there. Coordinates of different folds are
not comparable, so a score is summed within folds and never across them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from saegeo_core import SaegeoError
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_crystals.discriminant import Discriminants, Scatter, principal_scatter, shrunk_scatter
from saegeo_crystals.pairs import Pairs
from saegeo_crystals.scores import (
    PairsByRelation,
    Sums,
    Tallies,
    analogy_scores,
    nearest_mean_hits,
    quadruple_scores,
    silhouette,
)
from saegeo_crystals.word_space import PairProducts, WordSpace, as_cosines

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
    may_teach: NDArray[np.bool_] = ~(held_out | words[pairs.inputs] | words[pairs.outputs])
    return may_teach


def deal_groups(pairs: Pairs, folds: Integers, n_groups: int, rng: np.random.Generator) -> Integers:
    """The groups of the jackknife, int64 (n_pairs,): whole units, dealt evenly over folds and relations."""
    units, first = np.unique(units_of(pairs), return_index=True)
    order = np.lexsort((rng.random(len(units)), pairs.relation[first], folds[first]))
    group_of = np.empty(len(pairs.words), np.int64)
    group_of[units[order]] = np.arange(len(units)) % n_groups
    return group_of[units_of(pairs)]


@dataclass(frozen=True)
class Projection:
    """How the projected space is learned.

    Attributes:
        kind: "shrinkage", discriminants with the shrunk scatter; "pca", within the leading principal components.
        n_components: its dimension, at most one fewer than there are relations.
        n_principal: how many principal components "pca" keeps.
        geometry: "whitened", the discriminant coordinates; "original", the vectors' own inner product in their subspace.
    """

    kind: Literal["shrinkage", "pca"] = "shrinkage"
    n_components: int = 11
    n_principal: int = 50
    geometry: Literal["whitened", "original"] = "whitened"


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Pairs, and how they are held out.

    Attributes:
        space: the words.
        pairs: the pairs.
        folds: int64 (n_pairs,), from 0, the fold in which each is held out.
        projection: how the projected space is learned.
    """

    space: WordSpace
    pairs: Pairs
    folds: Integers
    projection: Projection = Projection()

    @property
    def fold_numbers(self) -> list[int]:
        """The folds that hold pairs."""
        return [int(number) for number in np.unique(self.folds)]

    def take(self, rows: NDArray[np.bool_]) -> "CrossValidation":
        """The same with some of the pairs only."""
        return replace(self, pairs=self.pairs.take(rows), folds=self.folds[rows])

    def held_out(self) -> "Iterator[Fold]":
        """Every fold held out in turn."""
        return (Fold(self, number) for number in self.fold_numbers)

    def sums(self) -> Sums:
        """Every score, over all folds."""
        sums = Sums()
        for fold in self.held_out():
            sums.add(fold.scores(self.pairs.relation))
        return sums


class Fold:
    """One fold held out.

    Args:
        validation: the pairs, of which those of other folds teach.
        number: the fold.
    """

    def __init__(self, validation: CrossValidation, number: int) -> None:
        space, pairs = validation.space, validation.pairs
        self._space, self._projection = space, validation.projection
        self._n_relations = pairs.n_relations
        self.test = np.flatnonzero(validation.folds == number)
        self.train = np.flatnonzero(trained_on(pairs, validation.folds, number))
        train, test = pairs.take(self.train), pairs.take(self.test)
        with_differences = space.with_differences(train)
        self._kernel = with_differences[:, train.outputs] - with_differences[:, train.inputs]
        # The words held out, by whose numbers the rest of this class counts.
        self._words, numbers = np.unique(np.concatenate([test.inputs, test.outputs]), return_inverse=True)
        self._inputs, self._outputs = numbers[: len(test)], numbers[len(test) :]
        self._on_training = with_differences[:, self._words].T

    @cached_property
    def scatter(self) -> Scatter:
        """That of the training differences, factorized."""
        if self._projection.kind == "pca":
            return principal_scatter(self._kernel, self._projection.n_principal)
        return shrunk_scatter(self._kernel, self._space.dimension)

    def prepare(self) -> None:
        """Compute what every labeling shares, so that several may then be scored at once."""
        _ = self.scatter, self._raw

    def discriminants(self, labels: Integers, n_components: int | None = None) -> Discriminants:
        """What `labels` (n_pairs,) of all pairs teach in training, in so many directions, by default the projection's."""
        n_components = n_components or self._projection.n_components
        found = self.scatter.discriminants(labels[self.train], self._n_relations, n_components)
        return found.orthonormal(self.scatter.centered) if self._projection.geometry == "original" else found

    @cached_property
    def _raw(self) -> tuple[PairProducts, Floats, Floats]:
        """Products of the words of each pair, products of the offsets, and cosines of the words."""
        among = np.ix_(self._words, self._words)
        products = PairProducts.of_words(self._space.products[among], self._inputs, self._outputs)
        return products, products.of_offsets(), self._space.cosines[among]

    def scores(self, labels: Integers) -> Tallies:
        """Every score, raw and projected, with the relations `labels` (n_pairs,) of all pairs."""
        found = self.discriminants(labels)
        return self._named("raw", self.raw_scores(labels)) | self._named("projected", self.scores_in(found, labels))

    def raw_scores(self, labels: Integers) -> Tallies:
        """Every score in the vectors as they are."""
        held, grouped = labels[self.test], self.grouped(labels)
        averaging = self._averaging(labels)
        across = self._on_training[self._outputs] - self._on_training[self._inputs]
        products, offsets, cosines = self._raw
        squared = np.einsum("nr,nr->r", averaging, self._kernel @ averaging)
        return {
            "silhouette": silhouette(offsets, held, self._n_relations),
            "relation_accuracy": nearest_mean_hits(across @ averaging, self._known(squared, averaging), held),
            **quadruple_scores(products, grouped),
            **analogy_scores(cosines, grouped),
        }

    def scores_in(self, found: Discriminants, labels: Integers) -> Tallies:
        """Every score in the coordinates found."""
        held, grouped = labels[self.test], self.grouped(labels)
        averaging = self._averaging(labels)
        means = averaging.T @ (self._kernel @ found.coefficients)
        words = self._on_training @ found.coefficients
        squared = np.einsum("rm,rm->r", means, means)
        products = self.products_in(found)
        return {
            "silhouette": silhouette(products.of_offsets(), held, self._n_relations),
            "relation_accuracy": nearest_mean_hits(
                self.offsets_in(found) @ means.T, self._known(squared, averaging), held
            ),
            **quadruple_scores(products, grouped),
            **analogy_scores(as_cosines(words @ words.T), grouped),
        }

    def raw_products(self) -> PairProducts:
        """Inner products of the words of the held-out pairs, in the vectors as they are."""
        return self._raw[0]

    def products_in(self, found: Discriminants) -> PairProducts:
        """Inner products of the words of the held-out pairs, in the coordinates found."""
        words = self._on_training @ found.coefficients
        inputs, outputs = words[self._inputs], words[self._outputs]
        return PairProducts(inputs @ inputs.T, outputs @ outputs.T, inputs @ outputs.T)

    def offsets_in(self, found: Discriminants) -> Floats:
        """The held-out differences in the coordinates found, (n_test, n_directions)."""
        words = self._on_training @ found.coefficients
        return words[self._outputs] - words[self._inputs]

    def grouped(self, labels: Integers) -> PairsByRelation:
        """The held-out pairs by relation."""
        return PairsByRelation.of(labels[self.test], self._n_relations, self._inputs, self._outputs)

    def _averaging(self, labels: Integers) -> Floats:
        """(n_train, n_relations): what the training differences are multiplied by to give the mean of each relation."""
        indicator = labels[self.train][:, None] == np.arange(self._n_relations)
        weights: Floats = indicator / np.maximum(indicator.sum(0), 1)
        return weights

    @staticmethod
    def _known(squared: Floats, averaging: Floats) -> Floats:
        return np.where(averaging.any(0), squared, np.inf)

    @staticmethod
    def _named(space: str, tallies: Tallies) -> Tallies:
        return {f"{name}_{space}": tally for name, tally in tallies.items()}


def numbers_of(sums: Sums) -> dict[str, float]:
    """Every score, and what projection adds to the pairing consistency; NaN where there is nothing to average."""
    means = sums.means()
    gain = means["pairing_consistency_projected"] - means["pairing_consistency_raw"]
    return means | {"pairing_consistency_gain": gain}


def counts_of(sums: Sums) -> dict[str, int]:
    """How many things each of the numbers is a mean of."""
    counts = sums.counts()
    fewer = min(counts["pairing_consistency_projected"], counts["pairing_consistency_raw"])
    return counts | {"pairing_consistency_gain": fewer}
