"""Other ways to what the projection is for: the leading principal components removed, the named distractors regressed out.

If distractors hide the parallelograms, taking just these away must show them. What is taken away is learned on the pairs that
may be trained on, like the projection; scores are those of held-out pairs in what is left of the raw space.

Intervals of the gain are those of other held-out pairs: a jackknife leaves out groups of these, and what was learned stays.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saegeo_core.statistics.resampling import jackknife_of
from saegeo_crystals.discriminant import double_centred, leading_eigenvectors
from saegeo_crystals.folds import trained_on
from saegeo_crystals.held_out import BASE, Experiment, Fold, Sums, Tallies
from saegeo_crystals.pairs import Integers, Pairs
from saegeo_crystals.scores import quadruple_scores
from saegeo_crystals.word_facts import WordFacts
from saegeo_crystals.word_space import PairProducts, WordSpace

if TYPE_CHECKING:
    import pandas as pd

    from saegeo_core.progress import Progress

Floats = NDArray[np.float64]

REMOVED = (1, 2, 3, 5, 10)
RAW = "raw"
PAIRING = "pairing_consistency"


def comparison_table(
    experiment: Experiment, facts: WordFacts, groups: Integers, progress: "Progress"
) -> "pd.DataFrame":
    """A row for each way, a column for each score, and the gain in pairing consistency over the raw space with its interval.

    `groups` (n_pairs,) are those of the jackknife.
    """
    import pandas as pd

    projection = experiment.projection
    projections = {
        "discriminants, whitened": replace(projection, kind="shrinkage", geometry="whitened"),
        "discriminants, unwhitened": replace(projection, kind="shrinkage", geometry="original"),
        f"discriminants in {projection.n_principal} components": replace(projection, kind="pca", geometry="whitened"),
    }
    labels = experiment.pairs.relation
    ways: dict[str, _Way] = {}
    for number in progress(experiment.numbers, len(experiment.numbers), "ways compared"):
        for way, space in _removals(experiment, number, facts):
            fold = Fold(replace(experiment, space=space), number)
            ways.setdefault(way, _Way(labels, groups)).add(fold, fold.raw_scores(labels), fold.raw_products())
    for way, projection in projections.items():
        ways[way] = _Way(labels, groups)
        for fold in replace(experiment, projection=projection).held_out():
            found = fold.discriminants(labels)
            ways[way].add(fold, fold.scores_in(found, labels), fold.products_in(found))
    gains = {way: one.gain_over(ways[RAW]) for way, one in ways.items()}
    return pd.DataFrame(
        {
            "way": list(ways),
            **{name: [one.sums.mean(name) for one in ways.values()] for name in BASE},
            **{
                f"{PAIRING}_gain{end}": [gain[place] for gain in gains.values()]
                for place, end in enumerate(("", "_low", "_high"))
            },
        }
    )


class _Way:
    """The scores of one way over folds, and its pairing consistency without each group of the held-out pairs."""

    def __init__(self, labels: Integers, groups: Integers) -> None:
        self.sums = Sums()
        self._labels, self._groups = labels, groups
        self._without = {int(group): Sums() for group in np.unique(groups)}

    def add(self, fold: Fold, tallies: Tallies, products: PairProducts) -> None:
        """Add one fold: its scores, and the products of its pairs."""
        self.sums.add(tallies)
        cells = fold.cells(self._labels)
        for group, one in self._without.items():
            kept = cells.keeping(self._groups[fold.test] != group)
            one.add({PAIRING: quadruple_scores(products, kept)[PAIRING]})

    def gain_over(self, raw: "_Way") -> tuple[float, float, float]:
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


def _removals(experiment: Experiment, number: int, facts: WordFacts) -> Iterator[tuple[str, WordSpace]]:
    """Each way's name and what it leaves of the words, as the pairs that may be trained on say."""
    space, pairs = experiment.space, experiment.pairs

    train = pairs.take(np.flatnonzero(trained_on(pairs, experiment.folds, number)))
    with_differences = space.with_differences(train)
    kernel = double_centred(with_differences[:, train.outputs] - with_differences[:, train.inputs])
    yield RAW, space
    values, vectors = leading_eigenvectors(kernel, max(REMOVED))
    on_axes = with_differences.T @ (vectors / np.sqrt(np.maximum(values, np.finfo(float).tiny)))
    for k in REMOVED:
        if k <= np.count_nonzero(values > 0):
            left = WordSpace(space.products - on_axes[:, :k] @ on_axes[:, :k].T, space.dimension)
            yield f"without {k} component{'s' * (k > 1)}", left
    if facts.names:
        yield "without distractors", without_facts(space, with_differences, kernel, facts, train)


def without_facts(
    space: WordSpace, with_differences: Floats, kernel: Floats, facts: WordFacts, train: Pairs
) -> WordSpace:
    """The words less what their facts predict, by least squares of the training differences on differences of facts.

    With T the centred differences of facts (n, q) and D those of vectors (n, d), every word x with facts t becomes
    x - t'B, B = T⁺D: in inner products alone.
    """
    known = facts.differences(train)
    solution = np.linalg.pinv(known - known.mean(0))  # (q, n)
    values = facts.values - facts.values.mean(0)
    predicted = (
        with_differences.T @ solution.T @ values.T
    )  # products of every word with what facts predict of every other
    again = values @ (solution @ kernel @ solution.T) @ values.T
    return WordSpace(space.products - predicted - predicted.T + again, space.dimension)
