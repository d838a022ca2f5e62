"""The strongest links against all cosines in float64."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics.strongest_links import strongest_links
from saegeo_core.synthetic import families, isotropic


def all_pairs(rows, threshold):
    unit = torch.nn.functional.normalize(rows.double(), dim=1)
    cosines = (unit @ unit.T).clamp(-1, 1).round(decimals=12).numpy()
    first, second = np.nonzero(np.triu(cosines > threshold, 1))
    order = np.lexsort((second, first, -cosines[first, second]))
    return first[order], second[order], cosines[first, second][order]


@pytest.mark.parametrize("d", [16, 600])
@pytest.mark.parametrize("threshold", [0.3, -0.1])
def test_every_pair_beyond_the_threshold_is_found(d, threshold, rng):
    rows = families(300, d, rng)
    found = strongest_links(rows, threshold, per_feature=300)
    first, second, cosines = all_pairs(rows, threshold)
    np.testing.assert_array_equal(found.first, first)
    np.testing.assert_array_equal(found.second, second)
    np.testing.assert_allclose(found.cosines, cosines, atol=2e-12)


def test_of_too_many_the_nearest_are_kept(rng, monkeypatch):
    monkeypatch.setattr("saegeo_core.numerics.pairs_beyond.ENTRIES_AT_ONCE", 300 * 7)  # many slabs
    rows = isotropic(300, 12, rng)
    found = strongest_links(rows, -0.2, per_feature=3)
    first, second, _ = all_pairs(rows, -0.2)
    np.testing.assert_array_equal(found.first, first[:900])
    np.testing.assert_array_equal(found.second, second[:900])


def test_none_beyond(rng):
    assert len(strongest_links(isotropic(20, 64, rng), 0.99).first) == 0
