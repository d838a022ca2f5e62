"""Counts of all pairs of features that fire together, some rows at a time where all of them would take too much memory."""

from collections.abc import Iterator

import torch

from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.numerics.directions import row_slices

DENSE_BYTES = 2e9
ROWS_COUNTED = 2048
"""Of a tile of counts, where those of all pairs take more than that."""

CountedRows = tuple[slice, torch.Tensor]
"""Some features, and the blocks in which each of them fires together with each of all, (n_rows, n_features)."""


def counted_rows(firing: FiringStatistics, *, device: str = "cpu") -> Iterator[CountedRows]:
    """`FiringStatistics.cooccurrence` of all features with all, in their order."""
    n = firing.n_features
    if 4 * n**2 <= DENSE_BYTES:
        yield slice(0, n), firing.cooccurrence(device=device)
        return
    for rows in row_slices(n, ROWS_COUNTED):
        yield rows, firing.cooccurrence_tile(rows, slice(0, n), device)
