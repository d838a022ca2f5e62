"""Which features are live, and what is said of the others; what is read off matrices of all pairs, against products."""

import numpy as np
import pytest
import torch

from saegeo_core.synthetic.firing import plant_firing
from saegeo_lobes import feature_set
from saegeo_lobes.affinities import positive_phi
from saegeo_lobes.feature_set import ANGULAR, COSINE_GRAPH, FeatureSet, Settings, live_features
from saegeo_lobes.phi_of_pairs import phi_by_cosine


def test_dead_rare_and_constant_features_are_told_apart():
    counts = np.array([0, 3, 9, 10, 50, 90, 91, 100, 0])
    found = live_features(counts, 100)
    np.testing.assert_array_equal(found.mask, [False, False, False, True, True, True, False, False, False])
    assert (found.n_dead, found.n_rare, found.n_constant) == (2, 2, 2)
    with pytest.raises(ValueError, match="at least one block"):
        live_features(counts, 100, min_blocks=0)


@pytest.fixture
def make_features(rng):
    plant = plant_firing(rng, n_features=150, n_blocks=400, d_in=12, topic_strength=5)
    directions = torch.from_numpy(plant.directions)
    directions[3], directions[9] = directions[70], -directions[71]  # cosines of 1 and -1
    settings = Settings({"phi": positive_phi}, (COSINE_GRAPH, ANGULAR), (4,), 5, 10**9, True, "cpu")
    return lambda: FeatureSet(directions, plant.firing, settings, np.random.default_rng(0))


def test_of_many_features_cosines_are_read_off_the_angles_to_the_same_neighbors_and_clusters(
    make_features, monkeypatch
):
    few = make_features()
    curve = phi_by_cosine(few.phi_rows(), few.cosines_from)
    monkeypatch.setattr(feature_set, "MANY_FEATURES", 100)
    many = make_features()
    np.testing.assert_array_equal(many.neighbors.indices, few.neighbors.indices)
    np.testing.assert_array_equal(many.neighbors.cosines, few.neighbors.cosines)
    np.testing.assert_array_equal(many.geometry(ANGULAR).labels(4), few.geometry(ANGULAR).labels(4))
    torch.testing.assert_close(many.cosines_from(slice(20, 31)), few.cosines_from(slice(20, 31)), rtol=0, atol=1e-6)
    again = phi_by_cosine(many.phi_rows(), many.cosines_from)
    assert np.abs(again.n_pairs - curve.n_pairs).sum() <= 2
    np.testing.assert_allclose(again.mean_phi, curve.mean_phi, atol=1e-3)
    many.forget_angles()
    np.testing.assert_array_equal(many.geometry(COSINE_GRAPH).labels(4), few.geometry(COSINE_GRAPH).labels(4))


def test_lobes_are_counted_in_blocks_together_as_one_by_one(make_features):
    together, alone = make_features(), make_features()
    divisions = [np.arange(150) % 3, np.arange(150) // 40]
    for found, lobes in zip(together.on_in_blocks(*divisions), divisions, strict=True):
        n_lobes = lobes.max() + 1
        np.testing.assert_array_equal(found[:, :n_lobes], alone.on_in_blocks(lobes)[0])
        assert not found[:, n_lobes:].any()
