"""Phi of all pairs, a few rows at a time: what neighbors, cosines and lobes are compared with, without keeping the matrix."""

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor

from saegeo_core.numerics.directions import row_slices
from saegeo_lobes.affinities import phi
from saegeo_lobes.neighbor_affinity import CountTile

ENTRIES_AT_ONCE = 2**23


class PhiRows(NamedTuple):
    """Phi of the features `rows` with all features, float32 (n_rows, n_features); 1 where a feature meets itself."""

    rows: slice
    phi: Tensor


def phi_rows(count_tile: CountTile, counts: Tensor, n_blocks: int, *, height: int | None = None) -> Iterator[PhiRows]:
    """All rows in order.

    Args:
        count_tile: maps two ranges of features to the co-occurrence counts between them.
        counts: integers (n_features,), blocks each feature fired in.
        n_blocks: T.
        height: rows at a time; by default 32 MB of them. Higher where each tile must be counted first.
    """
    n = len(counts)
    for rows in row_slices(n, height or max(1, ENTRIES_AT_ONCE // n)):
        yield PhiRows(rows, phi(count_tile(rows, slice(0, n)), counts[rows], counts, n_blocks).float())
