import numpy as np
import torch

from saegeo_core.numerics import gathered
from saegeo_core.numerics.gathered import Gathered


def test_columns_hold_all_that_was_added_in_order(rng, monkeypatch):
    monkeypatch.setattr(gathered, "FIRST_ROOM", 4)
    sizes = [0, 3, 1, 0, 50, 2, 700]
    kept = Gathered([torch.int64, torch.float32])
    assert [len(one) for one in kept.columns] == [0, 0]
    places, values = rng.integers(0, 99, sum(sizes)), rng.standard_normal(sum(sizes)).astype(np.float32)
    for start, size in zip(np.cumsum([0, *sizes]), sizes, strict=False):
        kept.add(torch.from_numpy(places[start : start + size]), torch.from_numpy(values[start : start + size]))
    np.testing.assert_array_equal(kept.columns[0], places)
    np.testing.assert_array_equal(kept.columns[1], values)
