"""The curve over cosine and the typical features against all of phi at once."""

import numpy as np
import pytest
import torch

from saegeo_lobes.affinities import affinity_matrix, phi
from saegeo_lobes.phi_of_pairs import mean_phi_within, phi_by_cosine, typical_features


@pytest.fixture
def case(make_case):
    return make_case(n_features=66, n_blocks=500, topic_strength=3, n_neighbors=4, d_in=12)


def test_phi_by_cosine_is_that_of_all_pairs(case):
    units = torch.from_numpy(case.directions)
    found = phi_by_cosine(case.phi_rows(height=9), lambda rows: units[rows] @ units[rows.start :].T, n_bins=10)
    matrix = affinity_matrix(case.counts, case.n_blocks, phi).numpy()
    pairs = np.triu_indices(len(matrix), 1)
    cosines = (case.directions @ case.directions.T)[pairs]
    n_pairs = np.histogram(cosines, found.edges)[0]
    sums = np.histogram(cosines, found.edges, weights=matrix[pairs])[0]
    np.testing.assert_array_equal(found.n_pairs, n_pairs)
    np.testing.assert_allclose(found.mean_phi[n_pairs > 0], (sums / np.maximum(n_pairs, 1))[n_pairs > 0], atol=1e-5)
    assert np.isnan(found.mean_phi[n_pairs == 0]).all()


def test_typical_features_fire_with_their_lobe(case):
    lobes = np.append(np.arange(len(case.topics) - 1) % 3, 3)  # the last lobe has one feature
    matrix = affinity_matrix(case.counts, case.n_blocks, phi).double().numpy()
    np.fill_diagonal(matrix, 0)
    within = mean_phi_within(case.tile, case.fired, case.n_blocks, lobes, height=9)
    expected = [matrix[i, lobes == lobes[i]].sum() / max(1, (lobes == lobes[i]).sum() - 1) for i in range(len(lobes))]
    np.testing.assert_allclose(within, expected, atol=1e-6)
    assert within[-1] == 0
    typical = typical_features(within, lobes, 4)
    assert [len(typical[lobe]) for lobe in range(4)] == [4, 4, 4, 1]
    for lobe, features in typical.items():
        assert set(lobes[features]) == {lobe}
        others = np.setdiff1d(np.flatnonzero(lobes == lobe), features)
        assert np.all(np.diff(within[features]) <= 0)
        assert not len(others) or within[others].max() <= within[features].min()
