"""Spectral clusters for any numbers of clusters from one eigensolution (Ng, Jordan and Weiss 2001; von Luxburg 2007).

The conventions are those of scikit-learn's `SpectralClustering`, so that labels agree with it wherever the eigenvalues tell
clusters apart: the diagonal of the affinity is ignored, eigenvectors of D^-1/2 A D^-1/2 are scaled by D^-1/2, the first one
is kept, and k-means runs on the first k of them. There each k is a fit of its own, with the factorization of a float64 matrix;
here the affinity is read as it is, in float32, dense or sparse, on any device, once for all k, and multiplied in float64.

k-means sees the span of the first k eigenvectors, not the vectors: turned coordinates have the same distances. So that labels
depend neither on the other numbers of clusters nor on threads, each span is known to a millionth of a radian. Where a ten
thousandth is asked for (of many points a thousandth), products are made in float32. Of many points most are made in float32 or
bfloat16, and what that leaves undone a few in float64 do, or in float32 (`leading_eigenvectors`).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics.bounded_products import cpu_multiplies_bfloat16
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.filtered_eigenvectors import filtered_eigenvectors
from saegeo_core.numerics.k_means_runs import Clustering, best_run
from saegeo_core.numerics.leading_eigenvectors import (
    LEAST_RESIDUAL,
    CoarseOperator,
    Operator,
    leading_eigenvectors,
    span_errors,
)
from saegeo_core.numerics.side_by_side import side_by_side

ROWS_AT_ONCE = 512
TILE_ROWS, TILE_COLUMNS = 256, 2048
"""Of a tile in float64, 4 MB: 16,384 points times 72 vectors took .75 core-seconds so, and 1.45 with whole rows."""
ENTRIES_AT_ONCE = 2**17
"""1 MB of float64: turned into it and added up near the core, numbers take a tenth of the time that torch takes for both."""
ENTRY_ROUNDING = 2.0**-24
"""Relative, of affinities kept in float32."""
TRIED, COLUMNS_TRIED = 2048, 65
"""The size of a product that shows which format is faster: a hundredth of a second."""
MANY_POINTS = 4096
"""Beyond so many a matrix in float64 lies far from the core, and what it takes to read it is what a product costs."""
ERROR_OF_COARSE = {torch.bfloat16: 2.0**-7, torch.float32: 2.0**-20}
"""Of products in these formats: what they leave of an error that they are to remove."""
ACCURACY_OF_SINGLE = 1e-4
"""Radians, from which on products in float32 do; they take half the time."""
ACCURACY_OF_SINGLE_AMONG_MANY = 1e-3
"""The same of many points, whose gaps are smaller."""
RESIDUAL_OF_SINGLE = 2.0**-20
"""What rounding in float32 leaves of residuals, of eigenvalues up to 1: products of 16,384 numbers are off by a tenth of it."""


@dataclass(frozen=True)
class SpectralEmbedding:
    """The coordinates that are clustered.

    Attributes:
        eigenvalues: float64 (n_vectors,), of the normalized affinity, descending from 1. Values equal to 1 count the pieces
            of a graph that hangs together in no other way.
        coordinates: float64 (n_points, n_vectors).
        residuals: float64 (n_vectors,), how far each is from being an eigenvector (see `Eigenpairs`).
        n_products: products with a block of vectors that it took.
    """

    eigenvalues: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    residuals: NDArray[np.float64]
    n_products: int

    def first(self, n_coordinates: int) -> NDArray[np.float64]:
        """The first coordinates, (n_points, n_coordinates): as many as clusters are wanted of them.

        Raises:
            ValueError: more than there are.
        """
        if not 0 < n_coordinates <= self.coordinates.shape[1]:
            raise ValueError(
                f"{self.coordinates.shape[1]} eigenvectors give 1 to that many clusters, not {n_coordinates}"
            )
        return np.ascontiguousarray(self.coordinates[:, :n_coordinates])

    def gap(self, n_clusters: int) -> float:
        """By how much the eigenvalue after the first `n_clusters` is smaller; infinite where there is none."""
        values = self.eigenvalues
        return float(values[n_clusters - 1] - values[n_clusters]) if n_clusters < len(values) else float("inf")

    def span_error(self, n_clusters: int) -> float:
        """The angle, in radians, by which the span of the first `n_clusters` coordinates may be off; infinite without a gap.

        What the solver leaves, and what rounding the affinities to float32 does: independent errors of that size in n^2 entries
        move the normalized affinity by about 2^-24 / sqrt(n) in norm. Below 1e-3 clusters do not feel it.
        """
        rounding = ENTRY_ROUNDING / np.sqrt(len(self.coordinates))
        return span_errors(self.eigenvalues, self.residuals + rounding, [n_clusters])[n_clusters]


def spectral_embedding(
    affinity: Tensor,
    n_clusters: Sequence[int],
    rng: np.random.Generator,
    *,
    accuracy: float = 1e-6,
    near: SpectralEmbedding | None = None,
) -> SpectralEmbedding:
    """Leading eigenvectors of the normalized affinity D^-1/2 A D^-1/2, scaled by D^-1/2.

    There is one more than the largest number of clusters (all, where that is the number of points), for the gap after it.

    Args:
        affinity: symmetric (n_points, n_points), entries >= 0, dense or sparse COO, on any device; not changed. Points whose
            row is zero get the coordinates 0.
        n_clusters: the numbers of clusters wanted, at most n_points. The coordinates for one of them do not depend on the others.
        rng: draws the vectors the solver starts from; the result depends on it by `accuracy` only.
        accuracy: the angle, in radians, by which the span of the first coordinates may be off, for each number of clusters.
        near: of an affinity that differs little; the solver starts from it where the affinity is dense.

    Raises:
        ValueError: negative or non-finite affinities, or more eigenvectors wanted than there are points.
    """
    n, device = len(affinity), affinity.device
    is_wide = n > MANY_POINTS and device.type == "cpu" and not affinity.is_sparse
    in_single = accuracy >= (ACCURACY_OF_SINGLE_AMONG_MANY if is_wide else ACCURACY_OF_SINGLE)
    graph = _NormalizedAffinity(affinity, in_single=in_single)
    if affinity.is_sparse:
        pairs = filtered_eigenvectors(graph.product, n, n_clusters, rng, accuracy=accuracy, device=device)
    else:
        pairs = leading_eigenvectors(
            graph.product,
            n,
            n_clusters,
            rng,
            accuracy=accuracy,
            device=device,
            near=None if near is None else graph.vectors_of(near.coordinates),
            coarse=graph.coarse() if is_wide else None,
            least_residual=RESIDUAL_OF_SINGLE if is_wide and in_single else LEAST_RESIDUAL,
        )
    vectors = pairs.vectors * _signs(pairs.vectors)
    coordinates = vectors * graph.inverse_root
    return SpectralEmbedding(pairs.values, coordinates.numpy(force=True), pairs.residuals, pairs.n_products)


def cluster_embedding(embedding: SpectralEmbedding, n_clusters: int, *, seed: int = 42) -> Clustering:
    """Clusters by k-means on the first `n_clusters` coordinates, the best of ten runs.

    `seed` starts the random stream as scikit-learn's `random_state` does, whose solver draws a vector before k-means.

    Raises:
        ValueError: more clusters wanted than there are coordinates.
    """
    stream = np.random.RandomState(seed)
    stream.uniform(-1, 1, len(embedding.coordinates))
    return best_run(embedding.first(n_clusters), n_clusters, stream)


def spectral_clusters(
    affinity: Tensor, n_clusters: Sequence[int], rng: np.random.Generator, *, seed: int = 42
) -> tuple[dict[int, NDArray[np.int64]], SpectralEmbedding]:
    """Labels (n_points,) for each number of clusters, and the embedding they all come from. See the two functions above."""
    embedding = spectral_embedding(affinity, n_clusters, rng)
    return {k: cluster_embedding(embedding, k, seed=seed).labels for k in n_clusters}, embedding


class _NormalizedAffinity:
    """D^-1/2 A D^-1/2 with a zero diagonal, applied in float64, or in float32 where it is dense, without being made."""

    def __init__(self, affinity: Tensor, *, in_single: bool = False) -> None:
        self._in_single = in_single
        self._affinity = affinity.coalesce() if affinity.is_sparse else affinity
        if _least(self._affinity) < 0:
            raise ValueError("affinities must be at least 0; take the positive part, or add a constant")
        self._diagonal = _diagonal(self._affinity).double()[:, None]
        self._degrees = degrees = _row_sums(self._affinity, in_single=in_single) - self._diagonal[:, 0]
        if not bool(degrees.isfinite().all()):
            raise ValueError("affinities must be finite")
        inverse = torch.where(degrees > 0, degrees.clamp_min(torch.finfo(torch.float64).tiny).rsqrt(), 0.0)
        self.inverse_root = inverse[:, None]
        if self._affinity.is_sparse:
            self._affinity = self._affinity.double()

    def vectors_of(self, coordinates: NDArray[np.float64]) -> Tensor:
        """Eigenvectors from coordinates: without the scale D^-1/2."""
        root = torch.where(self.inverse_root > 0, 1 / self.inverse_root, 0.0)
        return root * torch.from_numpy(coordinates).to(root.device)

    def product(self, vectors: Tensor) -> Tensor:
        scaled = self.inverse_root * vectors
        return self.inverse_root * (self._times(scaled) - self._diagonal * scaled)

    def coarse(self) -> CoarseOperator:
        """Of a dense affinity on the CPU: in bfloat16 where that pays, from a copy, else in float32.

        What lies on one level with all affinities is taken off and added exactly: between directions in many dimensions all
        angles are nearly right ones, and the rounding of that would hide what they differ by.
        """
        if not bfloat16_pays():
            return CoarseOperator(self._coarse_product(self._affinity, 0.0), ERROR_OF_COARSE[torch.float32])
        level = float(self._degrees.mean()) / max(len(self._affinity) - 1, 1)
        rounded = torch.empty(self._affinity.shape, dtype=torch.bfloat16)
        for rows, slab in zip(_slabs(rounded), _slabs(self._affinity), strict=True):
            torch.sub(slab, level, out=rows)
        return CoarseOperator(self._coarse_product(rounded, level), ERROR_OF_COARSE[torch.bfloat16])

    def _coarse_product(self, rounded: Tensor, level: float) -> Operator:
        diagonal = rounded.diagonal().double()[:, None]

        def product(vectors: Tensor) -> Tensor:
            scaled = self.inverse_root * vectors
            times = (rounded @ scaled.to(rounded.dtype)).double()
            return self.inverse_root * (times - diagonal * scaled + level * (scaled.sum(0) - scaled))

        return product

    def _times(self, vectors: Tensor) -> Tensor:
        """The affinity times vectors. A float64 copy of a dense one would take as much again and more: it is made tile by tile."""
        if self._affinity.is_sparse:
            return self._affinity @ vectors
        n_points = len(self._affinity)
        if self._in_single:
            return (self._affinity @ vectors.float()).double()
        product = torch.zeros(n_points, vectors.shape[1], dtype=torch.float64, device=vectors.device)

        def add(rows: slice) -> None:
            slab = self._affinity[rows]
            for columns in row_slices(n_points, TILE_COLUMNS):
                product[rows].addmm_(slab[:, columns].double(), vectors[columns])

        rows = row_slices(n_points, TILE_ROWS)
        if n_points > TILE_COLUMNS:
            side_by_side(add, rows, vectors.device)
        else:
            for some in rows:
                add(some)
        return product


@cache
def bfloat16_pays() -> bool:
    """Whether a matrix times a few vectors takes less than half the time in bfloat16 that it takes in float32, found by trying.

    It is so where there are tiles for it (AMX). In float32 about half as many products do, exact ones included. How accurate
    eigenvectors are does not depend on it.
    """
    if not cpu_multiplies_bfloat16():
        return False
    matrix, vectors = torch.ones(TRIED, TRIED), torch.ones(TRIED, COLUMNS_TRIED)
    in_bfloat16, in_float32 = (
        min(_seconds_to_multiply(matrix.to(dtype), vectors.to(dtype)) for _ in range(3))
        for dtype in (torch.bfloat16, torch.float32)
    )
    return 2 * in_bfloat16 < in_float32


def _seconds_to_multiply(matrix: Tensor, vectors: Tensor) -> float:
    start = time.perf_counter()
    matrix @ vectors
    return time.perf_counter() - start


def _least(affinity: Tensor) -> float:
    entries = affinity.values() if affinity.is_sparse else affinity
    return min((float(part.min()) for part in _slabs(entries)), default=0.0)


def _row_sums(affinity: Tensor, *, in_single: bool) -> Tensor:
    """Float64 sums (n_points,), of float32 sums where these do."""
    if in_single and not affinity.is_sparse:
        return (affinity @ torch.ones(len(affinity), device=affinity.device)).double()
    if affinity.is_sparse:
        sums = torch.zeros(len(affinity), dtype=torch.float64, device=affinity.device)
        return sums.index_add_(0, affinity.indices()[0], affinity.values().double())
    sums = torch.empty(len(affinity), dtype=torch.float64, device=affinity.device)

    def add_up(rows: slice) -> None:
        sums[rows] = affinity[rows].double().sum(1)

    side_by_side(add_up, row_slices(len(affinity), max(1, ENTRIES_AT_ONCE // len(affinity))), affinity.device)
    return sums


def _diagonal(affinity: Tensor) -> Tensor:
    if not affinity.is_sparse:
        return affinity.diagonal()
    row, column = affinity.indices()
    own = row == column
    diagonal = torch.zeros(len(affinity), dtype=affinity.dtype, device=affinity.device)
    return diagonal.index_put_((row[own],), affinity.values()[own])


def _slabs(entries: Tensor) -> Iterator[Tensor]:
    return (entries[rows] for rows in row_slices(len(entries), ROWS_AT_ONCE))


def _signs(vectors: Tensor) -> Tensor:
    """+1 or -1 for each column, such that its entry of largest size becomes positive."""
    largest = vectors.abs().argmax(0, keepdim=True)
    return vectors.gather(0, largest).sign()
