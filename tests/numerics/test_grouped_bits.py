"""Packed counts against sums over the unpacked incidence."""

import numpy as np
import pytest

from saegeo_core.numerics import grouped_bits
from saegeo_core.numerics.grouped_bits import GroupedBits


@pytest.mark.parametrize("sizes", [[1], [64, 64], [63, 1, 200], [5] * 20])
def test_counts_of_features_and_pairs_in_each_group(rng, sizes, monkeypatch):
    monkeypatch.setattr(grouped_bits, "FEATURES_AT_ONCE", 4)
    monkeypatch.setattr(grouped_bits, "PAIRS_AT_ONCE", 7)
    group_of_block = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    fired = (rng.random((sum(sizes), 11)) < 0.4).astype(np.uint8)
    bits = GroupedBits.of(lambda some: fired[:, some], 11, group_of_block)
    one, other = rng.integers(0, 11, (2, 30))
    by_group = np.stack([fired[group_of_block == group].astype(int).sum(0) for group in range(len(sizes))], 1)
    np.testing.assert_array_equal(bits.counts(), by_group)
    both = fired[:, one].astype(int) * fired[:, other]
    by_group = np.stack([both[group_of_block == group].sum(0) for group in range(len(sizes))], 1)
    np.testing.assert_array_equal(bits.together(one, other), by_group)
