"""The exact k nearest other points of each point by Euclidean distance, a slab of rows at a time.

The nearest y to x has the largest x.y - |y|^2 / 2. Products are multiplied in a format that the hardware multiplies fast, and
to each is added a proven bound on its error, so that no score is below the true one. The best scores are looked at again: true
distances, from differences in float64, where nothing cancels. Whatever has a score too low for the k-th of these is farther for
certain, and what is left in the running is computed in float64 as well. So the result is that of float64, whatever the format.

The bound: let x', y' be the rounded points, each off by at most e times its length (measured, not assumed), m the rounding of
the format. Then |x'.y' - x.y| <= (2e + e^2) |x| |y|; the float32 sum of d + 1 terms adds (1 + e)^2 (d + 1) 2^-23 |x| |y|, and
rounding it to the format m of its size. The column that adds the bound c |x| |y| to each product is part of what is multiplied.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics.bounded_products import ProductFormat, cpu_multiplies_bfloat16
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.largest_entries import largest_entries
from saegeo_core.numerics.nearest_candidates import nearest_candidates
from saegeo_core.numerics.side_by_side import side_by_side

ENTRIES_AT_ONCE = 2**20
"""Scores of a slab: 4 MB, which stay near the core that made them."""

NUMBERS_AT_ONCE = 2**18
"""Numbers of the differences computed together in float64."""

SPARE = 6
"""Best scores looked at beyond the k-th: with so many, most rows are settled without looking at all their scores again."""

CROWDED = 1 / 16
"""Share of scores in the running from which all scores in float64 cost less than those differences."""

CUSHION = 2**-22
"""Covers that squares, and scores less squares, are rounded to float32."""


@dataclass(frozen=True)
class EuclideanNeighbors:
    """Who lies nearest to each point.

    Attributes:
        indices: int64 (n_points, n_neighbors), the nearest first, of equally near ones the lowest index first; never the
            point itself.
        distances: float64 (n_points, n_neighbors).
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float64]


def euclidean_neighbors(
    points: "Tensor | NDArray[np.floating]",
    n_neighbors: int,
    *,
    device: str | torch.device = "cpu",
    product_format: ProductFormat | None = None,
) -> EuclideanNeighbors:
    """The `n_neighbors` other points nearest to each point, as float64 orders them, on every device.

    Many points in one place, or all equally far from each other, are slow: all of them stay in the running. Points whose
    spread is less than 1e-8 of their distance from the origin lose digits when they are centered: center them before.

    Args:
        points: (n_points, d), floating, finite.
        n_neighbors: fewer than there are points.
        device: where the arithmetic is done. It takes two float64 copies of the points and two in the format of the products.
        product_format: None takes the fastest: on the CPU bfloat16 where it has instructions for it, float32 otherwise;
            elsewhere float64, which no setting of accelerators makes coarser.

    Raises:
        ValueError: not that many other points.
    """
    n = len(points)
    if not 0 < n_neighbors < n:
        raise ValueError(f"a point among {n} has 1 to {n - 1} neighbors, not {n_neighbors}")
    search = _Search(torch.as_tensor(points).to(device, torch.float64), n_neighbors, product_format)
    slabs = row_slices(n, max(1, ENTRIES_AT_ONCE // n))
    side_by_side(search.settle, slabs, device)
    return EuclideanNeighbors(search.indices.numpy(force=True), search.distances.numpy(force=True))


class _Search:
    """One search: scores of the points about their mean in units of their spread, and what has been found."""

    def __init__(self, points: Tensor, n_neighbors: int, product_format: ProductFormat | None) -> None:
        (n, d), self._k = points.shape, n_neighbors
        self._n_listed = min(n_neighbors + SPARE, n - 1)
        centered = points - points.mean(0)
        self._points, self._scale = points, float(centered.square().sum(1).mean().sqrt()) or 1.0
        self._centered = centered.div_(self._scale)
        self._squares = centered.square().sum(1)
        dtype: torch.dtype = getattr(torch, product_format or _fastest_format(points.device))

        lengths = self._squares.sqrt()
        rounded = centered.to(dtype)
        missed = torch.linalg.vector_norm(rounded - centered, dim=1)
        error = float((missed / lengths.clamp_min(1e-300)).max())
        rounding = torch.finfo(dtype).eps / 2
        bound = (2 * error + error**2 + (d + 1) * 2.0**-23) * (1 + error) ** 2 + rounding
        # The column of lengths is rounded too, and adds to what is rounded: enlarged so that the bound remains one.
        enlarged = (1 + 8 * rounding) * lengths[:, None]
        self._left = torch.cat([rounded, enlarged.to(dtype)], 1)
        self._right = torch.cat([rounded, (bound * enlarged).to(dtype)], 1)
        self._halves = ((1 - CUSHION) / 2 * self._squares).float()
        self.indices = torch.empty(n, n_neighbors, dtype=torch.int64, device=points.device)
        self.distances = torch.empty(n, n_neighbors, dtype=torch.float64, device=points.device)

    def settle(self, rows: slice) -> None:
        """Find the neighbors of a slab of rows."""
        scores = (self._left[rows] @ self._right.T).float().sub_(self._halves)
        own = torch.arange(rows.start, rows.stop, device=scores.device)
        scores[own - rows.start, own] = -torch.inf
        best, listed = largest_entries(scores, self._n_listed)
        squares = torch.full(listed.shape, torch.inf, dtype=torch.float64, device=scores.device)
        first = listed[:, : self._k]
        squares[:, : self._k] = self._squared_distances(own.repeat_interleave(self._k), first.flatten()).view(
            first.shape
        )
        farthest = squares[:, : self._k].amax(1) / self._scale**2
        floor = (self._squares[rows] - farthest) / 2 - CUSHION * (self._squares[rows] + farthest)
        running = best >= floor[:, None]
        running[:, : self._k] = False
        row, place = running.nonzero(as_tuple=True)
        squares[row, place] = self._squared_distances(own[row], listed[row, place])
        self._keep_nearest(own, listed, squares)

        (unsettled,) = (best[:, -1] >= floor).nonzero(as_tuple=True)
        if len(unsettled) and self._n_listed < len(self._points) - 1:
            self._settle_all_above(own[unsettled], scores[unsettled], floor[unsettled, None])

    def _settle_all_above(self, points: Tensor, scores: Tensor, floor: Tensor) -> None:
        """Find the neighbors of some points among all whose score reaches the floor."""
        running = scores >= floor
        if (
            int(running.sum()) > CROWDED * running.numel()
        ):  # in many dimensions points lie nearly equally far from each other
            running &= self._precise_scores(points) >= floor
        found = nearest_candidates(running, lambda row, column: self._squared_distances(points[row], column), self._k)
        self._keep(points, *found)

    def _precise_scores(self, points: Tensor) -> Tensor:
        """Scores of some points with all, float64, not below the true ones."""
        products = self._centered[points] @ self._centered.T - self._squares / 2
        error = (len(self._centered.T) + 8) * torch.finfo(torch.float64).eps
        return products + error * self._squares[points, None].sqrt() * self._squares.sqrt()

    def _keep_nearest(self, points: Tensor, candidates: Tensor, squares: Tensor) -> None:
        """Of each point's candidates the nearest, of equally near ones the lowest; both arguments are (n, n_candidates)."""
        candidates, order = candidates.sort(dim=1)
        nearest, chosen = squares.gather(1, order).sort(dim=1, stable=True)
        self._keep(points, candidates.gather(1, chosen)[:, : self._k], nearest[:, : self._k])

    def _keep(self, points: Tensor, neighbors: Tensor, squares: Tensor) -> None:
        self.indices[points] = neighbors
        self.distances[points] = squares.sqrt()

    def _squared_distances(self, first: Tensor, second: Tensor) -> Tensor:
        """Squared distances of pairs of points, float64 (n_pairs,)."""
        squares = torch.empty(len(first), dtype=torch.float64, device=first.device)
        for pairs in row_slices(len(first), max(1, NUMBERS_AT_ONCE // self._points.shape[1])):
            differences = self._points.index_select(0, first[pairs])
            differences -= self._points.index_select(0, second[pairs])
            squares[pairs] = differences.square_().sum(1)
        return squares


def _fastest_format(device: torch.device) -> ProductFormat:
    if device.type != "cpu":
        return "float64"
    return "bfloat16" if cpu_multiplies_bfloat16() else "float32"
