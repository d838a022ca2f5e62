"""How near the nearest of many directions lies by chance: for each feature by itself, for chance lies nearer along wide axes."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.statistics.null_pairs import stratified_normals
from saegeo_core.statistics.tail_given_partner import TailGivenPartner

COORDINATES_DRAWN, DRAWN = 2**14, (64, 512)
"""Of the directions of the law from which a tail is told: fewer where they are long, for then their lengths hardly differ. The
coordinate along the feature is integrated out exactly for each."""
HALVINGS = 24
"""Of the interval from 0 to 1 in which a threshold lies."""
ROWS_AT_ONCE = 256
TINY = 1e-12
"""How far from 0 and 1 a cosine is put that its tail is asked of."""

Tail = Callable[[Floats], Floats]


def chance_cosines(
    unit: Tensor,
    law: ProjectedGaussian,
    n_others: int,
    chance: float,
    rng: np.random.Generator,
    *,
    watch: Watch = iter,
) -> Floats:
    """The cosine t_i at which the largest of N cosines of a feature with directions of a law exceeds t_i with a given probability.

    Of N independent directions the largest cosine is at most t with probability (1 - P(cos(x_i, z) > t))^N, so t_i solves
    P(cos(x_i, z) > t) = 1 - (1 - chance)^(1/N).

    Args:
        unit: (n_features, d_in), unit rows.
        law: of the directions of the other dictionary, independent of the features.
        n_others: how many these are, N.
        chance: the probability, in (0, 1).
        rng: draws a few directions of the law.
        watch: wraps the loop over features (`saegeo_core.numerics`).

    Returns:
        float64 (n_features,), in [0, 1]: 0 where even less would do.
    """
    wanted = -np.expm1(np.log1p(-chance) / n_others)
    found = np.empty(len(unit))

    def solve(rows: slice, rarer_than: Tail) -> None:
        low, high = np.zeros((rows.stop - rows.start, 1)), np.ones((rows.stop - rows.start, 1))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            is_rarer = (rarer_than(middle) < wanted)[:, None]
            low, high = np.where(is_rarer, low, middle), np.where(is_rarer, middle, high)
        found[rows] = low[:, 0]

    _with_tails(unit, law, rng, solve, watch)
    return found


def chance_of_nearest(
    unit: Tensor,
    law: ProjectedGaussian,
    n_others: int,
    cosine: Floats,
    rng: np.random.Generator,
    *,
    watch: Watch = iter,
) -> Floats:
    """The probability that the largest of N cosines of a feature with directions of a law exceeds a cosine.

    It is 1 - (1 - P(cos(x_i, z) > t_i))^N, what `chance_cosines` solves for t_i: a p-value of the nearest of N directions.

    Args:
        unit, law, n_others, rng, watch: as there.
        cosine: (n_features,), in [-1, 1]. At 0 and below the probability is put at 1.

    Returns:
        float64 (n_features,), in [0, 1].
    """
    found = np.ones(len(unit))

    def look(rows: slice, rarer_than: Tail) -> None:
        threshold = np.clip(cosine[rows, None], TINY, 1 - TINY)
        tail = np.clip(rarer_than(threshold), 0, 1)
        with np.errstate(divide="ignore"):
            chance = -np.expm1(n_others * np.log1p(-tail))
        found[rows] = np.where(cosine[rows] > 0, chance, 1.0)

    _with_tails(unit, law, rng, look, watch)
    return found


def _with_tails(
    unit: Tensor, law: ProjectedGaussian, rng: np.random.Generator, look: Callable[[slice, Tail], None], watch: Watch
) -> None:
    """Have `look` see some features after the others, with what maps thresholds (n, 1) to their tail probabilities (n,)."""
    along = unit if law.axes is None else unit @ torch.from_numpy(law.axes).to(unit)
    n_drawn = int(np.clip(COORDINATES_DRAWN // len(law.mean), *DRAWN))
    normals, weights = stratified_normals(n_drawn, len(law.mean), rng)
    drawn = law.place(normals)

    def look_at(rows: slice) -> None:
        given = TailGivenPartner(along[rows].double().numpy(force=True), drawn, law.mean, law.variances)
        look(rows, lambda threshold: given.beyond(threshold)[0] @ weights)

    side_by_side(look_at, watch(list(row_slices(len(unit), ROWS_AT_ONCE))), "cpu")
