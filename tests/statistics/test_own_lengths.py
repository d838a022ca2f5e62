"""Lengths follow direction where they did, and only there."""

import numpy as np
import pytest
from scipy import stats

from saegeo_core.statistics.own_lengths import Ellipsoid, dealt, in_order_of_extent

N, D = 3000, 12


def split(rows):
    lengths = np.linalg.norm(rows, axis=1)
    directions = rows / lengths[:, None]
    return lengths, directions, Ellipsoid.of(directions.T @ directions / len(rows), rows.shape[1])


def drawn_again(rows, other):
    """The directions of `other` at the lengths of `rows`."""
    lengths, directions, ellipsoid = split(rows)
    _, others, _ = split(other)
    by_extent = in_order_of_extent(lengths, ellipsoid.extent(directions))
    return others * dealt(by_extent, ellipsoid.extent(others))[:, None]


def steep(rng):
    return rng.standard_normal((N, D)) * np.arange(1, D + 1) ** -0.7


def test_the_lengths_are_the_cloud_s_own(rng):
    rows = steep(rng) * rng.lognormal(0, 0.5, (N, 1))
    again = drawn_again(rows, steep(rng))
    np.testing.assert_allclose(np.sort(np.linalg.norm(again, axis=1)), np.sort(np.linalg.norm(rows, axis=1)))


def test_gaussian_rows_stay_gaussian(rng):
    """Dealt at random, the kurtosis along the widest axis would be .7 less, for directions have it so."""
    again = drawn_again(steep(rng), steep(rng))
    assert abs(stats.kurtosis(again[:, 0])) < 0.3
    np.testing.assert_allclose(again.var(0), np.arange(1, D + 1) ** -1.4, rtol=0.15)
    at_random = split(steep(rng))[1] * rng.permutation(np.linalg.norm(again, axis=1))[:, None]
    assert stats.kurtosis(at_random[:, 0]) < -0.3


def test_lengths_that_know_nothing_of_direction_are_dealt_at_random(rng):
    directions = split(steep(rng))[1]
    again = drawn_again(directions * rng.lognormal(0, 0.5, (N, 1)), steep(rng))
    lengths, drawn, _ = split(again)
    assert abs(stats.spearmanr(lengths, np.abs(drawn[:, 0])).statistic) < 0.08


def test_axes_beyond_the_leading_ones_count_together(rng):
    _, directions, whole = split(steep(rng))
    moment = directions.T @ directions / N
    leading = Ellipsoid.of(moment[:6, :6], D).extent(directions[:, :6])
    assert stats.spearmanr(leading, whole.extent(directions)).statistic > 0.9


def test_one_length_stays_one(rng):
    lengths = in_order_of_extent(np.ones(50), rng.random(50))
    assert dealt(lengths, rng.random(50)) == pytest.approx(1.0)
