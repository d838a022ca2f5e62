"""Neighbors are those of float64 differences, whatever the format of the products, however near, far or equal the points."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from saegeo_core.numerics import euclidean_neighbors as kernel
from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors
from saegeo_core.numerics.largest_entries import largest_entries

FORMATS = ["bfloat16", "float32", "float64"]


def brute_force(points, k):
    """From all differences, ties to the lowest index."""
    points = np.asarray(points, np.float64)
    squares = ((points[:, None] - points[None]) ** 2).sum(-1)
    np.fill_diagonal(squares, np.inf)
    indices = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return indices, np.sqrt(np.take_along_axis(squares, indices, 1))


def spread(rng):
    return rng.standard_normal((300, 20))


def far_from_the_origin(rng):
    return 1e4 + rng.standard_normal((200, 5))


def tight_clusters(rng):
    return np.repeat(rng.standard_normal((20, 8)), 15, 0) + 1e-7 * rng.standard_normal((300, 8))


def outliers(rng):
    return rng.standard_cauchy((300, 6))


def wide(rng):
    return rng.standard_normal((60, 400))


def nearly_equally_far(rng):
    return np.eye(90) + 1e-4 * rng.standard_normal((90, 90))


def tiny(rng):
    return 1e-30 * rng.standard_normal((100, 4))


def on_a_line(rng):
    return rng.standard_normal((500, 1))


@pytest.mark.parametrize("product_format", FORMATS)
@pytest.mark.parametrize(
    "make", [spread, far_from_the_origin, tight_clusters, outliers, wide, nearly_equally_far, tiny, on_a_line]
)
def test_neighbors_are_those_of_all_differences(make, product_format, rng):
    points = make(rng)
    found = euclidean_neighbors(points, 4, product_format=product_format)
    _, distances = brute_force(points, 4)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-9)
    own = np.linalg.norm(points[:, None] - points[found.indices], axis=-1)
    np.testing.assert_allclose(own, distances, rtol=1e-9)
    assert (found.indices != np.arange(len(points))[:, None]).all()


@pytest.mark.parametrize("product_format", FORMATS)
@given(
    points=arrays.arrays(np.int8, st.tuples(st.integers(2, 40), st.integers(1, 4)), elements=st.integers(-3, 3)),
    data=st.data(),
)
@settings(max_examples=60)
def test_on_a_grid_distances_are_exact_and_ties_in_order(product_format, points, data):
    """Differences of integers and their squares are exact, so ties are ties."""
    points = points.astype(np.float64)
    k = data.draw(st.integers(1, len(points) - 1))
    found = euclidean_neighbors(points, k, product_format=product_format)
    indices, distances = brute_force(points, k)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-15)  # roots may differ in the last bit
    assert (found.indices == indices).all()


def test_repeated_points_lie_at_distance_zero_in_order():
    points = np.repeat([[0.0, 0.0], [1.0, 0.0]], 30, axis=0)
    found = euclidean_neighbors(points, 3)
    assert (found.distances == 0).all()
    assert found.indices[0].tolist() == [1, 2, 3]
    assert found.indices[59].tolist() == [30, 31, 32]


def test_all_others_can_be_neighbors(rng):
    points = rng.standard_normal((9, 2))
    indices, _ = brute_force(points, 8)
    assert (euclidean_neighbors(points, 8).indices == indices).all()


def test_the_bound_holds_and_is_not_needlessly_wide(rng):
    """No score lies below the true one, and none far above it, in every format."""
    points = torch.from_numpy(rng.standard_normal((200, 100)))
    for product_format, widest in (("bfloat16", 0.02), ("float32", 1e-4), ("float64", 1e-4)):
        search = kernel._Search(points, 3, product_format)
        scores = (search._left @ search._right.T).float() - search._halves
        centered = (points - points.mean(0)) / search._scale
        exact = centered @ centered.T - search._squares / 2
        surplus = scores.double() - exact
        assert surplus.min() >= 0
        assert surplus.max() < widest


@pytest.mark.parametrize("product_format", FORMATS)
def test_one_thread_and_two_and_any_slab_agree_to_the_bit(product_format, rng, monkeypatch):
    points = rng.standard_normal((500, 12))
    threads, found = torch.get_num_threads(), []
    try:
        for n_threads, entries in ((1, 2**20), (2, 2**20), (2, 500 * 7)):
            torch.set_num_threads(n_threads)
            monkeypatch.setattr(kernel, "ENTRIES_AT_ONCE", entries)
            found.append(euclidean_neighbors(points, 3, product_format=product_format))
    finally:
        torch.set_num_threads(threads)
    for other in found[1:]:
        assert (other.indices == found[0].indices).all()
        assert (other.distances == found[0].distances).all()


@pytest.mark.parametrize("k", [0, 5])
def test_neighbors_that_do_not_exist_are_refused(k, rng):
    with pytest.raises(ValueError, match="1 to 4 neighbors"):
        euclidean_neighbors(rng.standard_normal((5, 2)), k)


@pytest.mark.parametrize("width", [7, 64, 1000, 1003])
def test_largest_entries_are_those_of_topk(width, rng):
    matrix = torch.from_numpy(rng.standard_normal((13, width))).float()
    values, columns = largest_entries(matrix, 5)
    assert (values == matrix.topk(5, dim=1).values).all()
    assert (matrix.gather(1, columns) == values).all()
    assert all(len(set(row)) == 5 for row in columns.tolist())


@pytest.mark.gpu
def test_the_card_finds_the_same_neighbors(rng):
    points = rng.standard_normal((2000, 50))
    here, there = euclidean_neighbors(points, 5), euclidean_neighbors(points, 5, device="cuda:0")
    assert (here.indices == there.indices).all()
    np.testing.assert_allclose(here.distances, there.distances, rtol=1e-12)
