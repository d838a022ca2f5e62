"""Planted families are found whole, chance makes few, and a crowded cloud does not fall into one."""

import numpy as np
import pytest
import torch

from saegeo_core.statistics.kin import kin_labels, kin_threshold
from saegeo_core.statistics.uniform_directions import tail_threshold
from saegeo_core.synthetic import families, isotropic
from saegeo_core.synthetic.composites import COMPOSITES


def same_partition(first, second):
    pairs = len({*zip(first.tolist(), second.tolist(), strict=True)})
    return pairs == len(np.unique(first)) == len(np.unique(second))


@pytest.mark.parametrize("size", [1, 2, 4, 16])
def test_planted_families_are_kin(size, rng):
    rows = families(512, 64, rng, size=size, correlation=0.8)
    order = rng.permutation(512)
    family, kin = order // size, kin_labels(rows[torch.from_numpy(order)])
    assert all(len(set(kin[family == one])) == 1 for one in range(512 // size))
    n_kin = len(np.unique(kin))  # chance links one feature in twenty, so it joins a few families
    assert 512 / size - 0.05 * 512 <= n_kin <= 512 / size


@pytest.mark.parametrize("name", ["uniform", "spectrum rank^-1", "common mean", "student t5 coordinates"])
def test_chance_makes_few_kin(name, rng):
    assert len(np.unique(kin_labels(COMPOSITES[name](400, 32, rng)))) > 360


def test_the_threshold_does_not_move_with_a_few_families(rng):
    """The mean squared cosine doubles; the threshold is that of uniform directions."""
    expected = tail_threshold(0.05 / 1000, 64)
    for rows in (isotropic(1000, 64, rng), families(1000, 64, rng, size=20, correlation=0.7)):
        assert kin_threshold(rows) == pytest.approx(expected, rel=0.06)


def test_no_kin_is_more_than_a_tenth(rng):
    narrow = torch.ones(400, 8) + 0.01 * isotropic(400, 8, rng)
    two_points = torch.cat([torch.ones(200, 8), torch.ones(200, 8) * torch.tensor([-1.0] + [1.0] * 7)])
    for rows in (narrow, two_points, torch.ones(400, 8)):
        assert np.bincount(kin_labels(rows)).max() <= 40


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_features(n, rng):
    assert len(kin_labels(isotropic(n, 8, rng))) == n


def test_lengths_number_format_and_threads_change_nothing(rng):
    rows = families(300, 600, rng, size=5)
    labels, threads = kin_labels(rows), torch.get_num_threads()
    assert same_partition(labels, kin_labels(rows.double() * torch.from_numpy(rng.uniform(0.1, 9, (300, 1)))))
    try:
        torch.set_num_threads(1)
        assert (kin_labels(rows) == labels).all()
    finally:
        torch.set_num_threads(threads)
