"""The search for near-parallelograms: trivial ones left out, the dense way agreed with."""

from itertools import combinations

import numpy as np
import pytest
import torch

from saegeo_core.synthetic import angular_gaussian, families, isotropic, with_duplicates, with_parallelograms
from saegeo_crystals.near_parallelograms import (
    SHORTEST_SIDE,
    mutual_neighbors,
    near_parallelograms,
    parallelogram_errors,
)


def unit(rows):
    return torch.nn.functional.normalize(torch.as_tensor(rows, dtype=torch.float64), dim=1).float()


def rectangle(cosine=0.6, width=8):
    """Two things with two properties, all perpendicular: an exact parallelogram of unit rows."""
    x, y, s, t = torch.eye(4, width)
    thing, other = cosine**0.5, (1 - cosine) ** 0.5
    return torch.stack([thing * x + other * s, thing * x + other * t, thing * y + other * s, thing * y + other * t])


def quadruples(found):
    return {tuple(sorted(corners)) for corners in found.corners.tolist()}


def error_in_plain_numpy(x, a, b, c, d):
    length = np.linalg.norm
    readings = [
        (length(x[b] - x[a]) + length(x[d] - x[c])) / 2,
        (length(x[c] - x[a]) + length(x[d] - x[b])) / 2,
        (length(x[a] + x[d]) + length(x[b] + x[c])) / 2,
    ]
    return length(x[a] - x[b] - x[c] + x[d]) / min(readings), readings[0] <= readings[1]


def dense_search(rows, n_neighbors, within):
    """Every pair of sides, one after the other, then the closest first."""
    x = rows.double().numpy()
    cosines = x @ x.T - 3 * np.eye(len(x))
    near = [set(np.argsort(-row)[:n_neighbors]) for row in cosines]
    sides = [(i, j) for i, j in combinations(range(len(x)), 2) if j in near[i] and i in near[j]]
    found = []
    for (a, b), side in combinations(sides, 2):
        for c, d in (side, side[::-1]):
            if len({a, b, c, d}) == 4:
                error, shorter = error_in_plain_numpy(x, a, b, c, d)
                if shorter and error <= within:
                    found.append((error, (a, b, c, d)))
    kept, taken = [], set()
    for error, corners in sorted(found):
        if not taken & set(corners):
            taken |= set(corners)
            kept.append((error, corners))
    return kept


@pytest.mark.parametrize("make", [isotropic, angular_gaussian, families])
@pytest.mark.parametrize(("d_in", "within"), [(12, 0.9), (40, 1.2)])
def test_the_search_is_the_dense_one(make, d_in, within, rng):
    rows = with_parallelograms(make(120, d_in, rng), rng, count=5)
    found, dense = near_parallelograms(rows, 6, within=within), dense_search(rows, 6, within)
    assert len(dense) >= 5
    assert found.complete
    assert [tuple(corners) for corners in found.corners.tolist()] == [corners for _, corners in dense]
    assert found.errors == pytest.approx([error for error, _ in dense], rel=1e-9)


def test_keeping_the_closest_finds_what_the_whole_search_finds_first(rng):
    rows = with_parallelograms(angular_gaussian(600, 24, rng), rng, count=10)
    whole, closest = near_parallelograms(rows), near_parallelograms(rows, max_quadruples=400)
    assert not closest.complete
    assert closest.corners[:30].tolist() == whole.corners[:30].tolist()


def test_sides_join_mutual_neighbors(rng):
    rows = isotropic(120, 10, rng)
    nearest = np.argsort(-(rows.double() @ rows.double().T - 3 * torch.eye(120)).numpy(), axis=1)[:, :4]
    expected = {(i, j) for i in range(120) for j in range(i) if j in nearest[i] and i in nearest[j]}
    assert {(j, i) for i, j in mutual_neighbors(rows, 4).tolist()} == expected


def test_an_exact_parallelogram_has_no_error_however_it_is_read():
    a, b, c, d = rectangle()
    for corners in ((a, b, c, d), (b, a, d, c), (a, c, b, d), (d, c, b, a)):
        assert parallelogram_errors(torch.stack(corners)[None].double()).item() == pytest.approx(0, abs=1e-7)
    assert parallelogram_errors(torch.stack([a, b, d, c])[None].double()).item() > 1


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 0, 1), (1, 3, 0, 2)])
@pytest.mark.parametrize("cosine", [0.3, 0.5, 0.7])  # sides of either kind the shorter, and a square
def test_the_twin_of_a_parallelogram_is_not_another(order, cosine, rng):
    corners = rectangle(cosine, width=40)[list(order)]
    rows = torch.cat([corners, isotropic(60, 40, rng)])
    found = near_parallelograms(rows, 8, within=0.1)
    assert quadruples(found) == {(0, 1, 2, 3)}
    assert found.errors == pytest.approx([0], abs=1e-5)
    assert found.corners[0, 0] == 0


def test_no_two_share_a_feature(rng):
    things, left, right = isotropic(9, 60, rng), isotropic(1, 60, rng), isotropic(1, 60, rng)
    pairs = torch.stack([unit(things + 0.8 * left), unit(things + 0.8 * right)], dim=1).flatten(0, 1)
    rows = torch.cat([pairs, isotropic(200, 60, rng)])
    found = near_parallelograms(rows, within=0.6)  # 36 pairs of the nine sides are parallel
    assert len(found) == 4
    assert len(np.unique(found.corners)) == 16


def test_pairs_of_duplicates_and_of_opposites_are_no_parallelograms(rng):
    rows = isotropic(200, 32, rng)
    copied = with_duplicates(rows, rng, duplicates=20, antipodes=20)
    close = unit(copied + 0.02 * isotropic(240, 32, rng))  # sides of 0.03, far below the shortest
    for cloud in (copied, close):
        for corners in near_parallelograms(cloud, within=1.2).corners:
            a, b, c, d = cloud[torch.from_numpy(corners)]
            for one, other in ((a, b), (c, d), (a, c), (b, d), (a, -d), (b, -c)):
                assert torch.linalg.vector_norm(one - other) >= SHORTEST_SIDE
        few = near_parallelograms(cloud, within=0.5)
        assert len(few) == 0


def test_close_pairs_are_no_parallelogram_by_their_long_sides(rng):
    """a close to c and b close to d, with unrelated small steps: b - a and d - c agree to the size of the steps."""
    first, second = isotropic(2, 40, rng)
    step = isotropic(2, 40, rng)
    rows = torch.cat(
        [unit(torch.stack([first, second, first + 0.5 * step[0], second + 0.5 * step[1]])), isotropic(50, 40, rng)]
    )
    sides = rows[1] - rows[0], rows[3] - rows[2]
    assert torch.cosine_similarity(*sides, dim=0) > 0.75
    assert (0, 1, 2, 3) not in quadruples(near_parallelograms(rows, within=0.9))
