"""Draws of the two nulls, which have the mean and the covariance of the rows and no other structure.

**Gaussian rows.** The scores of the first q principal components of Gaussian rows, whitened by their own sample covariance, are
uniform on the n x q matrices with orthogonal centered columns, whatever the covariance of the rows. Normal draws whitened the
same way are too. So negentropies compare exactly, and depend on n, q and k alone: the draws of default sizes come with this
package, made by `tools/draw_gaussian_surrogates.py`. Distances compare exactly as well, for any number of rows and dimensions:
given mean and covariance of the sample, Gaussian rows are R W with R a uniform random rotation that keeps the mean (Langsrud
2005). Along the principal axes R W is a random matrix of orthonormal centered columns times the singular values, and no
covariance is estimated.

**Directions** z / |z| with z Gaussian, times the cloud's own lengths: what is read where there is nothing but a covariance of
directions, whatever the lengths. This null judges. On rows of one length it is a sphere; nothing changes at once where one length
does.

Draws that do not come with the package are kept in the user's cache. The i-th has a seed of its own, so that fewer draws are the
first of more, and whether they were kept changes no number.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.measuring.cache import cached_draws
from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors
from saegeo_core.numerics.largest_entries import largest_entries
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.own_lengths import Ellipsoid, dealt, in_order_of_extent
from saegeo_entropy.angular_gaussian import LEADING_AXES, AngularGaussian, angular_gaussian
from saegeo_entropy.kozachenko_leonenko import raw_negentropy
from saegeo_entropy.neighbor_statistics import N_NEIGHBORS, NeighborStatistics
from saegeo_entropy.principal_axes import PrincipalAxes, principal_axes, random_scores
from saegeo_entropy.scored_rows import ScoredRows

GAUSSIAN = "Gaussian rows with the cloud's mean and covariance (exact)"
ANGULAR = "directions of an angular Gaussian with the mean and covariance of the cloud's, at the cloud's own lengths"

GAUSSIAN_RECIPE = 1
ANGULAR_RECIPE = 7
NEIGHBOR_RECIPE = 7
"""Each goes up whenever the same seeds would give other draws."""

ALIKE = 1e-6
"""Relative difference of lengths up to which rows are of one length, as rows in float32 are."""

MANY_DIMENSIONS = 8
"""From which draws are made in float32: in fewer, near points are as near as it rounds."""

WIDE_RANGE = 100.0
"""Ratio of the longest row to the shortest from which products in float32 lose what is near among short rows."""

SHIPPED = "gaussian_surrogates.json"


@dataclass(frozen=True, eq=False)
class DirectionsAtLengths:
    """The judging null: directions of an angular Gaussian at the lengths of a cloud's rows.

    Attributes:
        angular: draws the directions.
        ellipsoid: of the cloud's directions, along the leading axes.
        by_extent: (n,), lengths of the rows in the order of its extent.
    """

    angular: AngularGaussian
    ellipsoid: Ellipsoid
    by_extent: Floats

    @classmethod
    def of(cls, rows: ScoredRows, axes: PrincipalAxes) -> "DirectionsAtLengths | None":
        """The null matched to some rows with these axes; None where all of them lie along one direction."""
        axes = _axes_of_directions(rows, axes)
        if not axes.rank:
            return None
        angular = angular_gaussian(axes, len(rows))
        m = angular.n_leading
        # Axes point the way of the mean, as those of the draws do.
        mean, signs = np.abs(axes.mean[:m]), np.where(axes.mean[:m] < 0.0, -1.0, 1.0)
        ellipsoid = Ellipsoid.of(np.diag(axes.variances[:m]) + np.outer(mean, mean), axes.rank + 1)
        extents = ellipsoid.extent((axes.scores[:, :m] + axes.mean[:m]) * signs)
        return cls(angular, ellipsoid, in_order_of_extent(rows.lengths, extents))

    @property
    def has_one_length(self) -> bool:
        """Whether all rows are of one length."""
        return are_alike(self.by_extent)

    def at_lengths(self, directions: NDArray[np.floating[Any]]) -> Floats:
        """Directions (n, m or more), the leading axes first, at the lengths dealt to them."""
        if self.has_one_length:
            return np.asarray(directions * self.by_extent.mean())
        extents = self.ellipsoid.extent(directions[:, : self.angular.n_leading])
        return np.asarray(directions * dealt(self.by_extent, extents)[:, None])


def _axes_of_directions(rows: ScoredRows, axes: PrincipalAxes) -> PrincipalAxes:
    """The principal axes of directions: those of the rows where all are of one length."""
    if not are_alike(rows.lengths):
        return principal_axes(rows.directions, LEADING_AXES)
    length = float(rows.lengths.mean())
    return PrincipalAxes(axes.variances / length**2, axes.scores / length, axes.mean / length, axes.mean_aside / length)


def precision_of(dimensions: int) -> type[np.floating[Any]]:
    """In which draws in so many dimensions are made."""
    return np.float32 if dimensions >= MANY_DIMENSIONS else np.float64


def are_alike(lengths: Floats) -> bool:
    """Whether lengths (n,) are one."""
    return bool(np.abs(lengths - lengths.mean()).max() <= ALIKE * lengths.mean())


def negentropy_draws(
    rows: ScoredRows, axes: PrincipalAxes, widths: Sequence[int], k: int, n_draws: int, *, watch: Watch = iter
) -> dict[int, Mapping[str, Floats]]:
    """For each number of components q the raw negentropies (n_draws,) of its nulls by name, the judging one first.

    Draws that are made now are watched.
    """
    n = len(rows)
    key = {"recipe": ANGULAR_RECIPE, "rows": rows.digest, "q": tuple(widths), "k": k}

    def draw(count: int) -> Floats:
        null = DirectionsAtLengths.of(rows, axes)
        return (
            np.empty((0, len(widths))) if null is None else angular_negentropies(null, n, widths, k, count, watch=watch)
        )

    angular = cached_draws("entropy-angular", key, n_draws, draw)
    return {
        q: {
            **({ANGULAR: column} if len(column) else {}),
            GAUSSIAN: gaussian_negentropies(n, q, k, n_draws, watch=watch),
        }
        for q, column in zip(widths, angular.T, strict=True)
    }


def neighbor_draws(
    rows: ScoredRows, axes: PrincipalAxes, n_draws: int, device: str, *, watch: Watch = iter
) -> dict[str, list[NeighborStatistics]]:
    """Statistics of null clouds by the name of the null, the judging one first. Draws that are made now are watched."""

    def draw(count: int) -> Floats:
        at_lengths = DirectionsAtLengths.of(rows, axes)
        return null_statistics(len(rows), axes.variances, at_lengths, n_draws=count, device=device, watch=watch)

    arrays = cached_draws("entropy-neighbors", {"recipe": NEIGHBOR_RECIPE, "rows": rows.digest}, n_draws, draw)
    models = [GAUSSIAN, ANGULAR][: arrays.shape[1]]
    return {
        model: [NeighborStatistics.from_array(one[place]) for one in arrays]
        for place, model in reversed(list(enumerate(models)))
    }


def gaussian_negentropies(n: int, q: int, k: int, n_draws: int, *, watch: Watch = iter) -> Floats:
    """Raw negentropies (n_draws,) of n Gaussian points in q dimensions: shipped, kept or made now, the same in each case."""
    shipped = shipped_draws().get(f"n={n} q={q} k={k}", [])
    if len(shipped) >= n_draws:
        return np.array(shipped[:n_draws])
    key = {"recipe": GAUSSIAN_RECIPE, "n": n, "q": q, "k": k}
    return cached_draws(
        "entropy-gaussian", key, n_draws, lambda count: draw_gaussian_negentropies(n, q, k, count, watch=watch)
    )


def shipped_draws() -> dict[str, list[float]]:
    """The draws that come with this package, by size."""
    kept = json.loads(files("saegeo_entropy").joinpath(SHIPPED).read_text())
    draws: dict[str, list[float]] = kept["draws"] if kept["recipe"] == GAUSSIAN_RECIPE else {}
    return draws


def draw_gaussian_negentropies(n: int, q: int, k: int, n_draws: int, *, watch: Watch = iter) -> Floats:
    """What `gaussian_negentropies` gives, made now."""
    draws = np.empty(n_draws)

    def make(i: int) -> None:
        points = np.random.default_rng([GAUSSIAN_RECIPE, n, q, k, i]).standard_normal((n, q))
        draws[i] = raw_negentropy(points, k)

    side_by_side(make, watch(range(n_draws)), "cpu")
    return draws


def angular_negentropies(
    null: DirectionsAtLengths, n: int, widths: Sequence[int], k: int, n_draws: int, *, watch: Watch = iter
) -> Floats:
    """Raw negentropies (n_draws, n_widths) of n null rows along their first q principal axes, for each q of `widths`.

    Unlike lengths mix axes of almost equal variance, and which mixture has most variance is not chance: so the principal axes of
    the rows are found anew, as those of the cloud were. Directions have theirs along the coordinates, in every draw.
    """
    draws = np.empty((n_draws, len(widths)))
    precision = precision_of(min(widths))
    length = float(null.by_extent.mean())

    def make(i: int) -> None:
        scores = null.angular.leading_directions(n, np.random.default_rng([ANGULAR_RECIPE, i]), precision)
        if not null.has_one_length:
            scores = principal_axes((null.at_lengths(scores) / length).astype(precision), max(widths)).scores
        draws[i] = [raw_negentropy(scores[:, :q].astype(np.float64), k) for q in widths]

    side_by_side(make, watch(range(n_draws)), "cpu")
    return draws


def null_statistics(
    n: int,
    variances: Floats,
    at_lengths: DirectionsAtLengths | None,
    *,
    n_draws: int,
    device: str = "cpu",
    watch: Watch = iter,
) -> Floats:
    """Statistics of null clouds, shape (n_draws, 1 or 2 nulls, 39): of Gaussian rows and, where given, of directions.

    Args:
        n: rows.
        variances: (rank,), of the rows along their principal axes, sums of squares over n.
        at_lengths: the null for directions.
        n_draws: how many null clouds.
        device: where neighbors are looked for.
        watch: wraps the loop over draws (`saegeo_core.numerics`).
    """
    draws = np.empty((n_draws, 1 if at_lengths is None else 2, 2 * N_NEIGHBORS - 1))
    precision = precision_of(len(variances))
    rank = len(variances) if at_lengths is None else max(len(variances), at_lengths.angular.rank)

    unit = 2.0 ** np.round(np.log2(variances.sum()) / 2)  # near one, no product of float32 vanishes or overflows

    def near(rows_in_units: NDArray[np.floating[Any]]) -> Floats:
        distances: Floats = unit * distances_of_null_rows(torch.from_numpy(rows_in_units.astype(precision)).to(device))
        return distances

    def make(i: int) -> None:
        scores = random_scores(n, rank, np.random.default_rng([NEIGHBOR_RECIPE, i]), precision)
        distances = [near(scores[:, : len(variances)] * (np.sqrt(variances) / unit).astype(precision))]
        if at_lengths is not None:
            directions = at_lengths.angular.directions(scores[:, : at_lengths.angular.rank])
            rows = at_lengths.at_lengths(directions)
            is_wide = at_lengths.by_extent.max() > WIDE_RANGE * at_lengths.by_extent.min()
            distances.append(euclidean_neighbors(rows, N_NEIGHBORS).distances if is_wide else near(rows / unit))
        draws[i] = [NeighborStatistics.of_distances(one).as_array() for one in distances]

    side_by_side(make, watch(range(n_draws)), device)
    return draws


def distances_of_null_rows(rows: torch.Tensor) -> Floats:
    """Distances (n, 20) by products of all rows in their precision: draws hold no near rows, for which these would lose digits."""
    rows = rows - rows.mean(0)
    squares = rows.square().sum(1)
    distances = torch.addmm(squares, rows, rows.T, alpha=-2).add_(squares[:, None]).fill_diagonal_(torch.inf)
    nearest = largest_entries(distances.neg_(), N_NEIGHBORS)[0].neg_()
    return np.asarray(nearest.double().sqrt_().numpy(force=True))
