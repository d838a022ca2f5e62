"""How many blocks each pair of features fired in together: C = X'WX, exact in integers for any number of blocks.

Short formats multiply far faster than 32-bit integers. 8-bit integers are summed in 32 bits; whole numbers are exact up to
2^8 in bfloat16 and 2^24 in float32. So blocks are taken in slices whose weights sum to no more than the format holds: every
product of a slice is exact, whatever order the hardware adds in, and only then goes into wider sums. Nothing is ever rounded, so
the result depends on neither the format, the tiles, the device nor the number of threads.
"""

import time
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.side_by_side import side_by_side

LARGEST_EXACT = {torch.int8: 2**24, torch.bfloat16: 2**8, torch.float32: 2**24}
"""Up to here every whole number has its own place in the format that sums are kept in."""

BYTE_BLOCKS = 64
"""Blocks are padded to a multiple of so many where they are multiplied as 8-bit integers. (Of a single block torch 2.13 mistakes
rows for columns.)"""

LARGEST_WEIGHT = 2**8
"""Weights up to here are exact in every format a product may use inside, float32 at a user's lower precision included."""

SIDE = 512
"""Features on a side of a tile of counts: its 1 MB of partial sums stays near the core while slices are added to it."""

ACCELERATOR_SIDE = 4096
"""The same on other devices, where few large operations cost less to start than many small ones."""

ENTRIES_AT_ONCE = 2**24
"""Of lists of what fired, some 20 bytes each while they are multiplied."""

COUNTS_AT_ONCE = 2**24
"""Of a product of sparse matrices, 4 bytes each."""

Weights = NDArray[np.int64]


class FiredBlocks(NamedTuple):
    """Some blocks of text: which features fired in each, and how often each block counts.

    Attributes:
        left: uint8 array (n_blocks, n_rows) of 0 and 1, the features on the rows of the result.
        right: uint8 array (n_blocks, n_columns), those on its columns; None where they are the same features.
        weights: int64 array (n_blocks,) of whole numbers from 0 to 256, or None: every block counts once.
    """

    left: NDArray[np.uint8]
    right: NDArray[np.uint8] | None = None
    weights: Weights | None = None


def count_cooccurrence(
    blocks: Iterable[FiredBlocks], shape: tuple[int, int], most: int, device: str | torch.device = "cpu"
) -> Tensor:
    """Count the blocks in which row feature i and column feature j both fired, C_ij = sum_b w_b left_bi right_bj.

    Where `right` is None only tiles on and above the diagonal are multiplied, and mirrored at the end. Beside the result
    and the blocks at hand, memory takes two copies of these blocks (2 or 4 bytes an entry) and a few tiles.

    Args:
        blocks: some thousand blocks at a time; memory grows with the largest piece only. All have `right`, or none.
        shape: (n_rows, n_columns) of the result.
        most: no count can be larger: the number of blocks, or the sum of their weights.
        device: where the counting is done and the result lies.

    Returns:
        Tensor (n_rows, n_columns), int32, or int64 where `most` exceeds what int32 holds.

    Raises:
        ValueError: a weight above 256.
    """
    counts = torch.zeros(shape, dtype=count_dtype(most), device=device)
    symmetric = False
    for fired in blocks:
        symmetric = fired.right is None
        weights = np.ones(len(fired.left), np.int64) if fired.weights is None else fired.weights
        if weights.max(initial=0) > LARGEST_WEIGHT:
            raise ValueError(f"a block may count {LARGEST_WEIGHT} times at most, not {weights.max()}")
        for part in exact_slices(weights, LARGEST_EXACT[torch.float32]):
            _add_products(counts, fired, weights, part)
    if symmetric:
        _mirror(counts)
    return counts


def count_sparse_cooccurrence(
    indptr: NDArray[np.int64],
    indices: NDArray[np.integer],
    n_features: int,
    *,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64] | None = None,
    weights: Weights | None = None,
) -> Tensor:
    """Count co-occurrence from lists of what fired, as a product of sparse matrices: the same counts, quicker where little fires.

    It takes sum_b n_b^2 steps for n_b features on in block b, half of them where rows and columns are the same features, whatever
    the number of features.

    Args:
        indptr: compressed sparse rows, block b holds the features indices[indptr[b]:indptr[b + 1]].
        indices: these features.
        n_features: number of features that `indices` counts in.
        rows: the features on the rows of the result.
        columns: those on its columns; None for the same.
        weights: int64 array (n_blocks,) of whole numbers >= 0, or None.

    Returns:
        Tensor (n_rows, n_columns) on the CPU, int32, or int64 where the weights sum to more than int32 holds.
    """
    most = len(indptr) - 1 if weights is None else int(weights.sum())
    counts = torch.zeros(len(rows), len(rows if columns is None else columns), dtype=count_dtype(most))
    exact = np.float32 if most <= LARGEST_EXACT[torch.float32] else np.float64
    for part in exact_slices(np.diff(indptr), ENTRIES_AT_ONCE):
        own = indices[indptr[part.start] : indptr[part.stop]]
        offsets = (indptr[part.start : part.stop + 1] - indptr[part.start]).astype(np.int32)
        fired = scipy.sparse.csr_array((np.ones(len(own), exact), own, offsets), shape=(len(offsets) - 1, n_features))
        _add_sparse_products(counts, fired, rows, columns, None if weights is None else weights[part])
    if columns is None:
        _mirror(counts)
    return counts


def _add_sparse_products(
    counts: Tensor,
    fired: scipy.sparse.csr_array,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64] | None,
    weights: Weights | None,
) -> None:
    """Add the counts of some blocks; without columns those on and above the diagonal."""
    if weights is not None:
        fired, weights = fired[weights > 0], weights[weights > 0]
    left = fired if np.array_equal(rows, np.arange(fired.shape[1])) else fired[:, rows]
    right = left if columns is None else fired[:, columns]
    if weights is not None and weights.max(initial=1) > 1:
        left = left.multiply(weights[:, None].astype(fired.dtype)).tocsr()
    by_feature = left.T.tocsr()
    for some in row_slices(len(counts), max(1, COUNTS_AT_ONCE // max(SIDE * right.shape[1], 1)) * SIDE):
        first = some.start if columns is None else 0
        counts[some, first:] += _sparse_product(by_feature[some], right[:, first:]).to(counts.dtype)


def _sparse_product(left: scipy.sparse.csr_array, right: scipy.sparse.csr_array) -> Tensor:
    """Dense. By MKL, where torch has it, in a third of the time that scipy takes."""
    if not torch.backends.mkl.is_available():  # type: ignore[no-untyped-call]
        return torch.from_numpy((left @ right).toarray())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)
        one, other = _in_torch(left), _in_torch(right)
    return torch.addmm(torch.zeros(left.shape[0], right.shape[1], dtype=one.dtype), one, other)


def _in_torch(matrix: scipy.sparse.csr_array) -> Tensor:
    indptr, indices, values = (torch.from_numpy(one) for one in (matrix.indptr, matrix.indices, matrix.data))
    return torch.sparse_csr_tensor(indptr, indices, values, size=matrix.shape, check_invariants=False)


def exact_slices(weights: NDArray[np.integer], limit: int) -> Iterator[slice]:
    """Cut a row of whole numbers into consecutive slices that each sum to at most `limit` (one number above it stands alone)."""
    sums = np.cumsum(weights, dtype=np.int64)
    start, before = 0, 0
    while start < len(sums):
        stop = max(start + 1, int(np.searchsorted(sums, before + limit, side="right")))
        yield slice(start, stop)
        start, before = stop, int(sums[stop - 1])


def count_dtype(most: int) -> torch.dtype:
    """The integers that counts up to `most` are kept in."""
    return torch.int32 if most <= torch.iinfo(torch.int32).max else torch.int64


@cache
def fastest_exact_format(device: torch.device, largest_weight: int = 1) -> torch.dtype:
    """Which format the device multiplies faster, found by trying: it changes the time taken and nothing else.

    Processors with instructions for 8-bit integers take a tenth of the time of float32, with those for bfloat16 a quarter; those
    that emulate them take many times it. 8-bit integers are tried on the CPU alone, for blocks that count once at most.
    """
    features = torch.ones(SIDE, LARGEST_EXACT[torch.bfloat16], dtype=torch.float32, device=device)
    formats = [
        dtype for dtype in LARGEST_EXACT if dtype is not torch.int8 or (device.type == "cpu" and largest_weight <= 1)
    ]
    seconds = {dtype: min(_seconds_to_multiply(features.to(dtype)) for _ in range(3)) for dtype in formats}
    return min(seconds, key=seconds.__getitem__)


def _seconds_to_multiply(features: Tensor) -> float:
    start = time.perf_counter()
    product = _sum_of_products(features, features, [slice(None)])
    product[0, 0].item()  # another device may still be working when a product returns, but not when it is read
    return time.perf_counter() - start


def _add_products(counts: Tensor, fired: FiredBlocks, weights: Weights, part: slice) -> None:
    """Add the counts of one part of the blocks, whose weights sum to at most 2^24, to the tiles of the result."""
    largest = int(weights[part].max(initial=0))
    dtype = fastest_exact_format(counts.device, largest)
    slices = list(exact_slices(weights[part], LARGEST_EXACT[dtype]))
    left = right = _features_first(fired.left[part], dtype, counts.device)
    if fired.right is not None:
        right = _features_first(fired.right[part], dtype, counts.device)
    if largest > 1 or not weights[part].all():
        left = left.clone()
        left[:, : len(weights[part])] *= torch.from_numpy(weights[part]).to(counts.device, dtype)

    def add(tile: tuple[slice, slice]) -> None:
        rows, columns = tile
        counts[rows, columns] += _sum_of_products(left[rows], right[columns], slices).to(counts.dtype)

    side_by_side(add, _tiles(counts, upper_only=fired.right is None), counts.device)


def _sum_of_products(left: Tensor, right: Tensor, slices: list[slice]) -> Tensor:
    """The product of left (n_rows, n_blocks) and right' in float32, slice by slice; of 8-bit integers in 32-bit ones."""
    if left.dtype == torch.int8:
        return torch._int_mm(left, right.T)
    total = torch.zeros(len(left), len(right), dtype=torch.float32, device=left.device)
    for some in slices:
        total += left[:, some] @ right[:, some].T
    return total


def _features_first(fired: NDArray[np.integer], dtype: torch.dtype, device: torch.device) -> Tensor:
    """The blocks as a tensor (n_features, n_blocks): products of two such run along memory on both sides."""
    features = torch.from_numpy(fired).to(device).T.contiguous().to(dtype)
    missing = -len(fired) % BYTE_BLOCKS if dtype is torch.int8 else 0
    return torch.nn.functional.pad(features, (0, missing)) if missing else features


def _mirror(counts: Tensor) -> None:
    """Copy what stands above the diagonal below it."""

    def copy(tile: tuple[slice, slice]) -> None:
        rows, columns = tile
        if rows != columns:
            counts[columns, rows] = counts[rows, columns].T

    side_by_side(copy, _tiles(counts, upper_only=True), counts.device)


def _tiles(counts: Tensor, *, upper_only: bool) -> Iterator[tuple[slice, slice]]:
    """The rows and columns of each tile of a matrix: all of them, or those on and above the diagonal."""
    side = SIDE if counts.device.type == "cpu" else ACCELERATOR_SIDE
    for row in range(0, counts.shape[0], side):
        for column in range(row if upper_only else 0, counts.shape[1], side):
            yield slice(row, row + side), slice(column, column + side)
