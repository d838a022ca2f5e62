"""Moments of rows that come in pieces against numpy.cov of all of them at once."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics.grouped_moments import GroupedMoments


def pieces_of(rows, rng, n_groups):
    """The rows in pieces of 1 to 9, each of a group at random: the moments, and the group of each row."""
    moments, group_of_row, start = GroupedMoments(n_groups, rows.shape[1]), [], 0
    while start < len(rows):
        piece, group = rows[start : start + int(rng.integers(1, 10))], int(rng.integers(n_groups))
        moments.add(torch.from_numpy(piece), group)
        group_of_row += [group] * len(piece)
        start += len(piece)
    return moments, np.array(group_of_row)


@pytest.mark.parametrize("d", [5, 400])
@pytest.mark.parametrize("mean", [0.0, 1e5])
def test_covariance_of_all_and_of_all_but_one_group(d, mean, rng):
    rows = mean + rng.standard_normal((300, d))
    moments, group_of_row = pieces_of(rows, rng, 4)
    np.testing.assert_allclose(moments.mean(), rows.mean(0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(moments.covariance(), np.cov(rows.T), rtol=1e-8, atol=1e-10)
    for group in range(4):
        left = np.cov(rows[group_of_row != group].T)
        np.testing.assert_allclose(moments.covariance(without=group), left, rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(moments.n_rows, np.bincount(group_of_row))


def test_no_rows_have_no_mean():
    with pytest.raises(ValueError, match="no rows"):
        GroupedMoments(2, 3).mean()


def test_rows_are_not_changed_and_may_be_of_half_precision(rng):
    rows = torch.from_numpy(rng.standard_normal((40, 6))).half()
    before = rows.clone()
    moments = GroupedMoments(1, 6)
    moments.add(rows, 0)
    assert (rows == before).all()
    np.testing.assert_allclose(moments.covariance(), np.cov(rows.double().numpy().T), rtol=1e-12, atol=1e-12)
