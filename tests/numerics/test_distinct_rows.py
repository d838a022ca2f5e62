"""Repetitions are found whatever their number, order, scale or orientation, and near rows are not taken for them."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics.distinct_rows import distinct_rows
from saegeo_core.synthetic import isotropic, with_duplicates


def test_the_first_of_each_kind_is_kept():
    points = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert distinct_rows(points).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e20])
def test_rotated_and_scaled_repetitions_are_counted(scale, rng):
    rows = scale * with_duplicates(isotropic(500, 16, rng), rng, duplicates=7, antipodes=3).double()
    rotation = torch.linalg.qr(torch.from_numpy(rng.standard_normal((16, 16)))).Q
    for some in (rows, rows @ rotation, rows[torch.from_numpy(rng.permutation(510))]):
        assert (~distinct_rows(some)).sum() == 7


@pytest.mark.parametrize("points", [torch.full((50, 3), 1 / 3), torch.full((50, 3), 0.1).double(), torch.zeros(50, 3)])
def test_rows_that_are_all_equal_are_one(points):
    assert distinct_rows(points).sum() == 1


def test_near_rows_are_distinct(rng):
    rows = rng.standard_normal((100, 4))
    near = rows + 1e-4 * rng.standard_normal((100, 4))
    same = rows + 1e-9 * rng.standard_normal((100, 4))
    assert distinct_rows(torch.from_numpy(np.concatenate([rows, near]))).all()
    assert distinct_rows(torch.from_numpy(np.concatenate([rows, same]))).sum() == 100


def test_rows_along_the_axes_are_distinct():
    assert distinct_rows(torch.eye(64)).all()
