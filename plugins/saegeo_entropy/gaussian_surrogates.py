"""Negentropies of Gaussian points: what the estimate reads where there is nothing to find.

The scores of the first q principal components of Gaussian rows, whitened by their own sample covariance, are uniform on the
n x q matrices with orthogonal centred columns, whatever the covariance of the rows. Normal draws whitened the same way are too.
So the comparison is exact, and depends on n, q and k alone: the draws of default sizes come with this package, made by
`tools/draw_gaussian_surrogates.py`, others are kept in the user's cache.
"""

import json
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from saegeo_core.measuring.cache import cached_draws
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_entropy.negentropy import raw_negentropy

Floats = NDArray[np.float64]

RECIPE = 1
"""Goes up whenever the same seeds would give other draws."""

SHIPPED = "gaussian_surrogates.json"


def gaussian_negentropies(n: int, q: int, k: int, n_draws: int) -> Floats:
    """Raw negentropies (n_draws,) of n Gaussian points in q dimensions: shipped, kept or made now, the same in each case."""
    shipped = shipped_draws().get(f"n={n} q={q} k={k}", [])
    if len(shipped) >= n_draws:
        return np.array(shipped[:n_draws])
    key = {"recipe": RECIPE, "n": n, "q": q, "k": k}
    return cached_draws("entropy-gaussian", key, n_draws, lambda count: draw_negentropies(n, q, k, count))


def draw_negentropies(n: int, q: int, k: int, n_draws: int) -> Floats:
    """The same, made now. The i-th draw has a seed of its own, so that fewer draws are the first of more."""
    draws = np.empty(n_draws)

    def make(i: int) -> None:
        points = np.random.default_rng([RECIPE, n, q, k, i]).standard_normal((n, q))
        draws[i] = raw_negentropy(points, k)

    side_by_side(make, range(n_draws), "cpu")
    return draws


def shipped_draws() -> dict[str, list[float]]:
    """The draws that come with this package, by size."""
    kept = json.loads(files("saegeo_entropy").joinpath(SHIPPED).read_text())
    draws: dict[str, list[float]] = kept["draws"] if kept["recipe"] == RECIPE else {}
    return draws
