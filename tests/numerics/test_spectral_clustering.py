"""Labels must be scikit-learn's, and depend on nothing that should not matter."""

import numpy as np
import pytest
import torch
from sklearn.cluster import SpectralClustering
from sklearn.metrics import adjusted_mutual_info_score

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
    assert embedding.residuals.max() < 2e-5
    assert adjusted_mutual_info_score(labels[5], group) == 1
    for k in (2, 5):
        reference = SpectralClustering(k, affinity="precomputed", random_state=42).fit_predict(
            affinity.double().numpy()
        )
        assert adjusted_mutual_info_score(reference, labels[k]) >= 0.99
        if k == 5:  # the number of groups: eigenvalues are separated, and even the numbering is the same
            np.testing.assert_array_equal(labels[k], reference)


def test_each_number_of_clusters_is_a_fit_of_its_own(rng):
    affinity, _ = planted(rng, n=300)
    several, _ = spectral_clusters(affinity, SIZES, rng)
    alone, _ = spectral_clusters(affinity, [5], rng)
    np.testing.assert_array_equal(several[5], alone[5])


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
    with_diagonal = spectral_embedding(form(affinity), 5, rng)
    without = spectral_embedding(form(bare), 5, rng)
    np.testing.assert_allclose(with_diagonal.coordinates, without.coordinates, atol=1e-6)


def test_pieces_that_nothing_joins_are_found_apart(rng):
    """Eight graphs side by side: eigenvalue 1 eight times over, beyond the reach of a single vector's Krylov space."""
    group = np.repeat(np.arange(8), 100)
    affinity = torch.from_numpy(rng.random((800, 800)) * (group[:, None] == group))
    labels, embedding = spectral_clusters(sparse((affinity + affinity.T).float()), [8], rng)
    np.testing.assert_allclose(embedding.eigenvalues, 1, atol=1e-5)
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
        spectral_embedding(form(affinity), 3, rng)


def test_no_more_clusters_than_coordinates(rng):
    affinity, _ = planted(rng, n=40)
    with pytest.raises(ValueError, match="3 eigenvectors"):
        cluster_embedding(spectral_embedding(affinity, 3, rng), 4)


@pytest.mark.gpu
def test_cuda_gives_the_same_clusters(rng):
    affinity, _ = planted(rng)
    here, _ = spectral_clusters(affinity, [5], rng)
    there, embedding = spectral_clusters(affinity.cuda(), [5], rng)
    assert embedding.residuals.max() < 2e-5
    assert adjusted_mutual_info_score(here[5], there[5]) == 1
