"""Intrinsic dimension against what is known, and what is kept of it."""

import numpy as np
import pytest

from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors
from saegeo_entropy.neighbor_statistics import (
    NeighborStatistics,
    joined_with_nearest,
    levina_bickel,
    neighbor_statistics,
    two_nn,
)


@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_dimension_of_a_flat_sheet_in_many_dimensions(dimension, rng):
    sheet = np.zeros((4000, 30))
    sheet[:, :dimension] = rng.random((4000, dimension))
    rotation, _ = np.linalg.qr(rng.standard_normal((30, 30)))
    distances = euclidean_neighbors(sheet @ rotation, 20).distances
    assert two_nn(distances) == pytest.approx(dimension, rel=0.08)
    by_scale = levina_bickel(distances)
    assert by_scale.shape == (18,)
    np.testing.assert_allclose(by_scale, dimension, rtol=0.12)


def test_equal_distances_have_no_finite_dimension():
    assert two_nn(np.ones((10, 20))) == np.inf
    assert (levina_bickel(np.ones((10, 20))) == np.inf).all()


def test_statistics_survive_being_kept(rng):
    statistics = neighbor_statistics(rng.standard_normal((50, 4)))
    again = NeighborStatistics.from_array(statistics.as_array())
    assert again.numbers() == statistics.numbers()
    assert (again.as_array() == statistics.as_array()).all()


def test_rows_nearest_to_each_other_are_joined_and_kin_stay_together():
    kin, nearest = np.array([0, 0, 3, 4, 5]), np.array([2, 0, 0, 4, 2])
    joined = joined_with_nearest(kin, nearest)
    assert joined[0] == joined[1] == joined[2]  # 0 and 2 are nearest to each other, 1 is of the kin of 0
    assert len(set(joined)) == 3  # 4 is nearest to 3, but 2 is nearest to 4
