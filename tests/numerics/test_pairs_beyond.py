"""All pairs beyond a bound and no other, whatever the tiles; a worker's order does not show."""

import numpy as np
import torch

from saegeo_core.numerics import pairs_beyond as module
from saegeo_core.numerics.bounded_products import BoundedProducts
from saegeo_core.numerics.directions import Directions
from saegeo_core.numerics.pairs_beyond import blocks_of, pairs_beyond


def found(rows, bound):
    products_of = BoundedProducts(Directions(rows), "float32")
    parts = [pairs_beyond(products_of, *block, bound) for block in blocks_of(len(rows))]
    return [torch.cat(part).numpy() for part in zip(*parts, strict=True)]


def test_pairs_are_those_of_the_dense_matrix(rng, monkeypatch):
    rows = torch.from_numpy(rng.standard_normal((150, 6)))
    unit = torch.nn.functional.normalize(rows, dim=1)
    cosines = (unit @ unit.T).numpy()
    expected = np.argwhere(np.triu(np.abs(cosines) > 0.7, 1))
    for side, entries in ((1024, 2**24), (16, 150 * 16), (16, 40 * 16), (16, 1)):
        monkeypatch.setattr(module, "SIDE", side)
        monkeypatch.setattr(module, "ENTRIES_AT_ONCE", entries)
        first, second, products = found(rows, 0.7)
        order = np.lexsort((second, first))
        np.testing.assert_array_equal(np.stack([first, second], 1)[order], expected)
        np.testing.assert_allclose(products[order], cosines[tuple(expected.T)], atol=1e-6)


def test_nothing_is_beyond_the_largest(rng):
    first, second, products = found(torch.from_numpy(rng.standard_normal((20, 5))), 1.5)
    assert len(first) == len(second) == len(products) == 0
