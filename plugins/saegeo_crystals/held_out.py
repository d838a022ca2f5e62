"""Scores of pairs that were held out, in the raw space and in the projected one that the other folds taught.

A fold is factorised once for its words; any labelling of its pairs is scored from there. Coordinates of different folds are
not comparable, so a score is summed within folds and never across them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from saegeo_crystals.analogies import analogy_scores
from saegeo_crystals.discriminant import Discriminants, Scatter, principal_scatter, shrunk_scatter
from saegeo_crystals.folds import trained_on
from saegeo_crystals.pairs import Integers, Pairs
from saegeo_crystals.scores import Cells, Tally, nearest_mean_hits, quadruple_scores, silhouette
from saegeo_crystals.word_space import PairProducts, WordSpace, as_cosines

Floats = NDArray[np.float64]
Tallies = dict[str, Tally]

BASE = (
    "silhouette",
    "relation_accuracy",
    "parallelogram_error",
    "trapezoid_cosine",
    "offset_similarity",
    "pairing_consistency",
    "analogy_accuracy",
    "analogy_accuracy_with_query_words",
    "analogy_accuracy_average",
)
GAIN = "pairing_consistency_gain"
NAMES = (*(f"{name}_{space}" for space in ("raw", "projected") for name in BASE), GAIN)


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
class Experiment:
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
    def numbers(self) -> list[int]:
        """The folds that hold pairs."""
        return [int(number) for number in np.unique(self.folds)]

    def take(self, rows: NDArray[np.bool_]) -> "Experiment":
        """The same with some of the pairs only."""
        return replace(self, pairs=self.pairs.take(rows), folds=self.folds[rows])

    def held_out(self) -> "Iterator[Fold]":
        """Every fold held out in turn."""
        return (Fold(self, number) for number in self.numbers)

    def sums(self) -> "Sums":
        """Every score, over all folds."""
        sums = Sums()
        for fold in self.held_out():
            sums.add(fold.scores(self.pairs.relation))
        return sums


class Fold:
    """One fold held out.

    Args:
        experiment: the pairs, of which those of other folds teach.
        number: the fold.
    """

    def __init__(self, experiment: Experiment, number: int) -> None:
        space, pairs = experiment.space, experiment.pairs
        self._space, self._projection = space, experiment.projection
        self._n_relations = pairs.n_relations
        self.test = np.flatnonzero(experiment.folds == number)
        self.train = np.flatnonzero(trained_on(pairs, experiment.folds, number))
        train, test = pairs.take(self.train), pairs.take(self.test)
        with_differences = space.with_differences(train)
        self._kernel = with_differences[:, train.outputs] - with_differences[:, train.inputs]
        # The words held out, by whose numbers the rest of this class counts.
        self._words, numbers = np.unique(np.concatenate([test.inputs, test.outputs]), return_inverse=True)
        self._inputs, self._outputs = numbers[: len(test)], numbers[len(test) :]
        self._on_training = with_differences[:, self._words].T

    @cached_property
    def scatter(self) -> Scatter:
        """That of the training differences, factorised."""
        if self._projection.kind == "pca":
            return principal_scatter(self._kernel, self._projection.n_principal)
        return shrunk_scatter(self._kernel, self._space.dimension)

    def prepare(self) -> None:
        """Compute what every labelling shares, so that several may then be scored at once."""
        _ = self.scatter, self._raw

    def discriminants(self, labels: Integers, most: int | None = None) -> Discriminants:
        """What `labels` (n_pairs,) of all pairs teach in training; `most` directions, by default the projection's."""
        most = most or self._projection.n_components
        found = self.scatter.discriminants(labels[self.train], self._n_relations, most)
        return found.orthonormal(self.scatter.centred) if self._projection.geometry == "original" else found

    @cached_property
    def _raw(self) -> tuple[PairProducts, Floats, Floats]:
        """Products of the words of each pair, products of the offsets, and cosines of the words."""
        among = np.ix_(self._words, self._words)
        products = PairProducts.of_words(self._space.products[among], self._inputs, self._outputs)
        return products, products.of_offsets(), self._space.cosines[among]

    def scores(self, labels: Integers) -> Tallies:
        """Every score of `BASE`, raw and projected, with the relations `labels` (n_pairs,) of all pairs."""
        found = self.discriminants(labels)
        return self._named("raw", self.raw_scores(labels)) | self._named("projected", self.scores_in(found, labels))

    def raw_scores(self, labels: Integers) -> Tallies:
        """Every score of `BASE` in the vectors as they are."""
        held, cells = labels[self.test], self.cells(labels)
        averaging = self._averaging(labels)
        across = self._on_training[self._outputs] - self._on_training[self._inputs]
        products, offsets, cosines = self._raw
        squared = np.einsum("nr,nr->r", averaging, self._kernel @ averaging)
        return {
            "silhouette": silhouette(offsets, held, self._n_relations),
            "relation_accuracy": nearest_mean_hits(across @ averaging, self._known(squared, averaging), held),
            **quadruple_scores(products, cells),
            **analogy_scores(cosines, cells),
        }

    def scores_in(self, found: Discriminants, labels: Integers) -> Tallies:
        """Every score of `BASE` in the coordinates found."""
        held, cells = labels[self.test], self.cells(labels)
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
            **quadruple_scores(products, cells),
            **analogy_scores(as_cosines(words @ words.T), cells),
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

    def cells(self, labels: Integers) -> Cells:
        """The held-out pairs by relation."""
        return Cells.of(labels[self.test], self._n_relations, self._inputs, self._outputs)

    def _averaging(self, labels: Integers) -> Floats:
        """(n_train, n_relations): what the training differences are multiplied by to give the mean of each relation."""
        indicator = labels[self.train][:, None] == np.arange(self._n_relations)
        return indicator / np.maximum(indicator.sum(0), 1)

    @staticmethod
    def _known(squared: Floats, averaging: Floats) -> Floats:
        return np.where(averaging.any(0), squared, np.inf)

    @staticmethod
    def _named(space: str, tallies: Tallies) -> Tallies:
        return {f"{name}_{space}": tally for name, tally in tallies.items()}


class Sums:
    """Tallies added up over folds."""

    def __init__(self) -> None:
        self._totals: dict[str, float] = defaultdict(float)
        self._counts: dict[str, float] = defaultdict(float)

    def add(self, tallies: Tallies) -> None:
        """Add one fold's."""
        for name, (total, count) in tallies.items():
            self._totals[name] += total
            self._counts[name] += count

    def mean(self, name: str) -> float:
        """One score; NaN where there is nothing to average."""
        return self._totals[name] / self._counts[name] if self._counts[name] else np.nan

    def count(self, name: str) -> int:
        """How many things a score is a mean of."""
        if name == GAIN:
            return min(self.count("pairing_consistency_raw"), self.count("pairing_consistency_projected"))
        return int(self._counts[name])

    def scores(self) -> Floats:
        """All of them, float64 (len(NAMES),), in the order of `NAMES`."""
        gain = self.mean("pairing_consistency_projected") - self.mean("pairing_consistency_raw")
        return np.array([gain if name == GAIN else self.mean(name) for name in NAMES])
