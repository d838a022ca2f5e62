"""Clusters from many runs of k-means, and how far the runs agree.

k-means finds a local optimum that depends on where it starts. On spectral embeddings runs agree to the last point for few
clusters and by half for many, so that what one of them finds is partly chance. `best_run` takes the run of the lowest sum of
squares, as is usual. `consensus_of_runs` asks the better half of many runs which points belong together: two points as often as
they share a cluster (evidence accumulation, Fred and Jain 2005). Points that share it in all runs are one cell. Average
linkage joins cells by the share of runs that part them, which is the Hamming distance of their labels, and from the clusters
that come of it k-means runs once more. A matrix of all pairs of points is never made.

The result is nearer to what another seed gives, and on spectral embeddings its sum of squares is that of the best of as many runs
where clusters are few, lower where they are many. The adjusted Rand index of the results of two seeds, on lobes of layers 3 and 0
of the bundled release:

    clusters                   8            16           32           64
    best of 10 runs        .99, .95     .65, .68     .62, .52     .62, .43
    consensus of 40        .99, .96     .71, .89     .91, .71     .80, .84

Starts of all runs are drawn together and steps of several taken together: at 1,500 points and eight clusters scikit-learn's checks
at each start take twice as long as its steps.
"""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from saegeo_core.numerics.arrays import Floats, Integers

MOST_CELLS = 4096
"""Their distances take 67 MB. Of more, the largest are joined: the consensus is only where k-means starts."""
TOLERANCE = 1e-4
LEAST_SAMPLE, POINTS_OF_A_CLUSTER = 2048, 64
DISTANCES_AT_ONCE = 2**19
"""Of runs that go on together: 2 MB in float32."""


class Runs(NamedTuple):
    """Where runs of k-means ended.

    Attributes:
        means: float64 (n_runs, n_clusters, n_dimensions).
        labels: int64 (n_runs, n_points), the nearest mean of each point.
        sums_of_squares: float64 (n_runs,), of the distances to these.
    """

    means: Floats
    labels: Integers
    sums_of_squares: Floats


@dataclass(frozen=True)
class Clustering:
    """Cluster labels and the runs of k-means behind them.

    Attributes:
        labels: int64 (n_points,), from 0.
        runs: int64 (n_runs, n_points), labels that single runs gave.
    """

    labels: Integers
    runs: Integers

    @cached_property
    def stability(self) -> float:
        """Mean adjusted Rand index of two runs: 1 where all found the same clusters, 0 for chance."""
        later = [self.runs[number + 1 :] for number in range(len(self.runs) - 1)]
        return float(
            np.concatenate(
                [adjusted_rand_indices(one, some) for one, some in zip(self.runs, later, strict=False)]
            ).mean()
        )


def best_run(points: Floats, n_clusters: int, stream: np.random.RandomState, *, n_runs: int = 10) -> Clustering:
    """The run of the lowest sum of squares, the first of equal ones: scikit-learn's `k_means` with so many starts.

    Args:
        points: float64 (n_points, n_dimensions).
        n_clusters: how many, at most `n_points`.
        stream: draws the starts.
        n_runs: how many, at least 2.
    """
    runs, sums_of_squares = _runs(points, n_clusters, stream, n_runs)
    return Clustering(runs[sums_of_squares.argmin()], runs)


def consensus_of_runs(points: Floats, n_clusters: int, *, n_runs: int = 40, seed: int = 42) -> Clustering:
    """Clusters on which the better half of many runs agree; `runs` are that half.

    Args:
        points: float64 (n_points, n_dimensions). Of more than `sample_size(n_clusters)`, runs take a sample, and give the
            other points to the nearest of the means they found.
        n_clusters: how many, at most `n_points`.
        n_runs: how many, at least 4.
        seed: starts the random stream that the sample and the starts of the runs are drawn from.
    """
    rng = np.random.default_rng(seed)
    size = sample_size(n_clusters)
    sample = points if len(points) <= size else points[np.sort(rng.choice(len(points), size, replace=False))]
    starts = k_means_starts(sample, n_clusters, rng, n_runs)
    ended = lloyd_runs(sample, starts)
    better = np.argsort(ended.sums_of_squares, kind="stable")[: n_runs // 2]
    runs = ended.labels[better]
    labels = clusters_from(sample, _agreed(runs, n_clusters))
    if sample is points:
        return Clustering(labels, runs)
    whole = lloyd_runs(points, _means(sample, labels)[None])
    return Clustering(whole.labels[0], lloyd_runs(points, ended.means[better], most_steps=0).labels)


def sample_size(n_clusters: int) -> int:
    """Points that runs of k-means take at most: a cluster's mean is known to an eighth of its width or better from 64."""
    return max(LEAST_SAMPLE, POINTS_OF_A_CLUSTER * n_clusters)


def lloyd_runs(points: Floats, starts: Floats, *, most_steps: int = 300) -> Runs:
    """Runs of k-means from given means, several of them step by step together; Lloyd's, as scikit-learn has it.

    A run ends when no label changes, or when its means move by less than 1e-4 of the variance, squared.

    Args:
        points: float64 (n_points, n_dimensions).
        starts: float64 (n_runs, n_clusters, n_dimensions).
        most_steps: when to stop; after none points are given to the means they start from.
    """
    points, middle = points - points.mean(0), points.mean(0)
    starts = starts - middle
    at_once = max(1, DISTANCES_AT_ONCE // (starts.shape[1] * len(points)))
    pieces = [
        _runs_at_once(points, starts[first : first + at_once], most_steps) for first in range(0, len(starts), at_once)
    ]
    means, labels, sums_of_squares = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    return Runs(means + middle, labels, sums_of_squares)


def k_means_starts(points: Floats, n_clusters: int, rng: np.random.Generator, n_runs: int) -> Floats:
    """Where runs of k-means start, float64 (n_runs, n_clusters, n_dimensions): points far from each other.

    Greedy k-means++ (Arthur and Vassilvitskii 2007): each next point is drawn with a chance that grows with the squared
    distance from those chosen, and of 2 + ln k drawn so that one is taken which leaves the least sum of these. All runs choose
    their next point together.

    Args:
        points: float64 (n_points, n_dimensions).
        n_clusters: how many to choose, at most `n_points`.
        rng: draws them.
        n_runs: how many times.
    """
    at_once = max(1, DISTANCES_AT_ONCE // (_n_candidates(n_clusters) * len(points)))
    pieces = [
        _starts_at_once(points, n_clusters, rng, min(at_once, n_runs - first)) for first in range(0, n_runs, at_once)
    ]
    return points[np.concatenate(pieces)]


def clusters_from(points: Floats, labels: NDArray[np.integer[Any]]) -> Integers:
    """Where the one run of k-means ends that starts from the means of given clusters, int64 (n_points,).

    Args:
        points: float64 (n_points, n_dimensions).
        labels: integers (n_points,); points of negative labels do not count in where it starts.
    """
    labels_of_run: Integers = lloyd_runs(points, _means(points, labels)[None]).labels[0]
    return labels_of_run


def adjusted_rand_indices(one: Integers, others: Integers) -> Floats:
    """Pairs of points on which two clusterings agree, beyond chance (Hubert and Arabie 1985); 1 for equal ones. (n_others,).

    Args:
        one: int64 (n_points,), from 0.
        others: int64 (n_others, n_points), from 0, each held against the one.
    """
    n_others, height, width = len(others), int(one.max()) + 1, int(others.max()) + 1
    cells = (np.arange(n_others)[:, None] * height + one) * width + others
    tables = np.bincount(cells.ravel(), minlength=n_others * height * width).reshape(n_others, height, width)
    both, in_one, in_other = _pairs(tables.reshape(n_others, -1)), _pairs(tables.sum(2)), _pairs(tables.sum(1))
    expected, most = in_one * in_other / max(float(_pairs(np.array([len(one)]))), 1.0), (in_one + in_other) / 2
    index: Floats = np.divide(both - expected, most - expected, out=np.ones(n_others), where=most != expected)
    return index


def _runs(points: Floats, n_clusters: int, stream: np.random.RandomState, n_runs: int) -> tuple[Integers, Floats]:
    """Labels of single runs of scikit-learn's (n_runs, n_points), and the sum of squares of each."""
    from sklearn.cluster import k_means
    from sklearn.exceptions import ConvergenceWarning

    # Its threads wait for each other longer than one of them takes for so few points.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # points in one place have as few clusters as places
        found = [k_means(points, n_clusters, random_state=stream, n_init=1) for _ in range(n_runs)]
    return np.stack([labels for _, labels, _ in found]).astype(np.int64), np.array([least for _, _, least in found])


def _runs_at_once(points: Floats, starts: Floats, most_steps: int) -> Runs:
    """Runs that have ended are left out of the steps to come. Steps are taken in float32, the last labels given in float64."""
    rounded = points.astype(np.float32)
    means, labels = starts.copy(), np.full((len(starts), len(points)), -1)
    tolerance = TOLERANCE * points.var(0).mean()
    going = np.arange(len(starts))
    for _ in range(most_steps):
        found, squares = _nearest_means(rounded, means[going])
        moved = _moved_means(points, found, squares, starts.shape[1])
        shifts = ((moved - means[going]) ** 2).sum((1, 2))
        ended = (found == labels[going]).all(1) | (shifts <= tolerance)
        labels[going], means[going] = found, moved
        going = going[~ended]
        if not len(going):
            break
    labels, squares = _nearest_means(points, means)
    return Runs(means, labels.astype(np.int64), squares.sum(1))


def _nearest_means(
    points: NDArray[np.floating[Any]], means: Floats
) -> tuple[NDArray[np.int32], NDArray[np.floating[Any]]]:
    """The nearest of each run's means to each point, and the squared distance, in the format of the points: (n_runs, n_points)."""
    n_runs, n_clusters, _ = means.shape
    by_cluster = means.swapaxes(0, 1).reshape(n_clusters * n_runs, -1)
    lines = np.column_stack([-2 * by_cluster, (by_cluster**2).sum(1)]).astype(points.dtype)
    scores = lines @ np.vstack([points.T, np.ones(len(points), points.dtype)])
    scores = scores.reshape(n_clusters, n_runs, len(points))
    least, nearest = scores[0].copy(), np.zeros(scores.shape[1:], np.int32)
    for cluster in range(1, n_clusters):
        np.copyto(nearest, cluster, where=scores[cluster] < least)
        np.minimum(least, scores[cluster], out=least)
    return nearest, np.maximum(least + (points**2).sum(1), 0)


def _moved_means(
    points: Floats, labels: NDArray[np.int32], squares: NDArray[np.floating[Any]], n_clusters: int
) -> Floats:
    """The means of each run's clusters, (n_runs, n_clusters, n_dimensions); an empty one takes the point farthest from its own."""
    n_runs, n_points = labels.shape
    cluster = labels + n_clusters * np.arange(n_runs, dtype=np.int32)[:, None]
    of_point = (np.ones(labels.size), cluster.T.ravel(), np.arange(0, labels.size + 1, n_runs))
    membership = scipy.sparse.csr_array(of_point, shape=(n_points, n_runs * n_clusters))
    sizes = np.bincount(cluster.ravel(), minlength=n_runs * n_clusters)
    means: Floats = (membership.T @ points / np.maximum(sizes, 1)[:, None]).reshape(n_runs, n_clusters, -1)
    for run, empty in zip(*np.nonzero(sizes.reshape(n_runs, n_clusters) == 0), strict=True):
        farthest = squares[run].argmax()
        means[run, empty], squares[run, farthest] = points[farthest], 0
    return means


def _means(points: Floats, labels: NDArray[np.integer[Any]]) -> Floats:
    """The mean of each cluster, (n_clusters, n_dimensions); points of negative labels do not count."""
    placed = labels >= 0
    _, cluster = np.unique(labels[placed], return_inverse=True)
    sizes = np.bincount(cluster)
    membership = scipy.sparse.csr_array((np.ones(len(cluster)), (cluster, np.arange(len(cluster)))))
    means: Floats = (membership @ points[placed]) / sizes[:, None]
    return means


def _starts_at_once(points: Floats, n_clusters: int, rng: np.random.Generator, n_runs: int) -> Integers:
    """Numbers of the points that runs start from, int64 (n_runs, n_clusters)."""
    n_points, run = len(points), np.arange(n_runs)
    squares = (points**2).sum(1)
    ones = np.ones(n_points)
    by_point = np.column_stack([points, squares, ones]).T
    by_center = np.column_stack([-2 * points, ones, squares])  # times the other: squared distances
    chosen = np.empty((n_runs, n_clusters), np.int64)
    chosen[:, 0] = rng.integers(n_points, size=n_runs)
    nearest = np.maximum(by_center[chosen[:, 0]] @ by_point, 0)
    for place in range(1, n_clusters):
        candidates = _drawn(nearest, rng.random((n_runs, _n_candidates(n_clusters))))
        left = (by_center[candidates.ravel()] @ by_point).reshape(*candidates.shape, n_points)
        np.minimum(left, nearest[:, None], out=left)
        best = left.sum(2).argmin(1)
        chosen[:, place] = candidates[run, best]
        nearest = np.maximum(left[run, best], 0)
    return chosen


def _drawn(chances: Floats, uniform: Floats) -> Integers:
    """Points drawn in proportion to each run's chances (n_runs, n_points), from uniform numbers (n_runs, n_draws)."""
    sums = chances.cumsum(1)
    drawn = [np.searchsorted(row, draws * row[-1], side="right") for row, draws in zip(sums, uniform, strict=True)]
    points: Integers = np.minimum(np.stack(drawn), chances.shape[1] - 1)
    return points


def _n_candidates(n_clusters: int) -> int:
    return 2 + int(np.log(n_clusters))


def _agreed(runs: Integers, n_clusters: int) -> Integers:
    """The clusters that runs agree on, int64 (n_points,); -1 for points of small cells where there are too many to compare."""
    from scipy.cluster.hierarchy import linkage

    cells, cell_of, sizes = np.unique(runs.T, axis=0, return_inverse=True, return_counts=True)
    largest = np.sort(np.argsort(-sizes, kind="stable")[:MOST_CELLS])
    cluster = np.full(len(cells), -1)
    cluster[largest] = np.arange(len(largest))
    if len(largest) > n_clusters:
        cluster[largest] = _cut(linkage(cells[largest], "average", metric="hamming"), n_clusters)
    labels: Integers = cluster[cell_of.ravel()]
    return labels


def _cut(tree: Floats, n_clusters: int) -> Integers:
    """The cluster of each item when a tree of `linkage` has joined all but `n_clusters` of them, int64 (n_items,)."""
    n_items = len(tree) + 1
    joined = tree[: n_items - n_clusters, :2].astype(np.int64)
    top = np.arange(n_items + len(joined))
    for number in range(len(joined) - 1, -1, -1):
        top[joined[number]] = top[n_items + number]
    return top[:n_items]


def _pairs(counts: Integers) -> Floats:
    """How many pairs of things so many things make, summed over the last axis."""
    sums: Floats = (counts * (counts - 1.0)).sum(-1) / 2
    return sums
