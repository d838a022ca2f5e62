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

from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.permutation import permutations_within, permute_within
from saegeo_crystals.held_out import CrossValidation, Fold, numbers_of
from saegeo_crystals.scores import Sums

if TYPE_CHECKING:
    from saegeo_core.progress import Progress

Numbers = dict[str, float]


def shuffled_partners(validation: CrossValidation, rng: np.random.Generator) -> CrossValidation:
    """The same with the outputs shuffled among the pairs of one relation in one fold."""
    pairs, folds = validation.pairs, validation.folds
    strata = pairs.relation * (int(folds.max()) + 1) + folds
    return replace(validation, pairs=pairs.with_outputs(permute_within(strata, rng)))


def numbers_of_all(validations: Sequence[CrossValidation], progress: "Progress", description: str) -> list[Numbers]:
    """Every number of every cross-validation, these side by side."""
    numbers: list[Numbers] = [{} for _ in validations]

    def score(place: int) -> None:
        numbers[place] = numbers_of(validations[place].sums())

    places = range(len(validations))
    side_by_side(score, progress(places, len(places), description), "cpu")
    return numbers


def partner_null(
    validation: CrossValidation, rng: np.random.Generator, n_draws: int, progress: "Progress"
) -> list[Numbers]:
    """Every number of each draw with shuffled partners, everything learned anew."""
    shuffled = [shuffled_partners(validation, rng) for _ in range(n_draws)]
    return numbers_of_all(shuffled, progress, "partners shuffled")


def label_null(
    validation: CrossValidation, rng: np.random.Generator, n_draws: int, progress: "Progress"
) -> list[Numbers]:
    """Every number of each draw with permuted relations. The labels do not enter the factorization of a fold."""
    relation = validation.pairs.relation
    labelings = [relation[permutation] for permutation in permutations_within(validation.folds, rng, n_draws)]
    sums = [Sums() for _ in labelings]
    for fold in progress(validation.held_out(), len(validation.fold_numbers), "relations permuted"):
        fold.prepare()

        def add_scores(draw: int, fold: Fold = fold) -> None:
            sums[draw].add(fold.scores(labelings[draw]))

        side_by_side(add_scores, range(n_draws), "cpu")
    return [numbers_of(one) for one in sums]
