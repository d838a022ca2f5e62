"""Negentropies of angular Gaussian surrogates: what the estimate reads on a sphere where there is no structure but a covariance.

Dividing by lengths mixes axes of almost equal variance, and which mixture has most variance is not chance: so the principal axes
of the directions are found anew, as those of the rows were. Leaving that out read 0.9 standard deviations low at n = 400.
"""

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_entropy.angular_gaussian import AngularGaussian
from saegeo_entropy.negentropy import raw_negentropy
from saegeo_entropy.principal_axes import principal_axes

Floats = NDArray[np.float64]

RECIPE = 3
"""Goes up whenever the same seeds would give other draws."""


def angular_negentropies(null: AngularGaussian, n: int, q: tuple[int, ...], k: int, n_draws: int) -> Floats:
    """Raw negentropies (n_draws, len(q)) of n directions along their first q principal axes, for each q.

    The i-th draw has a seed of its own, so that fewer draws are the first of more.
    """
    draws = np.empty((n_draws, len(q)))

    def make(i: int) -> None:
        directions = null.leading_directions(n, np.random.default_rng([RECIPE, i]))
        scores = principal_axes(directions).scores
        draws[i] = [raw_negentropy(scores[:, :width], k) for width in q]

    side_by_side(make, range(n_draws), "cpu")
    return draws
