"""Excess, curve and typical features against loops over all pairs; the bootstrap against counts of the drawn blocks."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.synthetic import isotropic
from saegeo_lobes.affinities import affinity_matrix, phi
from saegeo_lobes.neighbor_phi import neighbor_phi_excess
from saegeo_lobes.neighbor_phi_interval import draw_controls, neighbor_phi_interval, pack_by_feature
from saegeo_lobes.phi_by_cosine import phi_by_cosine
from saegeo_lobes.typical_features import mean_phi_within, typical_features


@pytest.fixture
def case(make_case):
    return make_case(n_features=66, n_blocks=500, topic_strength=3, n_neighbors=4, d_in=12)


def excess_by_loops(matrix, neighbors, strata):
    excess = np.zeros(neighbors.shape)
    for i, row in enumerate(neighbors):
        for place, j in enumerate(row):
            others = [k for k in np.flatnonzero(strata == strata[j]) if k not in (i, j)]
            excess[i, place] = matrix[i, j] - matrix[i, others].mean()
    return excess


@pytest.mark.parametrize("height", [None, 7])
def test_excess_is_that_of_loops(case, height):
    matrix = affinity_matrix(case.counts, case.n_blocks, phi).double().numpy()
    strata, neighbors = case.strata(), case.neighbors.indices
    permutations = case.permutations(strata, 70)
    found = neighbor_phi_excess(case.phi_rows(height=height), neighbors, strata, permutations)
    expected = excess_by_loops(matrix, neighbors, strata)
    np.testing.assert_allclose(found.excess_of_feature, expected.mean(1), atol=1e-5)
    assert found.excess == pytest.approx(expected.mean(), abs=1e-5)
    assert found.phi == pytest.approx(np.take_along_axis(matrix, neighbors, 1).mean(), abs=1e-5)
    for permutation, drawn in zip(permutations[:5], found.null_distribution[:5], strict=True):
        moved = excess_by_loops(matrix[np.ix_(permutation, permutation)], neighbors, strata)
        assert drawn == pytest.approx(moved.mean(), abs=1e-5)


def test_staying_in_place_changes_nothing(case):
    strata = case.strata()
    still = np.arange(len(strata), dtype=np.int32)[None]
    found = neighbor_phi_excess(case.phi_rows(), case.neighbors.indices, strata, still)
    np.testing.assert_allclose(found.null_distribution, found.excess, atol=1e-9)


def test_strata_must_leave_someone_to_compare_with(case):
    pairs = np.arange(len(case.live)) // 2
    with pytest.raises(ValueError, match="stratum of 2"):
        neighbor_phi_excess(case.phi_rows(), case.neighbors.indices, pairs, np.zeros((0, len(pairs)), np.int64))


def test_controls_come_from_the_stratum_of_the_neighbor(case, rng):
    strata, neighbors = case.strata(), case.neighbors.indices
    feature = np.arange(len(strata))[:, None]
    seen = [set() for _ in range(neighbors.size)]
    for _ in range(200):
        controls = draw_controls(neighbors, strata, rng)
        for partners, drawn in zip(seen, controls.ravel(), strict=True):
            partners.add(int(drawn))
        assert np.all(strata[controls] == strata[neighbors])
        assert not np.any((controls == neighbors) | (controls == feature))
    i, j = 3, 2
    allowed = set(np.flatnonzero(strata == strata[neighbors[i, j]])) - {i, neighbors[i, j]}
    assert seen[i * neighbors.shape[1] + j] == allowed


def test_replicates_are_those_of_the_documents_drawn(case, rng):
    """Seen through a replay of the draws: weighted counts of the whole matrix give the same mean difference of phi."""
    firing = case.plant.firing.select(case.live)
    neighbors, strata = case.neighbors.indices, case.strata()
    controls = draw_controls(neighbors, strata, rng)
    packed = pack_by_feature(lambda some: firing.incidence().block_tile(slice(None), some), firing.n_features)
    documents = firing.document_of_block + 5
    seed = int(rng.integers(2**31))
    found = neighbor_phi_interval(
        0.25,
        packed,
        neighbors,
        controls,
        document_of_block=documents,
        rng=np.random.default_rng(seed),
        n_resamples=3,
    )
    n_documents = documents.max() - 4
    drawn = np.random.default_rng(seed).multinomial(n_documents, np.full(n_documents, 1 / n_documents), 3)
    means = []
    for weights in [np.ones(n_documents, int), *drawn]:
        counts = firing.cooccurrence(weights=weights[firing.document_of_block])
        matrix = affinity_matrix(counts, int(weights[firing.document_of_block].sum()), phi).numpy()
        near, control = (np.take_along_axis(matrix, partners, 1).mean() for partners in (neighbors, controls))
        means.append(near - control)
    np.testing.assert_allclose(found.replicates, 0.25 + np.array(means[1:]) - means[0], atol=1e-5)
    assert found.confidence_interval[0] < found.confidence_interval[1]


def test_phi_by_cosine_is_that_of_all_pairs(case):
    units = torch.from_numpy(case.directions)
    found = phi_by_cosine(case.phi_rows(height=9), units, n_bins=10)
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
    within = mean_phi_within(case.phi_rows(height=9), lobes)
    expected = [matrix[i, lobes == lobes[i]].sum() / max(1, (lobes == lobes[i]).sum() - 1) for i in range(len(lobes))]
    np.testing.assert_allclose(within, expected, atol=1e-5)
    typical = typical_features(within, lobes, 4)
    assert [len(typical[lobe]) for lobe in range(4)] == [4, 4, 4, 1]
    for lobe, features in typical.items():
        assert set(lobes[features]) == {lobe}
        others = np.setdiff1d(np.flatnonzero(lobes == lobe), features)
        assert np.all(np.diff(within[features]) <= 0)
        assert not len(others) or within[others].max() <= within[features].min()


def test_directions_without_a_plan_have_no_excess(make_case, rng):
    """Topics in firing, none in the directions: the excess is what permutations give."""
    case = make_case(n_features=300, n_blocks=600, topic_strength=5)
    strata = case.strata()
    zs = []
    for _ in range(12):
        elsewhere = nearest_neighbors(isotropic(len(strata), 24, rng), 5).indices
        found = neighbor_phi_excess(case.phi_rows(), elsewhere, strata, case.permutations(strata, 60))
        zs.append((found.excess - found.null_distribution.mean()) / found.null_distribution.std())
    assert abs(np.mean(zs)) < 4 / np.sqrt(12)
