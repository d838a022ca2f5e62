"""Labels must be scikit-learn's, and depend on nothing that should not matter."""

import numpy as np
import pytest
import scipy.linalg
import torch
from sklearn.cluster import SpectralClustering
from sklearn.metrics import adjusted_mutual_info_score

from saegeo_core.numerics import spectral_clustering
from saegeo_core.numerics.spectral_clustering import cluster_embedding, spectral_clusters, spectral_embedding

SIZES = (2, 3, 5, 8)


def planted(rng, n=900, n_groups=5, within=0.5):
    """Noise, and more of it inside groups."""
    group = rng.permutation(np.arange(n) % n_groups)
    affinity = rng.random((n, n)) + within * (group[:, None] == group)
    return torch.from_numpy((affinity + affinity.T).astype(np.float32)), group


def sparse(affinity):
    return affinity.to_sparse_coo()


def test_labels_are_those_of_scikit_learn(rng):
    affinity, group = planted(rng)
    labels, embedding = spectral_clusters(affinity, SIZES, rng)
    assert embedding.residuals.max() < 1e-8
    assert adjusted_mutual_info_score(labels[5], group) == 1
    for k in (2, 5):
        reference = SpectralClustering(k, affinity="precomputed", random_state=42).fit_predict(
            affinity.double().numpy()
        )
        assert adjusted_mutual_info_score(reference, labels[k]) >= 0.99
        if k == 5:  # the number of groups: eigenvalues are separated, and even the numbering is the same
            np.testing.assert_array_equal(labels[k], reference)


def random_graph(rng, n=700, n_neighbors=12):
    """Each point joined to a few others at random: nothing is planted, and eigenvalues crowd together."""
    weights = np.zeros((n, n), np.float32)
    partners = rng.integers(0, n, (n, n_neighbors))
    weights[np.arange(n)[:, None], partners] = rng.random((n, n_neighbors))
    return torch.from_numpy(np.maximum(weights, weights.T))


def exact_coordinates(affinity, k):
    """The same by LAPACK, in float64 from beginning to end."""
    matrix = affinity.double().numpy().copy()
    np.fill_diagonal(matrix, 0)
    root = matrix.sum(1) ** -0.5
    n = len(matrix)
    return scipy.linalg.eigh(root[:, None] * matrix * root, subset_by_index=[n - k, n - 1])[1][:, ::-1] * root[:, None]


@pytest.mark.parametrize("form", [torch.Tensor.clone, sparse], ids=["dense", "sparse"])
@pytest.mark.parametrize("graph", [lambda rng: planted(rng, n=700)[0], random_graph], ids=["planted", "random"])
def test_spans_are_those_of_an_exact_solution_whatever_else_is_asked_for(graph, form, rng):
    """On the planted graph all but five eigenvalues are noise, hardly apart; factorized (40) and by Krylov spaces (12)."""
    affinity = graph(rng)
    for asked in ([12], [2, 12, 40]):
        embedding = spectral_embedding(form(affinity), asked, rng)
        for k in asked:
            both = np.linalg.qr(embedding.first(k))[0], np.linalg.qr(exact_coordinates(affinity, k))[0]
            assert np.linalg.norm(both[0] - both[1] @ (both[1].T @ both[0]), 2) < 1e-6
            assert embedding.span_error(k) < 1e-2


@pytest.mark.parametrize("multiplies_bfloat16", [True, False], ids=["bfloat16", "float32"])
@pytest.mark.parametrize("graph", [lambda rng: 1 + planted(rng)[0], random_graph], ids=["planted", "random"])
def test_spans_and_labels_of_many_points_are_known_as_well(graph, multiplies_bfloat16, monkeypatch, rng):
    affinity = graph(rng)
    few, embedding_of_few = spectral_clusters(affinity, [5, 12], rng)
    monkeypatch.setattr(spectral_clustering, "MANY_POINTS", 500)
    monkeypatch.setattr(spectral_clustering, "bfloat16_pays", lambda: multiplies_bfloat16)
    many, embedding = spectral_clusters(affinity, [5, 12], rng)
    assert embedding.n_products != embedding_of_few.n_products  # another way
    for k in (5, 12):
        found, true = np.linalg.qr(embedding.first(k))[0], np.linalg.qr(exact_coordinates(affinity, k))[0]
        assert np.linalg.norm(found - true @ (true.T @ found), 2) <= embedding.span_error(k) < 1e-2
        np.testing.assert_array_equal(many[k], few[k])


@pytest.mark.parametrize("multiplies_bfloat16", [True, False], ids=["bfloat16", "float32"])
def test_a_span_of_many_points_that_may_be_off_by_a_thousandth_is_found_by_products_in_float32(
    multiplies_bfloat16, monkeypatch, rng
):
    before, moved = planted(rng)[0], planted(rng)[0]
    near = spectral_embedding(before, [5], rng)
    monkeypatch.setattr(spectral_clustering, "MANY_POINTS", 500)
    monkeypatch.setattr(spectral_clustering, "bfloat16_pays", lambda: multiplies_bfloat16)
    embedding = spectral_embedding(moved, [5], rng, accuracy=1e-3, near=near)
    found, true = np.linalg.qr(embedding.first(5))[0], np.linalg.qr(exact_coordinates(moved, 5))[0]
    assert np.linalg.norm(found - true @ (true.T @ found), 2) <= embedding.span_error(5) <= 1.1e-3
    # Asked for more than rounding lets it find, the solver ends where residuals are what that leaves.
    monkeypatch.setattr(spectral_clustering, "ACCURACY_OF_SINGLE_AMONG_MANY", 0.0)
    closest = spectral_embedding(moved, [5], rng, accuracy=1e-12, near=near)
    assert closest.residuals.max() <= spectral_clustering.RESIDUAL_OF_SINGLE
    assert closest.n_products < 100


@pytest.mark.parametrize("graph", [lambda rng: planted(rng)[0], random_graph], ids=["planted", "random"])
def test_labels_for_one_number_do_not_depend_on_the_others(graph, rng):
    affinity = graph(rng)
    alone, _ = spectral_clusters(affinity, [12], rng)
    for others in ([2, 12], [5, 12, 40]):
        several, _ = spectral_clusters(affinity, others, rng)
        np.testing.assert_array_equal(several[12], alone[12])


def test_labels_do_not_depend_on_threads(rng):
    affinity, threads, found = random_graph(rng), torch.get_num_threads(), []
    try:
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            found.append(spectral_clusters(affinity, [12], np.random.default_rng(n_threads))[0][12])
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(*found)


def test_a_gap_that_is_none_is_told(rng):
    """Three equal pieces: the second and third eigenvalues are both 1, so two clusters could be any."""
    affinity, _ = planted(rng, n=200, n_groups=2)
    pieces = torch.block_diag(affinity, affinity, affinity)
    embedding = spectral_embedding(pieces, [2, 3], rng)
    assert embedding.span_error(2) > 0.1
    assert abs(embedding.gap(2)) < 1e-12
    assert embedding.span_error(3) < 1e-6


def test_sparse_and_dense_agree(rng):
    affinity, _ = planted(rng)
    affinity[affinity < 1.3] = 0
    dense, of_dense = spectral_clusters(affinity, SIZES, rng)
    thin, of_thin = spectral_clusters(sparse(affinity), SIZES, rng)
    np.testing.assert_allclose(of_dense.eigenvalues[:5], of_thin.eigenvalues[:5], atol=1e-5)
    np.testing.assert_array_equal(dense[5], thin[5])


@pytest.mark.parametrize("form", [torch.Tensor.clone, sparse], ids=["dense", "sparse"])
def test_the_diagonal_does_not_matter(form, rng):
    affinity, _ = planted(rng, n=300)
    bare = affinity.clone()
    bare.fill_diagonal_(0)
    with_diagonal = spectral_embedding(form(affinity), [5], rng)
    without = spectral_embedding(form(bare), [5], rng)
    np.testing.assert_allclose(with_diagonal.coordinates, without.coordinates, atol=1e-6)


def test_pieces_that_nothing_joins_are_found_apart(rng):
    """Eight graphs side by side: eigenvalue 1 eight times over, beyond the reach of a single vector's Krylov space."""
    group = np.repeat(np.arange(8), 100)
    affinity = torch.from_numpy(rng.random((800, 800)) * (group[:, None] == group))
    labels, embedding = spectral_clusters(sparse((affinity + affinity.T).float()), [8], rng)
    np.testing.assert_allclose(embedding.eigenvalues[:8], 1, atol=1e-12)
    assert adjusted_mutual_info_score(labels[8], group) == 1


def test_points_without_any_affinity_stay_at_the_origin(rng):
    affinity, group = planted(rng, n=300)
    affinity[7], affinity[:, 7] = 0, 0
    labels, embedding = spectral_clusters(affinity, [5], rng)
    np.testing.assert_array_equal(embedding.coordinates[7], 0)
    others = np.arange(300) != 7
    assert adjusted_mutual_info_score(labels[5][others], group[others]) == 1


@pytest.mark.parametrize("form", [torch.Tensor.clone, sparse], ids=["dense", "sparse"])
@pytest.mark.parametrize(
    ("value", "complaint"), [(-1.0, "at least 0"), (float("inf"), "finite"), (float("nan"), "finite")]
)
def test_affinities_that_are_none_are_refused(form, value, complaint, rng):
    affinity, _ = planted(rng, n=40)
    affinity[3, 4] = affinity[4, 3] = value
    with pytest.raises(ValueError, match=complaint):
        spectral_embedding(form(affinity), [3], rng)


def test_no_more_clusters_than_coordinates(rng):
    affinity, _ = planted(rng, n=40)
    with pytest.raises(ValueError, match="4 eigenvectors"):  # three, and the one that ends the gap
        cluster_embedding(spectral_embedding(affinity, [3], rng), 5)


@pytest.mark.gpu
def test_cuda_gives_the_same_clusters(rng):
    affinity, _ = planted(rng)
    here, _ = spectral_clusters(affinity, [5], rng)
    there, embedding = spectral_clusters(affinity.cuda(), [5], rng)
    assert embedding.residuals.max() < 1e-8
    assert adjusted_mutual_info_score(here[5], there[5]) == 1
