"""The excess against loops over all pairs; its bootstrap against counts of the drawn blocks."""

import numpy as np
import pytest

from saegeo_core.measuring.resampled import GroupsOfBoth
from saegeo_core.numerics.grouped_bits import GroupedBits
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.synthetic import isotropic
from saegeo_lobes.affinities import affinity_matrix, phi
from saegeo_lobes.neighbor_phi import draw_peers, excess_without_groups, neighbor_phi_excess


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


def test_peers_come_from_the_stratum_of_the_neighbor(case, rng):
    strata, neighbors = case.strata(), case.neighbors.indices
    feature = np.arange(len(strata))[:, None]
    seen = [set() for _ in range(neighbors.size)]
    for _ in range(200):
        peers = draw_peers(neighbors, strata, rng)
        for partners, drawn in zip(seen, peers.ravel(), strict=True):
            partners.add(int(drawn))
        assert np.all(strata[peers] == strata[neighbors])
        assert not np.any((peers == neighbors) | (peers == feature))
    i, j = 3, 2
    allowed = set(np.flatnonzero(strata == strata[neighbors[i, j]])) - {i, neighbors[i, j]}
    assert seen[i * neighbors.shape[1] + j] == allowed


def test_replicates_lack_groups_of_documents_and_of_kin(case, rng):
    """Weighted counts of the whole matrix give the same mean difference of phi, over the features that are left."""
    firing = case.plant.firing.select(case.live)
    neighbors, strata = case.neighbors.indices, case.strata()
    peers = draw_peers(neighbors, strata, rng)
    groups = GroupsOfBoth(firing.document_of_block % 3, rng.permutation(np.arange(firing.n_features) % 3))
    bits = GroupedBits.of(lambda some: firing.incidence().block_tile(slice(None), some), len(strata), groups.of_block)
    found = excess_without_groups(0.25, bits, neighbors, peers, groups)
    means = []
    for group in (-1, 0, 1, 2):
        weights = (groups.of_block != group).astype(np.int64)
        matrix = affinity_matrix(firing.cooccurrence(weights=weights), int(weights.sum()), phi).numpy()
        left = groups.features_left(group)
        near, beside = (np.take_along_axis(matrix, partners, 1)[left].mean() for partners in (neighbors, peers))
        means.append(near - beside)
    np.testing.assert_allclose(found, 0.25 + np.array(means[1:]) - means[0], atol=1e-5)


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
