"""The map is the same for the same seed, is kept, and falls back to what needs no extra."""

import importlib.util

import numpy as np
import pytest
import torch

from saegeo_core.synthetic import families
from saegeo_lobes import feature_map as module
from saegeo_lobes.affinities import angular_affinity
from saegeo_lobes.feature_map import feature_map


@pytest.fixture
def units(rng):
    return families(60, 8, rng, size=20, correlation=0.9).numpy()


def test_principal_components_where_the_extra_is_missing(units, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = feature_map(units, 0)
    centered = units.astype(np.float64) - units.mean(0, dtype=np.float64)
    _, _, axes = np.linalg.svd(centered, full_matrices=False)
    np.testing.assert_allclose(np.abs(found.coordinates), np.abs(centered @ axes[:2].T), atol=1e-8)
    assert "principal" in found.method


def test_one_dimension_is_laid_out_on_a_line():
    found = feature_map(np.linspace(-1, 1, 5, dtype=np.float32)[:, None], 0)
    np.testing.assert_array_equal(found.coordinates[:, 1], 0)


def test_families_lie_together_and_the_map_is_kept(units, monkeypatch, tmp_path):
    pytest.importorskip("openTSNE", reason="the extra plots is not installed")
    monkeypatch.setenv("SAEGEO_CACHE", str(tmp_path))
    found = feature_map(units, 0)
    distances = np.linalg.norm(found.coordinates[:, None] - found.coordinates, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(1) // 20 == np.arange(60) // 20).mean() > 0.9
    monkeypatch.setattr(module, "_tsne", lambda *_: pytest.fail("computed again"))
    np.testing.assert_array_equal(feature_map(units, 0).coordinates, found.coordinates)


def test_neighbors_read_off_angles_are_those_of_products(rng):
    pytest.importorskip("openTSNE", reason="the extra plots is not installed")
    units = families(120, 8, rng, size=20, correlation=0.9).numpy()
    from_products = module._nearest_by_cosine(units, None)
    from_angles = module._nearest_by_cosine(units, angular_affinity(torch.from_numpy(units)))
    np.testing.assert_array_equal(from_angles.indices, from_products.indices)
    np.testing.assert_allclose(from_angles.distances, from_products.distances, atol=1e-6)
