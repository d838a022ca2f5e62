"""The partners kept must be the largest, ties included, however the matrix is cut into tiles."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from saegeo_core.numerics import neighbor_graph
from saegeo_core.numerics.neighbor_graph import LargestPartners, symmetric_graph


def strongest(matrix, n_partners):
    """What a full sort keeps: (-value, column) ascending, values above 0, never oneself."""
    kept = np.zeros_like(matrix)
    for i, row in enumerate(matrix):
        order = [j for j in sorted(range(len(row)), key=lambda j: (-row[j], j)) if j != i and row[j] > 0][:n_partners]
        kept[i, order] = row[order]
    return np.maximum(kept, kept.T)


@settings(max_examples=40)
@given(st.integers(1, 25), st.integers(1, 6), st.integers(1, 25), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_tiles_do_not_matter(n, n_partners, side, entries, seed):
    levels = np.random.default_rng(seed).integers(-2, 5, (n, n)) / 8  # few levels, so that many tie
    matrix = np.maximum(levels, levels.T).astype(np.float32)
    before, neighbor_graph.ENTRIES_AT_ONCE = neighbor_graph.ENTRIES_AT_ONCE, entries
    try:
        partners = LargestPartners(n, n_partners)
        for i in range(0, n, side):
            for j in range(0, n, side):
                rows, columns = slice(i, min(i + side, n)), slice(j, min(j + side, n))
                partners.offer(rows, columns, torch.from_numpy(matrix[rows, columns]))
    finally:
        neighbor_graph.ENTRIES_AT_ONCE = before
    np.testing.assert_array_equal(partners.graph().to_dense().numpy(), strongest(matrix, n_partners))


def test_an_edge_is_there_once_whoever_chose_it():
    graph = symmetric_graph(
        torch.tensor([[1, 2], [0, 2], [0, 1]]), torch.tensor([[0.5, 0.2], [0.5, -0.1], [0.2, -0.1]])
    )
    expected = [[0, 0.5, 0.2], [0.5, 0, 0], [0.2, 0, 0]]
    np.testing.assert_array_equal(graph.to_dense().numpy(), np.float32(expected))
