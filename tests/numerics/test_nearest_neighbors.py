"""Neighbors are those of the full float64 matrix, whatever format the products are made in."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics import nearest_neighbors as module
from saegeo_core.numerics.nearest_neighbors import nearest_by_scores, nearest_neighbors
from saegeo_core.synthetic import angular_gaussian, families, isotropic, with_duplicates


def of_full_matrix(rows, n_neighbors):
    unit = rows.double() / rows.double().norm(dim=1, keepdim=True)
    cosines = (unit @ unit.T).numpy().round(12)
    np.fill_diagonal(cosines, -np.inf)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :n_neighbors]
    return order, np.take_along_axis(cosines, order, 1)


@pytest.mark.parametrize("product_format", ["bfloat16", "float32", "float64", None])
@pytest.mark.parametrize("make", [isotropic, families, angular_gaussian])
@pytest.mark.parametrize("n_neighbors", [1, 7])
def test_neighbors_are_those_of_the_full_matrix(n_neighbors, make, product_format, rng, monkeypatch):
    monkeypatch.setattr(module, "ENTRIES_AT_ONCE", 301 * 50)
    monkeypatch.setattr(module, "SIDE", 50)
    rows = make(301, 24, rng)
    found = nearest_neighbors(rows, n_neighbors, product_format=product_format)
    indices, cosines = of_full_matrix(rows, n_neighbors)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.cosines, cosines, atol=2e-12)


@pytest.mark.parametrize("of_first", [1, 70, 301])
def test_neighbors_of_the_first_rows_are_looked_for_among_all(of_first, rng, monkeypatch):
    monkeypatch.setattr(module, "ENTRIES_AT_ONCE", 301 * 50)
    rows = families(301, 24, rng)
    found = nearest_neighbors(rows, 3, of_first=of_first)
    indices, cosines = of_full_matrix(rows, 3)
    np.testing.assert_array_equal(found.indices, indices[:of_first])
    np.testing.assert_allclose(found.cosines, cosines[:of_first], atol=2e-12)


@pytest.mark.parametrize("make", [isotropic, families, angular_gaussian])
def test_scores_that_rise_with_the_cosine_and_are_off_by_a_bound_give_the_same_neighbors(make, rng, monkeypatch):
    monkeypatch.setattr(module, "ENTRIES_AT_ONCE", 301 * 50)
    rows, error = make(301, 24, rng), 0.03
    unit = torch.nn.functional.normalize(rows.double(), dim=1)
    off = unit @ unit.T + error * torch.from_numpy(rng.uniform(-1, 1, (301, 301)))
    scores = (off**3).float()
    before = scores.clone()
    found = nearest_by_scores(
        rows, scores, lambda least: (least.double().abs() ** (1 / 3) * least.sign() - 2.01 * error) ** 3, 7
    )
    indices, cosines = of_full_matrix(rows, 7)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.cosines, cosines, atol=2e-12)
    assert torch.equal(scores, before)
    with pytest.raises(ValueError, match="1 to 300 neighbors"):
        nearest_by_scores(rows, scores, lambda least: least, 301)


def test_of_equal_rows_the_lowest_come_first(rng):
    rows = isotropic(50, 8, rng)[torch.arange(200) % 50]
    found = nearest_neighbors(rows, 2)
    np.testing.assert_array_equal(found.indices[:50], np.arange(50)[:, None] + [50, 100])
    np.testing.assert_array_equal(found.indices[150:], np.arange(50)[:, None] + [0, 50])
    np.testing.assert_array_equal(nearest_neighbors(rows, 1).indices, found.indices[:, :1])


def test_threads_do_not_matter(rng):
    rows = with_duplicates(isotropic(500, 40, rng), rng, duplicates=20)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = nearest_neighbors(rows, 10)
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(nearest_neighbors(rows, 10).indices, one.indices)


def test_the_graph_joins_whoever_chose_the_other(rng):
    found = nearest_neighbors(isotropic(60, 5, rng), 4)
    expected = np.zeros((60, 60))
    for feature, (partners, cosines) in enumerate(zip(found.indices, found.cosines, strict=True)):
        expected[feature, partners] = expected[partners, feature] = cosines
    np.testing.assert_allclose(found.graph().to_dense().numpy(), expected.clip(0), rtol=1e-6)  # rounded once


@pytest.mark.parametrize("n_neighbors", [0, 5])
def test_there_are_only_so_many_others(n_neighbors, rng):
    with pytest.raises(ValueError, match="1 to 4 neighbors"):
        nearest_neighbors(isotropic(5, 3, rng), n_neighbors)
