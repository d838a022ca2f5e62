"""Draws of the two nulls, which have the mean and the covariance of the rows and no other structure.

**Gaussian rows.** The scores of the first q principal components of Gaussian rows, whitened by their own sample covariance, are
uniform on the n x q matrices with orthogonal centered columns, whatever the covariance of the rows. Normal draws whitened the
same way are too. So negentropies compare exactly, and depend on n, q and k alone: the draws of default sizes come with this
package, made by `tools/draw_gaussian_surrogates.py`. Distances compare exactly as well, for any number of rows and dimensions:
given mean and covariance of the sample, Gaussian rows are R W with R a uniform random rotation that keeps the mean (Langsrud
2005). Along the principal axes R W is a random matrix of orthonormal centered columns times the singular values, and no
covariance is estimated.

**Directions** z / |z| with z Gaussian, for rows of one length: what is read on a sphere where there is nothing but a covariance.

Draws that do not come with the package are kept in the user's cache. The i-th has a seed of its own, so that fewer draws are the
first of more, and whether they were kept changes no number.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np
import torch

from saegeo_core.measuring.cache import cached_draws
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_entropy.angular_gaussian import AngularGaussian, angular_gaussian
from saegeo_entropy.kozachenko_leonenko import raw_negentropy
from saegeo_entropy.neighbor_statistics import N_NEIGHBORS, NeighborStatistics
from saegeo_entropy.principal_axes import PrincipalAxes, principal_axes, random_scores
from saegeo_entropy.scored_rows import ScoredRows

GAUSSIAN = "Gaussian rows with the cloud's mean and covariance (exact)"
ANGULAR = "angular Gaussian: rows of one length with the cloud's mean and covariance"

GAUSSIAN_RECIPE = 1
ANGULAR_RECIPE = 3
NEIGHBOR_RECIPE = 3
"""Each goes up whenever the same seeds would give other draws."""

SHIPPED = "gaussian_surrogates.json"


def negentropy_draws(
    rows: ScoredRows, axes: PrincipalAxes, widths: Sequence[int], k: int, n_draws: int
) -> dict[int, Mapping[str, Floats]]:
    """For each number of components q the raw negentropies (n_draws,) of its nulls by name, the judging one first.

    Rows of one length are judged on the sphere.
    """
    n, angular = len(rows), {}
    if rows.have_one_length:
        key = {"recipe": ANGULAR_RECIPE, "rows": rows.digest, "q": tuple(widths), "k": k}

        def draw(count: int) -> Floats:
            return angular_negentropies(angular_gaussian(axes, n), n, widths, k, count)

        angular = dict(zip(widths, cached_draws("entropy-angular", key, n_draws, draw).T, strict=True))
    return {
        q: {**({ANGULAR: angular[q]} if q in angular else {}), GAUSSIAN: gaussian_negentropies(n, q, k, n_draws)}
        for q in widths
    }


def neighbor_draws(
    rows: ScoredRows, axes: PrincipalAxes, n_draws: int, device: str
) -> dict[str, list[NeighborStatistics]]:
    """Statistics of null clouds by the name of the null, the judging one first."""
    n, is_angular = len(rows), rows.have_one_length

    def draw(count: int) -> Floats:
        angular = angular_gaussian(axes, n) if is_angular else None
        return null_statistics(n, axes.variances, angular, float(rows.lengths.mean()), n_draws=count, device=device)

    key = {"recipe": NEIGHBOR_RECIPE, "rows": rows.digest, "angular": is_angular}
    arrays = cached_draws("entropy-neighbors", key, n_draws, draw)
    models = [GAUSSIAN, ANGULAR][: arrays.shape[1]]
    return {
        model: [NeighborStatistics.from_array(one[place]) for one in arrays]
        for place, model in reversed(list(enumerate(models)))
    }


def gaussian_negentropies(n: int, q: int, k: int, n_draws: int) -> Floats:
    """Raw negentropies (n_draws,) of n Gaussian points in q dimensions: shipped, kept or made now, the same in each case."""
    shipped = shipped_draws().get(f"n={n} q={q} k={k}", [])
    if len(shipped) >= n_draws:
        return np.array(shipped[:n_draws])
    key = {"recipe": GAUSSIAN_RECIPE, "n": n, "q": q, "k": k}
    return cached_draws("entropy-gaussian", key, n_draws, lambda count: draw_gaussian_negentropies(n, q, k, count))


def shipped_draws() -> dict[str, list[float]]:
    """The draws that come with this package, by size."""
    kept = json.loads(files("saegeo_entropy").joinpath(SHIPPED).read_text())
    draws: dict[str, list[float]] = kept["draws"] if kept["recipe"] == GAUSSIAN_RECIPE else {}
    return draws


def draw_gaussian_negentropies(n: int, q: int, k: int, n_draws: int) -> Floats:
    """What `gaussian_negentropies` gives, made now."""
    draws = np.empty(n_draws)

    def make(i: int) -> None:
        points = np.random.default_rng([GAUSSIAN_RECIPE, n, q, k, i]).standard_normal((n, q))
        draws[i] = raw_negentropy(points, k)

    side_by_side(make, range(n_draws), "cpu")
    return draws


def angular_negentropies(null: AngularGaussian, n: int, widths: Sequence[int], k: int, n_draws: int) -> Floats:
    """Raw negentropies (n_draws, n_widths) of n directions along their first q principal axes, for each q of `widths`.

    Dividing by lengths mixes axes of almost equal variance, and which mixture has most variance is not chance: so the principal
    axes of the directions are found anew, as those of the rows were. Leaving that out read 0.9 standard deviations low at n = 400.
    """
    draws = np.empty((n_draws, len(widths)))

    def make(i: int) -> None:
        directions = null.leading_directions(n, np.random.default_rng([ANGULAR_RECIPE, i]))
        scores = principal_axes(directions).scores
        draws[i] = [raw_negentropy(scores[:, :q], k) for q in widths]

    side_by_side(make, range(n_draws), "cpu")
    return draws


def null_statistics(
    n: int,
    variances: Floats,
    angular: AngularGaussian | None,
    length: float,
    *,
    n_draws: int,
    device: str = "cpu",
) -> Floats:
    """Statistics of null clouds, shape (n_draws, 1 or 2 nulls, 39): of Gaussian rows and, where given, of directions.

    Args:
        n: rows.
        variances: (rank,), of the rows along their principal axes, sums of squares over n.
        angular: the null for directions, along the same axes and the rest of the mean.
        length: of the rows, for directions.
        n_draws: how many null clouds.
        device: where neighbors are looked for.
    """
    draws = np.empty((n_draws, 1 if angular is None else 2, 2 * N_NEIGHBORS - 1))

    def make(i: int) -> None:
        scores = random_scores(n, len(variances), np.random.default_rng([NEIGHBOR_RECIPE, i]))
        clouds = [scores * np.sqrt(variances)]
        if angular is not None:
            clouds.append(length * angular.directions(scores))
        distances = (distances_of_null_rows(torch.from_numpy(cloud).to(device)) for cloud in clouds)
        draws[i] = [NeighborStatistics.of_distances(one).as_array() for one in distances]

    side_by_side(make, range(n_draws), device)
    return draws


def distances_of_null_rows(rows: torch.Tensor) -> Floats:
    """Distances (n, 20) by products of all rows in float64: draws hold no near rows, for which these would lose digits."""
    squares = rows.square().sum(1)
    distances = torch.addmm(squares, rows, rows.T, alpha=-2).add_(squares[:, None]).fill_diagonal_(torch.inf)
    return np.asarray(distances.topk(N_NEIGHBORS, dim=1, largest=False).values.sqrt_().numpy(force=True))
