"""Counts are whole numbers, so every path must equal the float64 product exactly, not nearly."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics import cooccurrence
from saegeo_core.numerics.cooccurrence import (
    FiredBlocks,
    count_cooccurrence,
    count_dtype,
    fastest_exact_format,
)

FORMATS = [torch.int8, torch.bfloat16, torch.float32]
CPU = torch.device("cpu")


@pytest.fixture(params=FORMATS, ids=str)
def product_format(request, monkeypatch):
    """Every test that takes this runs in each format, whichever this machine would choose."""

    def chosen(device, largest_weight=1):
        return torch.float32 if request.param is torch.int8 and largest_weight > 1 else request.param

    monkeypatch.setattr(cooccurrence, "fastest_exact_format", chosen)
    return request.param


def random_blocks(rng, n_blocks, n_features, share):
    return (rng.random((n_blocks, n_features)) < share).astype(np.uint8)


def in_float64(left, right, weights=None):
    weights = np.ones(len(left)) if weights is None else weights.astype(np.float64)
    return (left.T * weights) @ right.astype(np.float64)


def pieces(fired, weights, height):
    for start in range(0, len(fired), height):
        part = slice(start, start + height)
        yield FiredBlocks(fired[part], None, None if weights is None else weights[part])


def compressed(fired):
    indptr = np.concatenate([[0], np.cumsum(fired.sum(1, dtype=np.int64))])
    return indptr, np.nonzero(fired)[1].astype(np.int32)


@pytest.mark.parametrize(
    ("n_blocks", "n_features", "share"), [(1, 1, 1.0), (256, 40, 1.0), (257, 40, 1.0), (700, 90, 0.3)]
)
def test_counts_equal_the_float64_product(rng, product_format, n_blocks, n_features, share):
    fired = random_blocks(rng, n_blocks, n_features, share)
    counts = count_cooccurrence([FiredBlocks(fired)], (n_features, n_features), n_blocks)
    np.testing.assert_array_equal(counts.numpy(), in_float64(fired, fired))


@pytest.mark.parametrize("n_blocks", [300, 2_100, 66_000])
def test_features_that_always_fire_are_counted_beyond_what_short_formats_hold(product_format, n_blocks):
    fired = np.ones((n_blocks, 3), np.uint8)
    fired[0, 2] = 0
    counts = count_cooccurrence(pieces(fired, None, 40_000), (3, 3), n_blocks)
    assert counts.tolist() == [[n_blocks] * 2 + [n_blocks - 1]] * 2 + [[n_blocks - 1] * 3]


def test_a_bfloat16_product_of_all_blocks_at_once_would_be_wrong():
    """What the slices are for: on these blocks the naive way in bfloat16 loses counts."""
    fired = np.ones((301, 2), np.uint8)
    naive = torch.from_numpy(fired).T.bfloat16() @ torch.from_numpy(fired).bfloat16()
    assert naive[0, 0].item() != 301
    assert count_cooccurrence([FiredBlocks(fired)], (2, 2), 301)[0, 0] == 301


def test_tiles_that_do_not_divide_the_features(rng, product_format, monkeypatch):
    monkeypatch.setattr(cooccurrence, "SIDE", 16)
    fired = random_blocks(rng, 600, 37, 0.4)
    counts = count_cooccurrence(pieces(fired, None, 123), (37, 37), 600)
    np.testing.assert_array_equal(counts.numpy(), in_float64(fired, fired))


def test_rows_and_columns_may_be_different_features(rng, product_format, monkeypatch):
    monkeypatch.setattr(cooccurrence, "SIDE", 16)
    left, right = random_blocks(rng, 500, 21, 0.5), random_blocks(rng, 500, 40, 0.2)
    counts = count_cooccurrence(
        [FiredBlocks(left[:300], right[:300]), FiredBlocks(left[300:], right[300:])], (21, 40), 500
    )
    np.testing.assert_array_equal(counts.numpy(), in_float64(left, right))


def test_one_thread_counts_like_two(rng, monkeypatch):
    monkeypatch.setattr(cooccurrence, "SIDE", 16)
    fired = random_blocks(rng, 900, 150, 0.3)
    before = torch.get_num_threads()
    try:
        results = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            results.append(count_cooccurrence([FiredBlocks(fired)], (150, 150), 900))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*results)


def test_integers_are_as_wide_as_the_counts_may_grow():
    assert count_dtype(2**31 - 1) == torch.int32
    assert count_dtype(2**31) == torch.int64


def test_the_format_is_one_in_which_the_slices_are_exact():
    assert fastest_exact_format(CPU) in cooccurrence.LARGEST_EXACT
    assert fastest_exact_format(CPU, largest_weight=2) is not torch.int8  # signed bytes hold few of the weights allowed
    for dtype in (torch.bfloat16, torch.float32):  # sums of bytes are kept in 32-bit integers
        largest = cooccurrence.LARGEST_EXACT[dtype]
        assert torch.tensor(largest, dtype=dtype).item() == largest
        assert torch.tensor(largest + 1).to(dtype).item() != largest + 1


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=str)
def test_a_gpu_counts_like_the_cpu(rng, monkeypatch, dtype):
    monkeypatch.setattr(cooccurrence, "fastest_exact_format", lambda device, largest_weight: dtype)
    fired = random_blocks(rng, 3000, 1500, 0.5)
    weights = rng.integers(0, 4, 3000)
    most = int(weights.sum())
    on_gpu = count_cooccurrence(pieces(fired, weights, 1100), (1500, 1500), most, "cuda")
    assert on_gpu.is_cuda
    np.testing.assert_array_equal(on_gpu.cpu().numpy(), in_float64(fired, fired, weights))
    left, right = fired[:, :100], fired[:, 100:1300]
    tile = count_cooccurrence([FiredBlocks(left, right)], (100, 1200), 3000, "cuda")
    np.testing.assert_array_equal(tile.cpu().numpy(), in_float64(left, right))
