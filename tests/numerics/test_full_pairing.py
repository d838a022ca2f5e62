"""The best pairing found among few pairs is that of all pairs, as far as its bound says; the bound is never below the best."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from saegeo_core.numerics import full_pairing as module
from saegeo_core.numerics.full_pairing import Pairs, full_pairing, full_pairing_of

SHAPES = st.tuples(st.integers(1, 24), st.integers(0, 24)).map(lambda one: (one[0], one[0] + one[1]))


def best_of(values):
    rows, columns = linear_sum_assignment(values, maximize=True)
    return values[rows, columns].mean()


@pytest.fixture
def always_among_few(monkeypatch):
    """Small matrices go the way of large ones."""
    monkeypatch.setattr(module, "ALL_AT_ONCE", 0)
    monkeypatch.setattr(module, "NEAREST", 1)
    monkeypatch.setattr(module, "ENTRIES_AT_ONCE", 64)


def matrix(shape, seed, decimals):
    return np.random.default_rng(seed).uniform(-1, 1, shape).round(decimals)


@pytest.mark.hypothesis
@given(SHAPES, st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 8]))
def test_value_and_bound_hold_the_optimum_between_them(shape, seed, decimals):
    values = matrix(shape, seed, decimals)
    few = few_pairs(values)
    best = best_of(values)
    for tolerance in (0.0, 0.02, np.inf):
        found = full_pairing(few, shape, beyond_of(values), tolerance=tolerance)
        assert sorted(set(found.columns)) == sorted(found.columns)
        np.testing.assert_allclose(found.values, values[np.arange(shape[0]), found.columns], atol=1e-15)
        assert found.value - 1e-9 <= best <= found.bound + 1e-9
        if tolerance < np.inf:
            assert found.gap <= tolerance * abs(found.value) + 1e-9
    assert full_pairing(few, shape, None).bound == np.inf


def few_pairs(values):
    """The best partner of each row, and the diagonal."""
    n, m = values.shape
    columns = values.argmax(1)
    pairs = np.unique(np.concatenate([np.arange(n) * m + columns, np.arange(n) * m + np.arange(n)]))
    return Pairs(pairs // m, pairs % m, values.flatten()[pairs])


def beyond_of(values):
    def beyond(profits, prices):
        i, j = (values - prices > profits[:, None] + 1e-12).nonzero()
        return Pairs(i, j, values[i, j])

    return beyond


@pytest.mark.parametrize("shape", [(40, 40), (40, 41), (15, 60), (1, 1), (1, 5)])
@pytest.mark.parametrize("decimals", [1, 8])
def test_of_a_matrix_it_is_that_of_a_linear_assignment(shape, decimals, always_among_few):
    values = matrix(shape, 0, decimals)
    found = full_pairing_of(torch.from_numpy(values), tolerance=0.0)
    assert found.value == pytest.approx(best_of(values), abs=1e-9)
    assert found.gap == pytest.approx(0, abs=1e-9)


def test_copies_in_another_order_are_all_found(rng, always_among_few):
    rows = torch.nn.functional.normalize(torch.from_numpy(rng.standard_normal((60, 8))), dim=1)
    order = rng.permutation(60)
    found = full_pairing_of(rows @ rows[torch.from_numpy(order)].T)
    np.testing.assert_array_equal(order[found.columns], np.arange(60))


def test_seven_hundred_unrelated_features():
    """Large enough to go the way of large ones by itself; the nearest twelve do not hold the best pairing."""
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.nn.functional.normalize(torch.randn(700, 40, generator=generator), dim=1) for _ in range(2))
    cosines = first @ second.T
    found, best = full_pairing_of(cosines), best_of(cosines.double().numpy())
    assert 0 <= best - found.value <= found.gap + 1e-9 <= 1e-4 * best + 2e-9
