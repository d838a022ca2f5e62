"""Filtered subspaces against the solver that factorizes, on graphs that are hard in a way of their own."""

import numpy as np
import pytest
import scipy.sparse
import torch

from saegeo_core.numerics.filtered_eigenvectors import filtered_eigenvectors
from saegeo_core.numerics.leading_eigenvectors import span_errors
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.numerics.spectral_clustering import spectral_embedding
from saegeo_core.synthetic import isotropic

N = 1500


def normalized(graph):
    """Dense float64 D^-1/2 A D^-1/2 of a sparse graph."""
    affinity = graph.to_dense().double().fill_diagonal_(0)
    inverse = affinity.sum(1).clamp_min(1e-12).rsqrt()
    return inverse[:, None] * affinity * inverse


def in_pieces(n_pieces, rng):
    """A graph of as many pieces, none of them joined to another: so many eigenvalues are 1."""
    sizes = np.full(n_pieces, N // n_pieces)
    blocks = [
        scipy.sparse.random(size, size, 0.3, rng=rng, data_rvs=lambda n: rng.uniform(0.5, 1, n)) for size in sizes
    ]
    dense = torch.from_numpy(scipy.sparse.block_diag(blocks).toarray())
    return (dense + dense.T).to_sparse().coalesce()


GRAPHS = {
    "no order": lambda rng: nearest_neighbors(isotropic(N, 40, rng), 10).graph(),
    "three pieces": lambda rng: in_pieces(3, rng),
    "fifty pieces": lambda rng: in_pieces(50, rng),
}


@pytest.mark.parametrize("law", GRAPHS)
@pytest.mark.parametrize("spans", [(4,), (2, 3, 8, 16)])
def test_the_same_as_of_the_factorized_matrix(law, spans, rng):
    matrix = normalized(GRAPHS[law](rng))
    found = filtered_eigenvectors(lambda block: matrix @ block, len(matrix), spans, rng)
    values, vectors = np.linalg.eigh(matrix.numpy())
    n_vectors = max(spans) + 1
    np.testing.assert_allclose(found.values, values[::-1][:n_vectors], atol=1e-10)
    np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(n_vectors), atol=1e-12)
    for k, error in span_errors(found.values, found.residuals, spans).items():
        if error < 1e-3:  # the span is determined
            inside = vectors[:, ::-1][:, :k].T @ found.vectors[:, :k].numpy()
            assert np.linalg.svd(inside, compute_uv=False).min() > 1 - 1e-10
    if law == "no order":
        assert max(span_errors(found.values, found.residuals, spans).values()) <= 1e-6


def test_stopping_early_shows_in_the_residuals(rng):
    matrix = normalized(GRAPHS["no order"](rng))
    found = filtered_eigenvectors(lambda block: matrix @ block, len(matrix), [8], rng, most_products=3)
    assert found.residuals.max() > 1e-4


def test_a_small_space_is_solved_directly(rng):
    matrix = normalized(nearest_neighbors(isotropic(40, 8, rng), 5).graph())
    found = filtered_eigenvectors(lambda block: matrix @ block, 40, [40], rng)
    np.testing.assert_allclose(found.values, np.linalg.eigvalsh(matrix)[::-1], atol=1e-12)
    assert found.n_products == 2


def test_as_many_as_there_are_and_no_more(rng):
    with pytest.raises(ValueError, match="1 to 40 eigenvectors"):
        filtered_eigenvectors(lambda block: block, 40, [41], rng)


def test_one_thread_finds_the_span_that_two_find(rng):
    graph = nearest_neighbors(isotropic(3000, 40, rng), 10).graph()
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(spectral_embedding(graph, (8,), np.random.default_rng(0)).coordinates[:, :8])
    finally:
        torch.set_num_threads(before)
    bases = [np.linalg.qr(coordinates)[0] for coordinates in found]
    assert np.linalg.svd(bases[0].T @ bases[1], compute_uv=False).min() > 1 - 1e-10
