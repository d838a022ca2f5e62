"""The strongest links against all cosines in float64."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics import strongest_links as strongest_links_module
from saegeo_core.numerics.bounded_products import BoundedProducts
from saegeo_core.numerics.directions import Directions
from saegeo_core.numerics.pairwise_cosine import pairwise_cosines
from saegeo_core.numerics.strongest_links import LinkSearch, strongest_links
from saegeo_core.numerics.upper_tiles import upper_tiles
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
    monkeypatch.setattr(strongest_links_module, "MOST_WAITING", 2000)
    rows = isotropic(300, 12, rng)
    found = strongest_links(rows, -0.2, per_feature=3)
    first, second, _ = all_pairs(rows, -0.2)
    np.testing.assert_array_equal(found.first, first[:900])
    np.testing.assert_array_equal(found.second, second[:900])


def test_none_beyond(rng):
    assert len(strongest_links(isotropic(20, 64, rng), 0.99).first) == 0


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("first", "second", "cosines"))


@pytest.mark.parametrize("most_waiting", [1, 1000, 1 << 20])
def test_the_order_of_tiles_changes_nothing_though_pairs_tie(most_waiting, rng, monkeypatch):
    """Every row thrice: of equally near pairs those of the lowest numbers are kept, whichever tile comes first."""
    monkeypatch.setattr(strongest_links_module, "MOST_WAITING", most_waiting)
    rows = isotropic(60, 8, rng).repeat(3, 1)
    directions = Directions(rows)
    products_of, tiles = BoundedProducts(directions, "bfloat16"), upper_tiles(180, 32)
    first, second, cosines = all_pairs(rows, 0.1)
    for order in (tiles, tiles[::-1], [tiles[k] for k in rng.permutation(len(tiles))]):
        search = LinkSearch(directions, products_of, 0.1, per_feature=2)
        for tile in order:
            search.take(*tile, products_of.tile(*tile))
        found = search.links()
        np.testing.assert_array_equal(found.first, first[:360])
        np.testing.assert_array_equal(found.second, second[:360])
        np.testing.assert_allclose(found.cosines, cosines[:360], atol=2e-12)


@pytest.mark.parametrize("d", [16, 600])
def test_the_pass_over_all_pairs_names_them_too(d, rng):
    rows = families(300, d, rng)
    assert same(pairwise_cosines(rows, [], links_above=0.2, tile=64).links, strongest_links(rows, 0.2))
    assert len(pairwise_cosines(rows, []).links.first) == 0


def test_tiles_hold_every_pair_once():
    held = np.zeros((10, 10), int)
    for rows, columns in upper_tiles(10, 4):
        held[rows, columns] += 1
    assert (held[np.triu_indices(10, 1)] == 1).all()
