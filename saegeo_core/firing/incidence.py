"""Which features fired in which blocks, kept compactly: one bit an entry, or lists of what fired, whichever is smaller.

A dense matrix of a long harvest would not fit in memory, so there is none: readers ask for some blocks of some features at
a time. Both forms are plain arrays, which may be memory-mapped files, and both give the same answers.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.errors import SaegeoError
from saegeo_core.firing.given_arrays import refuse_writing
from saegeo_core.numerics.cooccurrence import FiredBlocks, Weights, count_cooccurrence, count_sparse_cooccurrence
from saegeo_core.numerics.directions import row_slices

ENTRIES_AT_ONCE = 2**26
"""Entries of the dense matrix that exist together: 64 MB as bytes, and 128 to 256 MB more while products are made of them."""

BLOCKS_AT_ONCE = 1024

INCIDENCE_ARRAYS = ("bits", "indptr", "indices")
"""What `arrays` of either form are called."""

SPARSE_SHARE = 0.04
"""Root mean square share of features on in a block up to which sparse matrices are multiplied instead of dense ones: of 8,704
features and a share of 0.03 that took 0.12 core-milliseconds a block, and dense ones 0.25."""

Index = NDArray[np.int64]
Blocks = slice | Index
Allocate = Callable[[str, tuple[int, ...], type[np.generic]], NDArray[Any]]


def in_memory(_name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
    """Make an array in memory. Give another such function to `concatenate` to have its arrays made in files."""
    return np.empty(shape, dtype)


class Incidence(ABC):
    """A matrix (n_blocks, n_features) of 0 and 1 that is never whole in memory."""

    n_features: int

    @property
    @abstractmethod
    def n_blocks(self) -> int:
        """Number of blocks, T."""

    @abstractmethod
    def block_tile(self, blocks: Blocks, features: Index | None = None) -> NDArray[np.uint8]:
        """Some blocks (a slice or an array of numbers) of some features (all by default), dense, uint8 of 0 and 1."""

    @abstractmethod
    def counts(self, weights: Weights | None = None) -> NDArray[np.int64]:
        """Blocks each feature fired in, int64 (n_features,); with whole `weights` (n_blocks,), their sums."""

    @property
    @abstractmethod
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays that hold it, by name."""

    @property
    def nbytes(self) -> int:
        """Size of the arrays."""
        return sum(array.nbytes for array in self.arrays.values())

    @property
    def n_fired(self) -> int:
        """Entries that are 1."""
        return int(self.counts().sum())

    def tiles(
        self, features: Index | None = None, blocks: Index | None = None
    ) -> Iterator[tuple[Blocks, NDArray[np.uint8]]]:
        """All blocks (or those numbered) in order, as many at a time as `ENTRIES_AT_ONCE` allows, with their dense tile."""
        n_blocks = self.n_blocks if blocks is None else len(blocks)
        n_features = self.n_features if features is None else len(features)
        # Where few features are asked for, more is read than given: that is bounded too.
        height = max(1, ENTRIES_AT_ONCE // max(n_features, self.n_features // 8, 1))
        for start in range(0, max(n_blocks, 1), height):  # at least one tile, if an empty one
            rows = slice(start, min(start + height, n_blocks))
            chosen = rows if blocks is None else blocks[rows]
            yield chosen, self.block_tile(chosen, features)

    def cooccurrence(
        self,
        rows: Index | None = None,
        columns: Index | None = None,
        *,
        weights: Weights | None = None,
        device: str | torch.device = "cpu",
    ) -> torch.Tensor:
        """Blocks that each row feature shares with each column feature, tensor (n_rows, n_columns) of int32 or int64.

        With neither given: all with all. With `rows` alone: those among themselves. `weights` (n_blocks,) are whole numbers
        that say how often each block counts.
        """
        left = np.arange(self.n_features) if rows is None else rows
        wanted = left if columns is None else np.concatenate([left, columns])
        blocks = None if weights is None else np.flatnonzero(weights)

        def fired() -> Iterator[FiredBlocks]:
            for chosen, tile in self.tiles(wanted, blocks):
                some_weights = None if weights is None else weights[chosen]
                right = None if columns is None else tile[:, len(left) :]
                yield FiredBlocks(tile[:, : len(left)], right, some_weights)

        shape = (len(left), len(left if columns is None else columns))
        most = self.n_blocks if weights is None else int(weights.sum())
        return count_cooccurrence(fired(), shape, most, device)

    def counts_of_each(self, weights: NDArray[np.int64]) -> NDArray[np.int64]:
        """`counts` under each row of whole weights from 0 to 256, (n_sets, n_blocks), in one pass: int64 (n_sets, n_features)."""
        counts = np.zeros((len(weights), self.n_features))
        for rows, tile in self.tiles():
            chosen = weights[:, rows]
            for some in row_slices(len(tile), BLOCKS_AT_ONCE):  # sums of whole numbers below 2^24: exact in float32
                counts += chosen[:, some].astype(np.float32) @ tile[some].astype(np.float32)
        return counts.astype(np.int64)

    def on_of_each(self, classes: Index) -> NDArray[np.float32]:
        """Features of each class on in each block, for several divisions of the features into classes, in one pass.

        Args:
            classes: int64 (n_divisions, n_features), from 0.

        Returns:
            float32 (n_divisions, n_blocks, n_classes), whole numbers.
        """
        n_divisions, n_classes = len(classes), int(classes.max(initial=0)) + 1
        members = (classes[:, None] == np.arange(n_classes)[:, None]).reshape(-1, self.n_features).astype(np.float32)
        on = np.empty((n_divisions, self.n_blocks, n_classes), np.float32)
        done = 0
        for _, tile in self.tiles():
            for some in row_slices(len(tile), BLOCKS_AT_ONCE):  # sums of whole numbers below 2^24: exact in float32
                counted = (tile[some].astype(np.float32) @ members.T).reshape(-1, n_divisions, n_classes)
                on[:, done : done + len(counted)] = counted.swapaxes(0, 1)
                done += len(counted)
        return on

    def select(self, features: Index) -> "Incidence":
        """The columns of some features, in the order given."""
        if np.array_equal(features, np.arange(self.n_features)):
            return self
        return concatenate([from_dense(tile) for _, tile in self.tiles(features)])


@dataclass(frozen=True, eq=False)
class PackedIncidence(Incidence):
    """One bit an entry: `bits` uint8 (n_blocks, ceil(n_features / 8)), the first feature in the highest bit."""

    bits: NDArray[np.uint8]
    n_features: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "bits", refuse_writing(self.bits))

    @property
    def n_blocks(self) -> int:
        """Number of blocks, T."""
        return len(self.bits)

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The one array, `bits`."""
        return {"bits": self.bits}

    def block_tile(self, blocks: Blocks, features: Index | None = None) -> NDArray[np.uint8]:
        """Some blocks of some features, dense."""
        if features is None:
            return np.unpackbits(self.bits[blocks], axis=1, count=self.n_features)
        first = int(features[0]) if len(features) else 0
        if np.array_equal(features, np.arange(first, first + len(features))):
            covering = slice(first // 8, -(-(first + len(features)) // 8))
            tile = np.unpackbits(self.bits[:, covering][blocks], axis=1)
            return tile[:, first % 8 : first % 8 + len(features)]
        if 8 * len(features) > self.n_features:  # then all are unpacked sooner than those wanted are found
            return np.take(np.unpackbits(self.bits[blocks], axis=1), features, axis=1)
        rows = blocks if isinstance(blocks, slice) else blocks[:, None]
        return (self.bits[rows, features // 8] >> (7 - features % 8).astype(np.uint8)) & np.uint8(1)

    def counts(self, weights: Weights | None = None) -> NDArray[np.int64]:
        """Blocks each feature fired in, or their weights summed."""
        counts = np.zeros(self.n_features, np.int64)
        for rows, tile in self.tiles():
            counts += tile.sum(0, dtype=np.int64) if weights is None else weights[rows] @ tile
        return counts


@dataclass(frozen=True, eq=False)
class SparseIncidence(Incidence):
    """Lists: block b fired `indices[indptr[b]:indptr[b + 1]]`, ascending; int64 (n_blocks + 1,) and int32 (n_fired,)."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    n_features: int

    def __post_init__(self) -> None:
        for name in ("indptr", "indices"):
            object.__setattr__(self, name, refuse_writing(getattr(self, name)))

    @property
    def n_blocks(self) -> int:
        """Number of blocks, T."""
        return len(self.indptr) - 1

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The two arrays, `indptr` and `indices`."""
        return {"indptr": self.indptr, "indices": self.indices}

    @property
    def n_fired(self) -> int:
        """Entries that are 1."""
        return len(self.indices)

    def block_tile(self, blocks: Blocks, features: Index | None = None) -> NDArray[np.uint8]:
        """Some blocks of some features, dense."""
        block, feature = self._fired(blocks)
        n_blocks = len(self.indptr[:-1][blocks])
        if features is None:
            return _scatter(block, feature, n_blocks, self.n_features)
        wanted, place_in_tile = np.unique(features, return_inverse=True)
        column = np.full(self.n_features, -1)
        column[wanted] = np.arange(len(wanted))
        column = column[feature]
        tile = _scatter(block[column >= 0], column[column >= 0], n_blocks, len(wanted))
        return tile if np.array_equal(wanted, features) else tile[:, place_in_tile]

    def counts(self, weights: Weights | None = None) -> NDArray[np.int64]:
        """Blocks each feature fired in, or their weights summed."""
        each = None if weights is None else np.repeat(weights, np.diff(self.indptr))
        return np.bincount(self.indices, each, minlength=self.n_features).astype(np.int64)

    def cooccurrence(
        self,
        rows: Index | None = None,
        columns: Index | None = None,
        *,
        weights: Weights | None = None,
        device: str | torch.device = "cpu",
    ) -> torch.Tensor:
        """The same counts; on the CPU from the lists where the rms share of features on is at most `SPARSE_SHARE`."""
        if torch.device(device).type != "cpu" or self._rms_share > SPARSE_SHARE:
            return super().cooccurrence(rows, columns, weights=weights, device=device)
        left = np.arange(self.n_features) if rows is None else rows
        return count_sparse_cooccurrence(
            self.indptr, self.indices, self.n_features, rows=left, columns=columns, weights=weights
        )

    @cached_property
    def _rms_share(self) -> float:
        """Both ways of counting cost in proportion: joining lists to the mean square of n_b, multiplying to n_features^2."""
        return float(np.sqrt(np.mean((np.diff(self.indptr) / self.n_features) ** 2))) if self.n_blocks else 0.0

    def on_of_each(self, classes: Index) -> NDArray[np.float32]:
        """The same numbers, counted from the lists."""
        n_classes = int(classes.max(initial=0)) + 1
        first = np.repeat(np.arange(self.n_blocks) * n_classes, np.diff(self.indptr))
        size = self.n_blocks * n_classes
        counted = [np.bincount(first + classes_here[self.indices], minlength=size) for classes_here in classes]
        return np.stack(counted).reshape(len(classes), self.n_blocks, n_classes).astype(np.float32)

    def _fired(self, blocks: Blocks) -> tuple[Index, NDArray[np.int32]]:
        """Of some blocks: for every entry that is 1 its block's place among them, and its feature."""
        starts, stops = self.indptr[:-1][blocks], self.indptr[1:][blocks]
        lengths = stops - starts
        block = np.repeat(np.arange(len(lengths)), lengths)
        if isinstance(blocks, slice):
            return block, self.indices[starts[0] : stops[-1]] if len(starts) else self.indices[:0]
        within = np.arange(len(block)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return block, self.indices[np.repeat(starts, lengths) + within]


def from_dense(fired: NDArray[Any]) -> Incidence:
    """Keep a dense matrix (n_blocks, n_features), bool or uint8 of 0 and 1, in the smaller form."""
    n_blocks, n_features = fired.shape
    lengths = np.count_nonzero(fired, axis=1)
    if _sparse_is_smaller(n_blocks, n_features, int(lengths.sum())):
        return SparseIncidence(_offsets(lengths), np.nonzero(fired)[1].astype(np.int32), n_features)
    return PackedIncidence(np.packbits(fired, axis=1), n_features)


def concatenate(pieces: Sequence[Incidence], allocate: Allocate = in_memory) -> Incidence:
    """Join the blocks of several pieces over the same features, in their order, in the form that is smaller for the whole.

    `allocate(name, shape, dtype)` makes each array of the result; where it makes a memory-mapped file, memory does not grow
    with the number of pieces.

    Raises:
        SaegeoError: no pieces, or pieces of different numbers of features.
    """
    widths = {piece.n_features for piece in pieces}
    if len(widths) != 1:
        raise SaegeoError(f"blocks of {sorted(widths) or 'no'} features cannot be joined", "join pieces of one harvest")
    n_blocks, n_features = sum(piece.n_blocks for piece in pieces), widths.pop()
    n_fired = sum(piece.n_fired for piece in pieces)
    tiles = (tile for piece in pieces for _, tile in piece.tiles())
    if not _sparse_is_smaller(n_blocks, n_features, n_fired):
        bits = allocate("bits", (n_blocks, -(-n_features // 8)), np.uint8)
        done = 0
        for tile in tiles:
            bits[done : done + len(tile)] = np.packbits(tile, axis=1)
            done += len(tile)
        return PackedIncidence(bits, n_features)
    indptr = allocate("indptr", (n_blocks + 1,), np.int64)
    indices = allocate("indices", (n_fired,), np.int32)
    indptr[0] = 0
    done = filled = 0
    for tile in tiles:
        block, feature = np.nonzero(tile)
        indptr[done + 1 : done + len(tile) + 1] = filled + _offsets(np.bincount(block, minlength=len(tile)))[1:]
        indices[filled : filled + len(feature)] = feature
        done, filled = done + len(tile), filled + len(feature)
    return SparseIncidence(indptr, indices, n_features)


def from_stored(arrays: dict[str, NDArray[Any]], n_features: int) -> Incidence:
    """The incidence whose `arrays` these are.

    Raises:
        SaegeoError: they hold no incidence of so many features.
    """
    if arrays.keys() == {"bits"}:
        bits = arrays["bits"]
        padding = np.uint8(255 >> (n_features % 8)) if n_features % 8 else np.uint8(0)
        if bits.dtype == np.uint8 and bits.shape[1:] == (-(-n_features // 8),) and not (bits[:, -1:] & padding).any():
            return PackedIncidence(bits, n_features)
    elif arrays.keys() == {"indptr", "indices"}:
        indptr, indices = arrays["indptr"], arrays["indices"]
        if indptr.dtype == np.int64 and indices.dtype == np.int32 and _are_ascending_lists(indptr, indices, n_features):
            return SparseIncidence(indptr, indices, n_features)
    raise SaegeoError(f"the arrays hold no incidence of {n_features} features", "harvest again")


def _are_ascending_lists(indptr: NDArray[np.int64], indices: NDArray[np.int32], n_features: int) -> bool:
    if indptr.ndim != 1 or indices.ndim != 1 or not len(indptr) or indptr[0] != 0 or indptr[-1] != len(indices):
        return False
    if (np.diff(indptr) < 0).any():
        return False
    if len(indices) and not 0 <= indices.min() <= indices.max() < n_features:
        return False
    falls = np.flatnonzero(np.diff(indices) <= 0) + 1
    return bool(np.isin(falls, indptr).all())


def _sparse_is_smaller(n_blocks: int, n_features: int, n_fired: int) -> bool:
    return 8 * (n_blocks + 1) + 4 * n_fired < n_blocks * -(-n_features // 8)


def _offsets(lengths: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _scatter(block: Index, column: NDArray[np.integer], n_blocks: int, n_columns: int) -> NDArray[np.uint8]:
    tile = np.zeros((n_blocks, n_columns), np.uint8)
    tile[block, column] = 1
    return tile
