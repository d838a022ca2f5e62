import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from saegeo_core.numerics import pairs_beyond as tiles
from saegeo_core.numerics.close_features import close_features, extreme_cosines_by_group, linked_by
from saegeo_core.synthetic import families


def dense(rows, threshold):
    unit = rows.double() / rows.double().norm(dim=1, keepdim=True)
    cosines = (unit @ unit.T).numpy()
    np.fill_diagonal(cosines, 0)
    return cosines > threshold, cosines < -threshold


def same_partition(one, other):
    return len(np.unique(np.stack([one, other]), axis=1).T) == len(np.unique(one)) == len(np.unique(other))


@settings(max_examples=30)
@given(st.integers(2, 60), st.integers(2, 6), st.floats(0.05, 0.95), st.integers(0, 2**31))
def test_links_are_those_of_the_full_matrix(n, d, threshold, seed):
    rows = torch.from_numpy(np.random.default_rng(seed).standard_normal((n, d)))
    found = close_features(rows, threshold)
    close, opposite = dense(rows, threshold)
    np.testing.assert_array_equal(found.n_close, close.sum(1))
    np.testing.assert_array_equal(found.n_opposite, opposite.sum(1))
    assert same_partition(found.families, connected_components(close, directed=False)[1])


def test_tiles_and_types_change_nothing(rng, monkeypatch):
    rows = families(200, 16, rng)
    whole = close_features(rows, 0.6)
    monkeypatch.setattr(tiles, "ENTRIES_AT_ONCE", 7 * 200)
    monkeypatch.setattr(tiles, "SIDE", 64)
    for again in (close_features(rows, 0.6), close_features(rows.double(), 0.6)):
        np.testing.assert_array_equal(again.n_close, whole.n_close)
        assert same_partition(again.families, whole.families)


def test_links_that_come_a_few_at_a_time_connect_what_they_connect_together(rng):
    first, second = np.sort(rng.integers(0, 60, (2, 300)), axis=0)
    cosines = rng.choice([-0.9, 0.9], 300)
    whole = linked_by(400, [(first, second, cosines)])
    parts = [(first[some : some + 7], second[some : some + 7], cosines[some : some + 7]) for some in range(0, 300, 7)]
    for n in (400, 60):  # fewer links than features, and more
        again = linked_by(n, parts)
        np.testing.assert_array_equal(again.n_close, whole.n_close[:n])
        np.testing.assert_array_equal(again.n_opposite, whole.n_opposite[:n])
        assert same_partition(again.families, whole.families[:n])


def test_extreme_cosines_by_group_are_those_of_the_pairs(rng):
    rows = families(120, 8, rng)
    groups = rng.integers(0, 5, 120)
    unit = torch.nn.functional.normalize(rows.double(), dim=1)
    cosines = (unit @ unit.T).fill_diagonal_(0).numpy()
    for found, sign in zip(extreme_cosines_by_group(rows, 0.5, groups), (1, -1), strict=True):
        largest = np.stack([(sign * cosines)[:, groups == g].max(1) for g in range(5)], 1)
        np.testing.assert_allclose(found, np.where(largest > 0.5, largest, 0), atol=1e-6)


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.5])
def test_thresholds_outside_are_refused(threshold, rng):
    with pytest.raises(ValueError, match="threshold"):
        close_features(families(10, 4, rng), threshold)
