"""Other ways to what the projection is for: the leading principal components removed, the named distractors regressed out.

If distractors hide the parallelograms, taking just these away must show them. What is taken away is learned on the pairs that
may be trained on, like the projection; scores are those of held-out pairs in what is left of the raw space.

Intervals of the gain are those of other held-out pairs: a jackknife leaves out groups of these, and what was learned stays.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.resampling import jackknife_of
from saegeo_crystals.discriminant import double_centered, leading_eigenvectors
from saegeo_crystals.distractors import Distractors
from saegeo_crystals.held_out import CrossValidation, Fold, trained_on
from saegeo_crystals.pairs import Pairs
from saegeo_crystals.scores import Sums, Tallies, quadruple_scores
from saegeo_crystals.word_space import PairProducts, WordSpace

if TYPE_CHECKING:
    from saegeo_core.progress import Progress

REMOVED = (1, 2, 3, 5, 10)
"""Numbers of leading components that are removed."""
RAW = "raw"
"""The way that removes nothing, with which the others are compared."""
PAIRING = "pairing_consistency"


def removal_table(
    validation: CrossValidation, distractors: Distractors, groups: Integers, progress: "Progress"
) -> pd.DataFrame:
    """A row for each way, a column for each score, and the gain in pairing consistency over the raw space with its interval.

    `groups` (n_pairs,) are those of the jackknife.
    """
    projection = validation.projection
    projections = {
        "discriminants, whitened": replace(projection, kind="shrinkage", geometry="whitened"),
        "discriminants, unwhitened": replace(projection, kind="shrinkage", geometry="original"),
        f"discriminants in {projection.n_principal} components": replace(projection, kind="pca", geometry="whitened"),
    }
    labels = validation.pairs.relation
    removals: dict[str, _Removal] = {}
    for number in progress(validation.fold_numbers, len(validation.fold_numbers), "ways compared"):
        for way, space in _removals(validation, number, distractors):
            fold = Fold(replace(validation, space=space), number)
            removals.setdefault(way, _Removal(labels, groups)).add(fold, fold.raw_scores(labels), fold.raw_products())
    for way, projection in projections.items():
        removals[way] = _Removal(labels, groups)
        for fold in replace(validation, projection=projection).held_out():
            found = fold.discriminants(labels)
            removals[way].add(fold, fold.scores_in(found, labels), fold.products_in(found))
    gains = {way: one.gain_over(removals[RAW]) for way, one in removals.items()}
    return pd.DataFrame(
        {
            "way": list(removals),
            **{name: [one.sums.mean(name) for one in removals.values()] for name in removals[RAW].sums.means()},
            **{
                f"{PAIRING}_gain{end}": [gain[place] for gain in gains.values()]
                for place, end in enumerate(("", "_low", "_high"))
            },
        }
    )


class _Removal:
    """The scores of one way of removing over folds, and its pairing consistency without each group of the held-out pairs."""

    def __init__(self, labels: Integers, groups: Integers) -> None:
        self.sums = Sums()
        self._labels, self._groups = labels, groups
        self._without = {int(group): Sums() for group in np.unique(groups)}

    def add(self, fold: Fold, tallies: Tallies, products: PairProducts) -> None:
        """Add one fold: its scores, and the products of its pairs."""
        self.sums.add(tallies)
        grouped = fold.grouped(self._labels)
        for group, one in self._without.items():
            kept = grouped.keeping(self._groups[fold.test] != group)
            one.add({PAIRING: quadruple_scores(products, kept)[PAIRING]})

    def gain_over(self, raw: "_Removal") -> tuple[float, float, float]:
        """Pairing consistency less that of `raw`, and the ends of its interval; NaN where there is none."""
        gain = self.sums.mean(PAIRING) - raw.sums.mean(PAIRING)
        if self is raw:
            return gain, np.nan, np.nan
        without = [
            a.mean(PAIRING) - b.mean(PAIRING)
            for a, b in zip(self._without.values(), raw._without.values(), strict=True)
        ]
        low, high = jackknife_of(gain, without).confidence_interval if len(without) > 1 else (np.nan, np.nan)
        return gain, low, high


def _removals(validation: CrossValidation, number: int, distractors: Distractors) -> Iterator[tuple[str, WordSpace]]:
    """Each way's name and what it leaves of the words, as the pairs that may be trained on say."""
    space, pairs = validation.space, validation.pairs
    train = pairs.take(np.flatnonzero(trained_on(pairs, validation.folds, number)))
    with_differences = space.with_differences(train)
    kernel = double_centered(with_differences[:, train.outputs] - with_differences[:, train.inputs])
    yield RAW, space
    values, vectors = leading_eigenvectors(kernel, max(REMOVED))
    on_axes = with_differences.T @ (vectors / np.sqrt(np.maximum(values, np.finfo(float).tiny)))
    for k in REMOVED:
        if k <= np.count_nonzero(values > 0):
            left = WordSpace(space.products - on_axes[:, :k] @ on_axes[:, :k].T, space.dimension)
            yield f"without {k} component{'s' * (k > 1)}", left
    if distractors.names:
        yield "without distractors", without_distractors(space, with_differences, kernel, distractors, train)


def without_distractors(
    space: WordSpace, with_differences: Floats, kernel: Floats, distractors: Distractors, train: Pairs
) -> WordSpace:
    """The words less what their distractors predict, by least squares of the training differences on those of distractors.

    With T the centered differences of distractors (n, q) and D those of vectors (n, d), every word x with distractors t becomes
    x - t'B, B = T⁺D: in inner products alone.
    """
    known = distractors.differences(train)
    solution = np.linalg.pinv(known - known.mean(0))  # (q, n)
    values = distractors.values - distractors.values.mean(0)
    predicted = (
        with_differences.T @ solution.T @ values.T
    )  # products of every word with what distractors predict of every other
    again = values @ (solution @ kernel @ solution.T) @ values.T
    return WordSpace(space.products - predicted - predicted.T + again, space.dimension)
