"""The pairing made while products pass by is that of the full matrix, and its bound holds."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from saegeo_core.numerics import across as tiles
from saegeo_core.numerics import pairing_across as module
from saegeo_core.numerics.across import CosinesAcross, nearest_across
from saegeo_core.numerics.pairing_across import NearPairs, pairings_across
from saegeo_core.synthetic import angular_gaussian, isotropic


@pytest.mark.parametrize(("n", "m", "d"), [(300, 300, 12), (90, 300, 12), (60, 60, 600), (1, 1, 3)])
def test_pairs_are_those_of_a_linear_assignment_signed_and_absolute(n, m, d, rng, monkeypatch):
    """At 600 dimensions products may be in bfloat16. The nearest two do not hold the best pairing."""
    monkeypatch.setattr(module, "NEAREST", 2)
    monkeypatch.setattr(tiles, "ENTRIES_AT_ONCE", 7000)
    first, second = angular_gaussian(n, d, rng), angular_gaussian(m, d, rng)
    first[: n // 3] = second[: n // 3] + 0.4 * isotropic(n // 3, d, rng)
    pairs = CosinesAcross(first, second)
    near = [NearPairs(pairs.shape, absolute=absolute) for absolute in (False, True)]
    nearest_across(pairs, looks=[one.look for one in near])
    cosines = (_unit(first) @ _unit(second).T).numpy()
    exact, loose = (pairings_across(pairs, near, tolerance=tolerance) for tolerance in (0.0, 0.1))
    for values, found, quick in zip((cosines, np.abs(cosines)), exact, loose, strict=True):
        rows, columns = linear_sum_assignment(values, maximize=True)
        best = values[rows, columns].mean()
        assert found.value == pytest.approx(best, abs=1e-12)
        assert found.bound == pytest.approx(best, abs=1e-12)
        assert quick.value - 1e-12 <= best <= quick.bound + 1e-12
        assert quick.gap <= 0.1 * quick.value + 1e-12


def test_near_pairs_hold_the_nearest_of_both_sides(rng):
    values = torch.from_numpy(rng.standard_normal((100, 130))).float()
    near = NearPairs((100, 130))
    for start in (0, 7, 50):
        stop = {0: 7, 7: 50, 50: 100}[start]
        near.look(slice(start, stop), values[start:stop])
    pairs = near.pairs()
    found = set(zip(pairs.rows.tolist(), pairs.columns.tolist(), strict=True))
    np.testing.assert_array_equal(pairs.values, values[pairs.rows, pairs.columns].double())
    assert found >= set(enumerate(values.argmax(1).tolist()))
    assert found >= {(i, j) for j, i in enumerate(values.argmax(0).tolist())}
    assert found >= {(i, i) for i in range(100)}


def _unit(rows):
    return rows.double() / rows.double().norm(dim=1, keepdim=True)
