"""Features of one dictionary, where they point and when they fire, and what follows from either, computed once.

The SAE and its untrained controls are all measured through this one object, so that a number and its null cannot have been computed
differently.

Only live features can say whom they fire with. With phi set to 0 for lack of data all dead features look alike and always land in
one cluster, which then counts as a lobe. So they are left out before anything is clustered, and their number is reported.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core import FiringStatistics
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.k_means_runs import Clustering, clusters_from, consensus_of_runs
from saegeo_core.numerics.nearest_neighbors import NearestNeighbors, nearest_by_scores, nearest_neighbors
from saegeo_core.numerics.spectral_clustering import SpectralEmbedding, cluster_embedding, spectral_embedding
from saegeo_core.statistics.permutation import frequency_strata
from saegeo_lobes.affinities import (
    Measure,
    affinity_matrix,
    angular_affinity,
    cosines_of,
    fits_densely,
    least_as_near,
    neighbor_affinity,
)
from saegeo_lobes.phi_of_pairs import PhiRows, mean_phi_within, phi_rows

COSINE_GRAPH, ANGULAR = "cosine graph", "angular"
ROWS_OF_A_SPARSE_TILE = 2048
ROWS_AT_ONCE = 64
ACCURACY = 1e-6
"""Radians by which the span of the eigenvectors may be off that clusters come from."""
MOVED_ACCURACY = 1e-3
"""Radians. Text left out turns coordinates by more than hundredths, and k-means starts where it ended."""
MANY_FEATURES = 8192
"""Beyond so many a product of all pairs takes seconds."""
LEFT_OUT = -1
"""The lobe of features that do not count."""
MIN_FEATURES = 12
"""Two strata of features that can be compared with one another."""


@dataclass(frozen=True)
class LiveFeatures:
    """Which features are left, and why the others are not.

    Attributes:
        mask: bool (n_features,), true for live ones.
        n_dead: features that fire in no block.
        n_rare: others that fire in too few blocks.
        n_constant: others that are silent in too few blocks (always on, or nearly).
    """

    mask: NDArray[np.bool_]
    n_dead: int
    n_rare: int
    n_constant: int

    @property
    def n_live(self) -> int:
        """Features that are left."""
        return int(self.mask.sum())

    @property
    def counted(self) -> dict[str, float]:
        """The numbers that are reported of them."""
        return {"live_features": self.n_live, "dead_features": self.n_dead}


def live_features(counts: NDArray[np.integer[Any]], n_blocks: int, *, min_blocks: int = 10) -> LiveFeatures:
    """Features that fire in at least `min_blocks` of `n_blocks` blocks and are silent in at least as many.

    Args:
        counts: integers (n_features,), blocks each feature fired in.
        n_blocks: T.
        min_blocks: at least 1, since a constant correlates with nothing.
    """
    if min_blocks < 1:
        raise ValueError(f"a live feature fires and is silent in at least one block each, not {min_blocks}")
    dead = counts == 0
    rare = ~dead & (counts < min_blocks)
    constant = ~dead & ~rare & (n_blocks - counts < min_blocks)
    return LiveFeatures(~dead & ~rare & ~constant, int(dead.sum()), int(rare.sum()), int(constant.sum()))


def narrowest(most: int) -> torch.dtype:
    """Integers that hold counts up to `most`. They are kept for long: of 16,384 features, half a gigabyte in two bytes each."""
    return torch.int16 if most <= torch.iinfo(torch.int16).max else torch.int32


def min_features(n_lobes: int) -> int:
    """Live features without which so many lobes are not looked for: two to a lobe on average."""
    return max(MIN_FEATURES, 2 * n_lobes)


@dataclass(frozen=True)
class Settings:
    """How all feature sets of one run are measured.

    Attributes:
        measures: the functional affinities by name; "phi" among them leads.
        geometries: of `COSINE_GRAPH` and `ANGULAR`.
        n_clusters: numbers of clusters, ascending, that which is reported among them.
        n_neighbors: of each feature in the cosine graph.
        dense_bytes: room allowed for a matrix of all pairs.
        lead_is_relative: whether the lobe that leads a block is found by its share on relative to its mean share.
        device: where to compute.
        published: whether labels are those of the best of ten runs of k-means, as published, rather than a consensus of runs.
        accuracy_of_lobes: radians to which the span of eigenvectors is known that lobes come from.
    """

    measures: Mapping[str, Measure]
    geometries: tuple[str, ...]
    n_clusters: tuple[int, ...]
    n_neighbors: int
    dense_bytes: int
    lead_is_relative: bool
    device: str
    published: bool = False
    accuracy_of_lobes: float = ACCURACY

    def fitting(self, n_features: int) -> "Settings":
        """Without the numbers of clusters for which so many features are too few."""
        return replace(self, n_clusters=tuple(k for k in self.n_clusters if min_features(k) <= n_features))


class Clusters:
    """Clusters of the features, for each number of clusters as they are asked for.

    Args:
        embedding: the coordinates that are clustered.
        numbers: of clusters, ascending, for which there are coordinates.
        published: as in `Settings`.
    """

    def __init__(self, embedding: SpectralEmbedding, numbers: tuple[int, ...], *, published: bool) -> None:
        self.embedding = embedding
        self.numbers = numbers
        self._published = published
        self._found: dict[int, Clustering] = {}

    def labels(self, n_clusters: int) -> Integers:
        """Int64 (n_features,), numbered by size."""
        return largest_first(self._at(n_clusters).labels)

    def stability(self, n_clusters: int) -> float:
        """Mean adjusted Rand index of two runs of k-means: 1 where the clusters do not depend on where it starts."""
        return self._at(n_clusters).stability

    def runs(self, n_clusters: int) -> Integers:
        """Labels that single runs gave, int64 (n_runs, n_features)."""
        return self._at(n_clusters).runs

    def moved(self, labels: Integers, kept: NDArray[np.bool_]) -> Integers:
        """What becomes of labels (n_features,) without some of the features: k-means starts from them. Of those kept."""
        return clusters_from(self.embedding.first(int(labels.max()) + 1)[kept], labels[kept])

    def _at(self, k: int) -> Clustering:
        if k not in self._found:
            embedding = self.embedding
            self._found[k] = (
                cluster_embedding(embedding, k) if self._published else consensus_of_runs(embedding.first(k), k)
            )
        return self._found[k]


def largest_first(labels: Integers) -> Integers:
    """The same clusters numbered by size, 0 the largest; of equal ones the one with the lowest feature first."""
    _, first, numbers, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return rank[numbers]


def _square_of(matrix: Tensor, kept: Integers) -> Tensor:
    """The rows and columns of some items, ascending, of a square matrix, in its own memory: what is written was read before."""
    n = len(kept)
    if n == len(matrix):
        return matrix
    square, places = matrix.view(-1)[: n * n].view(n, n), torch.from_numpy(kept).to(matrix.device)
    for rows in row_slices(n, ROWS_AT_ONCE):
        square[rows] = matrix[places[rows][:, None], places]
    return square


class FeatureSet:
    """N features of one dictionary.

    Args:
        units: float32 (n_features, d_in), unit rows.
        firing: when these features fire, in the same order.
        settings: how they are measured.
        rng: breaks ties among strata and starts eigensolvers; results depend on the latter by a millionth only.
    """

    def __init__(self, units: Tensor, firing: FiringStatistics, settings: Settings, rng: np.random.Generator) -> None:
        self.units = units.to(settings.device)
        self.firing = firing
        self.settings = settings
        self._tie_rng, self._start_rng = rng.spawn(2)
        self._clusters: dict[str, Clusters] = {}
        self._on: dict[bytes, NDArray[np.float32]] = {}

    def __len__(self) -> int:
        return len(self.units)

    @property
    def is_dense(self) -> bool:
        """Whether matrices of all pairs fit in the room allowed."""
        return fits_densely(len(self), self.settings.dense_bytes)

    @cached_property
    def strata(self) -> Integers:
        """Strata of like firing frequency, int64 (n_features,)."""
        return frequency_strata(self.firing.counts, self._tie_rng)

    @cached_property
    def neighbors(self) -> NearestNeighbors:
        """The nearest features of each by cosine; fewer than asked for where there are not so many."""
        n_neighbors = min(self.settings.n_neighbors, len(self) - 1)
        if self.kept_angles is None:
            return nearest_neighbors(self.units, n_neighbors, device=self.settings.device)
        d_in = self.units.shape[1]
        return nearest_by_scores(self.units, self.kept_angles, lambda least: least_as_near(least, d_in), n_neighbors)

    def cosines_from(self, rows: slice) -> Tensor:
        """Cosines of some features with these and all that follow, float32 (n_rows, n_features - rows.start)."""
        if self.kept_angles is None:
            return self.units[rows] @ self.units[rows.start :].T
        return cosines_of(self.kept_angles[rows, rows.start :])

    @cached_property
    def kept_angles(self) -> Tensor | None:
        """The angular affinity of all pairs, from which cosines are read: of many features they are multiplied once. Else None."""
        keeps = len(self) > MANY_FEATURES and self.is_dense and {COSINE_GRAPH, ANGULAR} <= {*self.settings.geometries}
        return angular_affinity(self.units) if keeps else None

    def _angular(self) -> Tensor:
        return angular_affinity(self.units) if self.kept_angles is None else self.kept_angles

    def forget_angles(self) -> None:
        """Let the angles of all pairs go; they are made again where they are asked for."""
        self.__dict__.pop("kept_angles", None)

    def geometry(self, name: str) -> Clusters:
        """Clusters of directions: by the graph of nearest cosines, or by the paper's angular affinity of all pairs."""
        if name not in self._clusters:
            self._clusters[name] = self._clustered(self.neighbors.graph() if name == COSINE_GRAPH else self._angular())
        return self._clusters[name]

    def lobes(self, measure: str) -> Clusters:
        """Clusters of features that fire alike, by one of the settings' measures."""
        if measure not in self._clusters:
            affinity = self._affinity(self.settings.measures[measure])
            self._clusters[measure] = self._clustered(affinity, accuracy=self.settings.accuracy_of_lobes)
        return self._clusters[measure]

    def clusterings(self) -> Mapping[str, Clusters]:
        """Those made so far, by the name of the measure or the geometry."""
        return self._clusters

    def lobes_moved(self, counts: Tensor, n_blocks: int, lobes: Integers) -> Integers:
        """What becomes of lobes when other counts of these features take the place of theirs. Writes over the counts.

        k-means starts from the lobes, so that only what the counts change is seen, not where else it might have started.
        Features that are `LEFT_OUT` of the lobes stay so, and play no part.
        """
        kept = np.flatnonzero(lobes != LEFT_OUT)
        counts, near = _square_of(counts, kept), self.lobes("phi").embedding
        affinity = affinity_matrix(counts, n_blocks, self.settings.measures["phi"], reuse_memory=True)
        near = replace(near, coordinates=near.coordinates[kept])
        k = len(np.unique(lobes[kept]))
        embedding = spectral_embedding(affinity, (k,), self._start_rng, accuracy=MOVED_ACCURACY, near=near)
        moved = np.full(len(lobes), LEFT_OUT)
        moved[kept] = largest_first(clusters_from(embedding.first(k), lobes[kept]))
        return moved

    def clusters_of(self, affinity: Tensor, n_clusters: int) -> Integers:
        """The clusters of these features by any affinity of them, for one number of clusters."""
        return self._clustered(affinity, (n_clusters,)).labels(n_clusters)

    def on_in_blocks(self, *divisions: Integers) -> list[NDArray[np.float32]]:
        """How many features of each lobe are on in each block, (n_blocks, n_lobes) by each division of the features into lobes.

        Those that are asked for together are counted in one pass over the text, and kept. Features that are `LEFT_OUT` are
        counted behind all lobes.
        """
        new = {lobes.tobytes(): lobes for lobes in divisions if lobes.tobytes() not in self._on}
        if new:
            classes = np.stack(list(new.values()))
            classes = np.where(classes == LEFT_OUT, classes.max() + 1, classes)
            self._on |= zip(new, self.firing.incidence().on_of_each(classes), strict=True)
        return [self._on[lobes.tobytes()] for lobes in divisions]

    def phi_rows(self) -> Iterator[PhiRows]:
        """Phi of all pairs, some rows at a time."""
        return phi_rows(self._count_tile, self._counts, self.firing.n_blocks, height=self._height)

    def mean_phi_within(self, lobes: Integers) -> Floats:
        """Mean phi of each feature with the others of its lobe, float64 (n_features,)."""
        return mean_phi_within(self._count_tile, self._counts, self.firing.n_blocks, lobes, height=self._height)

    @property
    def _height(self) -> int | None:
        """Rows of counts at a time; more of them where each must be counted first."""
        return None if self.is_dense else ROWS_OF_A_SPARSE_TILE

    @cached_property
    def _counts(self) -> Tensor:
        return torch.tensor(self.firing.counts).to(self.settings.device)

    @cached_property
    def cooccurrence(self) -> Tensor:
        """Blocks in which both features of each pair fired, integers (n_features, n_features); where `is_dense`."""
        return self.firing.cooccurrence(device=self.settings.device).to(narrowest(self.firing.n_blocks))

    def _count_tile(self, rows: slice, columns: slice) -> Tensor:
        if self.is_dense:
            return self.cooccurrence[rows, columns]
        return self.firing.cooccurrence_tile(rows, columns, self.settings.device)

    def _affinity(self, measure: Measure) -> Tensor:
        if self.is_dense:
            return affinity_matrix(self.cooccurrence, self.firing.n_blocks, measure)
        return neighbor_affinity(self._count_tile, self._counts, self.firing.n_blocks, measure)

    def _clustered(
        self, affinity: Tensor, n_clusters: tuple[int, ...] | None = None, accuracy: float = ACCURACY
    ) -> Clusters:
        numbers = n_clusters or self.settings.n_clusters
        embedding = spectral_embedding(affinity, numbers, self._start_rng, accuracy=accuracy)
        return Clusters(embedding, numbers, published=self.settings.published)
