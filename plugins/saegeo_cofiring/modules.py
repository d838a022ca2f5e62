"""Modules of a weighted graph, and how they agree with other divisions of its nodes."""

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components

from saegeo_core.numerics.arrays import Integers

ALONE = -1


def modules_of(graph: scipy.sparse.csr_matrix, seed: int) -> Integers:
    """The module of each node, int64 (n,), by size from 0, -1 for a node without an edge, by Louvain (Blondel et al. 2008).

    The library's Leiden draws from the C library's generator, which no seed of its own sets: it gives other modules every time.

    Args:
        graph: symmetric, weights > 0, no loops.
        seed: shuffles the nodes that moves are tried of.
    """
    from sknetwork.clustering import Louvain

    modules = np.full(graph.shape[0], ALONE, np.int64)
    (joined,) = np.diff(graph.indptr).nonzero()
    if len(joined):
        among = scipy.sparse.csr_matrix(graph[joined][:, joined])
        found = Louvain(modularity="newman", shuffle_nodes=True, random_state=seed).fit_predict(among)
        _, modules[joined], sizes = np.unique(found, return_inverse=True, return_counts=True)
        modules[joined] = np.argsort(np.argsort(-sizes, kind="stable"))[modules[joined]]
    return modules


def modularity(graph: scipy.sparse.csr_matrix, modules: Integers) -> float:
    """Newman's: sum over modules of weight within / weight - (strength of the module / strength)^2; 0 without edges."""
    edges = graph.tocoo()
    total = float(edges.data.sum())
    if not total:
        return 0.0
    is_within = modules[edges.row] == modules[edges.col]
    strengths = np.bincount(modules[edges.row], edges.data) / total
    return float(edges.data[is_within].sum() / total - strengths @ strengths)


def components_of(graph: scipy.sparse.csr_matrix) -> Integers:
    """The component of each node, int64 (n,), by size from 0."""
    _, found = connected_components(graph, directed=False)
    sizes = np.bincount(found)
    ranks: Integers = np.argsort(np.argsort(-sizes, kind="stable"))[found]
    return ranks


def pairs_in_one(groups: Integers, modules: Integers) -> float | None:
    """Share of the pairs of one group that lie in one module; None where no group has a pair. Labels from 0, (n,) both."""
    n_pairs = _pairs(groups)
    return _pairs(groups * (modules.max() + 1) + modules) / n_pairs if n_pairs else None


def _pairs(labels: Integers) -> int:
    """Pairs with one label."""
    sizes = np.unique(labels, return_counts=True)[1]
    return int(sizes @ (sizes - 1)) // 2
