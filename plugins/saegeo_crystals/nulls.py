"""What the scores are where one thing is destroyed and everything else kept.

* Partners shuffled inside each relation: categories stay (capitals remain capitals), which capital belongs to which country
  is lost. This null judges: what exceeds it is pairing.
* Relation labels permuted: the pairs stay, what they have in common is lost.

Both are permuted within folds. The folds know the relations (they are dealt evenly over them), so only permutations that leave
every fold its pairs of every relation give scores that are exchangeable with those seen.
"""

import numpy as np
from numpy.typing import NDArray

from saegeo_core.analysis import Progress
from saegeo_core.statistics.permutation import permute_within
from saegeo_crystals.held_out import NAMES, Projection, Sums, folds_of, held_out_sums
from saegeo_crystals.pairs import Integers, Pairs
from saegeo_crystals.word_space import WordSpace

Floats = NDArray[np.float64]


def shuffled_partners(pairs: Pairs, folds: Integers, rng: np.random.Generator) -> Pairs:
    """The pairs with their outputs shuffled among those of one relation in one fold."""
    return pairs.with_outputs(permute_within(pairs.relation * (int(folds.max()) + 1) + folds, rng))


def partner_null(
    space: WordSpace,
    pairs: Pairs,
    folds: Integers,
    projection: Projection,
    rng: np.random.Generator,
    n_draws: int,
    progress: Progress,
) -> Floats:
    """Scores with shuffled partners, everything learned anew, float64 (n_draws, len(NAMES))."""
    draws = progress(range(n_draws), n_draws, "partners shuffled")
    scores = [held_out_sums(space, shuffled_partners(pairs, folds, rng), folds, projection).scores() for _ in draws]
    return np.array(scores).reshape(-1, len(NAMES))


def label_null(
    space: WordSpace,
    pairs: Pairs,
    folds: Integers,
    projection: Projection,
    rng: np.random.Generator,
    n_draws: int,
    progress: Progress,
) -> Floats:
    """Scores with permuted relations, float64 (n_draws, len(NAMES)). The labels do not enter the factorisation of a fold."""
    labellings = [pairs.relation[permute_within(folds, rng)] for _ in range(n_draws)]
    sums = [Sums() for _ in labellings]
    n_folds = len(np.unique(folds))
    for fold in progress(folds_of(space, pairs, folds, projection), n_folds, "relations permuted"):
        for one, labels in zip(sums, labellings, strict=True):
            one.add(fold.scores(labels))
    return np.array([one.scores() for one in sums]).reshape(-1, len(NAMES))
