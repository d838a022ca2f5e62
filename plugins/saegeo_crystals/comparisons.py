"""Other ways to what the projection is for: the leading principal components removed, the named distractors regressed out.

If distractors hide the parallelograms, taking just these away must show them. What is taken away is learned on the pairs that
may be trained on, like the projection; scores are those of held-out pairs in what is left of the raw space.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saegeo_crystals.discriminant import double_centred, leading_eigenvectors
from saegeo_crystals.folds import trained_on
from saegeo_crystals.held_out import BASE, Experiment, Fold, Sums, Tallies
from saegeo_crystals.pairs import Pairs
from saegeo_crystals.word_facts import WordFacts
from saegeo_crystals.word_space import WordSpace

if TYPE_CHECKING:
    import pandas as pd

    from saegeo_core.analysis import Progress

Floats = NDArray[np.float64]

REMOVED = (1, 2, 3, 5, 10)
RAW = "raw"


def comparison_table(experiment: Experiment, facts: WordFacts, progress: "Progress") -> "pd.DataFrame":
    """A row for each way, a column for each score, and the gain in pairing consistency over the raw space."""
    import pandas as pd

    projection = experiment.projection
    projections = {
        "shrinkage discriminants, whitened": replace(projection, kind="shrinkage", geometry="whitened"),
        "shrinkage discriminants, original inner product": replace(projection, kind="shrinkage", geometry="original"),
        f"{projection.n_principal} principal components, then discriminants": replace(
            projection, kind="pca", geometry="whitened"
        ),
    }
    sums: dict[str, Sums] = {}
    for number in progress(experiment.numbers, len(experiment.numbers), "ways compared"):
        for way, tallies in _removals(experiment, number, facts):
            sums.setdefault(way, Sums()).add(tallies)
    for way, one in projections.items():
        sums[way] = Sums()
        for fold in replace(experiment, projection=one).held_out():
            labels = experiment.pairs.relation
            sums[way].add(fold.scores_in(fold.discriminants(labels), labels))
    table = pd.DataFrame({"way": list(sums), **{name: [one.mean(name) for one in sums.values()] for name in BASE}})
    table["pairing_consistency_gain"] = table["pairing_consistency"] - sums[RAW].mean("pairing_consistency")
    return table


def _removals(experiment: Experiment, number: int, facts: WordFacts) -> Iterator[tuple[str, Tallies]]:
    space, pairs = experiment.space, experiment.pairs

    def scored(words: WordSpace) -> Tallies:
        return Fold(replace(experiment, space=words), number).raw_scores(pairs.relation)

    train = pairs.take(np.flatnonzero(trained_on(pairs, experiment.folds, number)))
    with_differences = space.with_differences(train)
    kernel = double_centred(with_differences[:, train.outputs] - with_differences[:, train.inputs])
    yield RAW, scored(space)
    values, vectors = leading_eigenvectors(kernel, max(REMOVED))
    on_axes = with_differences.T @ (vectors / np.sqrt(np.maximum(values, np.finfo(float).tiny)))
    for k in REMOVED:
        if k <= np.count_nonzero(values > 0):
            left = WordSpace(space.products - on_axes[:, :k] @ on_axes[:, :k].T, space.dimension)
            yield f"without {k} principal component{'s' * (k > 1)}", scored(left)
    if facts.names:
        yield f"without {', '.join(facts.names)}", scored(without_facts(space, with_differences, kernel, facts, train))


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
