"""What the scores are where one thing is destroyed and everything else kept.

* Partners shuffled inside each relation: categories stay (capitals remain capitals), which capital belongs to which country
  is lost. This null judges: what exceeds it is pairing.
* Relation labels permuted: the pairs stay, what they have in common is lost.

Both are permuted within folds. The folds know the relations (they are dealt evenly over them), so only permutations that leave
every fold its pairs of every relation give scores that are exchangeable with those seen.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.permutation import permute_within
from saegeo_crystals.held_out import NAMES, Experiment, Fold, Sums

if TYPE_CHECKING:
    from saegeo_core.progress import Progress

Floats = NDArray[np.float64]


def shuffled_partners(experiment: Experiment, rng: np.random.Generator) -> Experiment:
    """The same with the outputs shuffled among the pairs of one relation in one fold."""
    pairs, folds = experiment.pairs, experiment.folds
    cells = pairs.relation * (int(folds.max()) + 1) + folds
    return replace(experiment, pairs=pairs.with_outputs(permute_within(cells, rng)))


def scores_of_all(experiments: Sequence[Experiment], progress: "Progress", description: str) -> Floats:
    """Every score of every experiment, float64 (n_experiments, len(NAMES)), experiments side by side."""
    scores = np.empty((len(experiments), len(NAMES)))

    def score(number: int) -> None:
        scores[number] = experiments[number].sums().scores()

    numbers = range(len(experiments))
    side_by_side(score, progress(numbers, len(numbers), description), "cpu")
    return scores


def partner_null(experiment: Experiment, rng: np.random.Generator, n_draws: int, progress: "Progress") -> Floats:
    """Scores with shuffled partners, everything learned anew, float64 (n_draws, len(NAMES))."""
    shuffled = [shuffled_partners(experiment, rng) for _ in range(n_draws)]
    return scores_of_all(shuffled, progress, "partners shuffled")


def label_null(experiment: Experiment, rng: np.random.Generator, n_draws: int, progress: "Progress") -> Floats:
    """Scores with permuted relations, float64 (n_draws, len(NAMES)). The labels do not enter the factorisation of a fold."""
    relation = experiment.pairs.relation
    labellings = [relation[permute_within(experiment.folds, rng)] for _ in range(n_draws)]
    sums = [Sums() for _ in labellings]
    for fold in progress(experiment.held_out(), len(experiment.numbers), "relations permuted"):
        fold.prepare()

        def add_scores(draw: int, fold: Fold = fold) -> None:
            sums[draw].add(fold.scores(labellings[draw]))

        side_by_side(add_scores, range(n_draws), "cpu")
    return np.array([one.scores() for one in sums]).reshape(-1, len(NAMES))
