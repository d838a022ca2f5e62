"""Several reflections at the cost of one give the products of each."""

import torch

from saegeo_core.numerics import reflected_products
from saegeo_core.numerics.reflected_products import ReflectedProducts
from saegeo_core.synthetic import isotropic


def test_products_are_those_of_each_reflection_however_they_are_cut(rng, monkeypatch):
    monkeypatch.setattr(reflected_products, "ENTRIES_AT_ONCE", 200)
    first, second = isotropic(50, 9, rng), isotropic(37, 9, rng)
    signs = torch.from_numpy(rng.choice([-1.0, 1.0], (3, 9))).float()
    seen = torch.full((3, 50, 37), torch.nan)
    for rows, products in ReflectedProducts(first, second).tiles(signs):
        seen[:, rows] = products
    for number, one in enumerate(signs):
        torch.testing.assert_close(seen[number], first @ (second * one).T)


def test_reflected_about_a_mean_they_are_cosines_again(rng):
    first, points, mean = isotropic(20, 9, rng), 2 * isotropic(30, 9, rng), 0.5 * isotropic(1, 9, rng)[0]
    signs = torch.from_numpy(rng.choice([-1.0, 1.0], (3, 9))).float()
    [(_, seen)] = ReflectedProducts(first, points, mean).tiles(signs)
    for number, one in enumerate(signs):
        torch.testing.assert_close(seen[number], first @ torch.nn.functional.normalize(points * one + mean).T)


def test_in_bfloat16_they_are_as_near_as_they_say(rng):
    first, second = isotropic(200, 2304, rng), isotropic(300, 2304, rng)
    signs = torch.tensor([[1.0, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]).repeat(1, 576)
    products = ReflectedProducts(first, second)
    products._format = torch.bfloat16  # whatever this processor has
    [(rows, seen)] = products.tiles(signs)
    assert rows == slice(0, 200)
    for number, one in enumerate(signs):
        off = seen[number].double() - first.double() @ (second * one).double().T
        assert off.square().mean().sqrt() < 7e-5
