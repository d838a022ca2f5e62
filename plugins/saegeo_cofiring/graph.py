"""The graph of features that fire together beyond chance, from counts of pairs, some rows at a time."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from scipy.special import ndtr

from saegeo_cofiring.margins import MarginsKept, upper_normal_score
from saegeo_cofiring.phi import phi, upper
from saegeo_core.measuring.counted_rows import CountedRows
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.neighbor_graph import symmetric_graph

ROWS_AT_ONCE = 64
SURELY_BEYOND = 0.5
"""Of the least score: what a pair's distance from its mean reaches in standard deviations where its score reaches all of it."""


class Joined(NamedTuple):
    """The features that fire together.

    Attributes:
        mean_squared_phi: over all pairs.
        n_partners: how many each feature is joined to, int64 (n_features,).
        graph: phi of the pairs joined, symmetric, float64 (n_features, n_features): of each feature those of largest phi.
    """

    mean_squared_phi: float
    n_partners: Integers
    graph: scipy.sparse.csr_matrix


def least_score(scores: Floats, fdr: float) -> float:
    """The least score found at a false-discovery rate (Benjamini and Hochberg 1995), infinite where none is.

    Args:
        scores: (n_pairs,), what a normal number exceeds with the p-value of each.
        fdr: in (0, 1).
    """
    falling = np.sort(scores)[::-1].astype(np.float64)
    found = np.flatnonzero(ndtr(-falling) <= fdr * np.arange(1, len(falling) + 1) / len(falling))
    return float(falling[found[-1]]) if len(found) else np.inf


def joined(
    counted: Iterable[CountedRows],
    counts: Integers,
    n_blocks: int,
    law: MarginsKept,
    *,
    least: float,
    n_partners: int,
) -> Joined:
    """Join the pairs whose count scores at least `least`; every feature brings the `n_partners` of largest phi into the graph.

    Args:
        counted: counts of all pairs, in order.
        counts: blocks each feature fires in, (n_features,).
        n_blocks: T.
        law: what is expected of the counts.
        least: a score, > 0; infinite joins none.
        n_partners: how many, at most as many as there are others.
    """
    n = len(counts)
    fires = torch.tensor(counts).float().to(law.together.device)
    kept = min(n_partners, n - 1)
    partners, values = np.zeros((n, kept), np.int64), np.zeros((n, kept), np.float32)
    n_joined, squares = np.zeros(n, np.int64), 0.0
    for rows, together in _few_rows(counted):
        correlated = phi(together, fires[rows], fires, n_blocks)
        own = torch.arange(rows.start, rows.stop, device=fires.device)[:, None]
        correlated.scatter_(1, own, 0.0)
        squares += float(correlated.square().sum(dtype=torch.float64))
        if not np.isfinite(least):
            continue
        is_joined = _is_beyond(together, law, rows, least).scatter_(1, own, False)
        n_joined[rows] = is_joined.sum(1).numpy(force=True)
        largest = correlated.masked_fill_(~is_joined, 0.0).topk(kept, dim=1)
        partners[rows], values[rows] = largest.indices.numpy(force=True), largest.values.numpy(force=True)
    return Joined(squares / (n * (n - 1)), n_joined, _graph(partners, values))


def graph_of_strongest(
    phis: torch.Tensor, scores: torch.Tensor, n_edges: int, n_partners: int
) -> scipy.sparse.csr_matrix:
    """The graph of so many pairs of the largest scores, and any that score as much; features bring partners into it as in `joined`.

    Args:
        phis, scores: symmetric (n_features, n_features); the diagonal does not count.
        n_edges: 1 to all pairs.
        n_partners: how many, at most as many as there are others.
    """
    pairs = upper(scores)
    least = np.partition(pairs, len(pairs) - n_edges)[len(pairs) - n_edges]
    kept = min(n_partners, len(phis) - 1)
    largest = phis.masked_fill(scores < float(least), 0.0).fill_diagonal_(0.0).topk(kept, dim=1)
    return _graph(largest.indices.numpy(force=True), largest.values.numpy(force=True))


def _graph(partners: Integers, values: NDArray[np.float32]) -> scipy.sparse.csr_matrix:
    """Of the partners of each feature, (n_features, n_partners), with phi, those above 0."""
    graph, n = symmetric_graph(torch.from_numpy(partners), torch.from_numpy(values)), len(partners)
    return scipy.sparse.csr_matrix((graph.values().double().numpy(), graph.indices().numpy()), shape=(n, n))


def _few_rows(counted: Iterable[CountedRows]) -> Iterator[tuple[slice, torch.Tensor]]:
    """The same counts as floats, a few rows at a time: what goes over them many times stays near the core."""
    for rows, together in counted:
        for some in row_slices(len(together), ROWS_AT_ONCE):
            yield slice(rows.start + some.start, rows.start + some.stop), together[some].float()


def _is_beyond(together: torch.Tensor, law: MarginsKept, rows: slice, least: float) -> torch.Tensor:
    """Whether counts score at least so much; scores are computed where they may."""
    mean, variance = law.moments(rows, slice(None))
    is_beyond = together - mean > SURELY_BEYOND * least * variance.sqrt()
    scores = upper_normal_score(together[is_beyond], mean[is_beyond], variance[is_beyond])
    is_beyond[is_beyond.clone()] = scores >= least
    return is_beyond
