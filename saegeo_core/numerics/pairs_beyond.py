"""Pairs of rows whose product lies beyond a bound: of all pairs the few that are worth a closer look.

Tiles are small enough to stay near a core through the passes made over them, and they are worked on side by side.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.numerics.true_places import true_places

SIDE = 1024
"""Rows and columns of a tile at most."""

ENTRIES_AT_ONCE = 2**24
"""Of a block, all of which may lie beyond the bound."""


class Tiles(Protocol):
    """Products of pairs of rows."""

    def rows_beyond(self, rows: slice, columns: slice, bound: float) -> tuple[Tensor, Tensor]:
        """Of two ranges of rows, those of the first with some |product| above `bound`, or more of them.

        Their numbers in the range, int64 (n,), and their products, float32 (n, n_columns).
        """
        ...


class PairsBeyond(NamedTuple):
    """Some pairs of rows.

    Attributes:
        first: int64 (n_pairs,).
        second: int64 (n_pairs,), > `first`.
        products: float32 (n_pairs,).
    """

    first: Tensor
    second: Tensor
    products: Tensor


def blocks_of(n: int, n_first: int | None = None) -> list[tuple[slice, slice]]:
    """Rows and columns of blocks that hold every pair of a row and a later one, of n.

    With `n_first`, every pair of one of so many first rows and one that comes after all of them.
    """
    width = max(1, ENTRIES_AT_ONCE // SIDE)
    return [
        (rows, columns)
        for rows in row_slices(n if n_first is None else n_first, SIDE)
        for columns in row_slices(n, width, rows.start if n_first is None else n_first)
    ]


def pairs_beyond(
    products_of: Tiles, rows: slice, columns: slice, bound: float, *, device: str | torch.device = "cpu"
) -> PairsBeyond:
    """The pairs of one of `rows` and a later one of `columns` with |product| > `bound`, in the order of tiles."""
    tiles = list(row_slices(columns.stop, SIDE, columns.start))
    parts: list[PairsBeyond] = [PairsBeyond(*[torch.empty(0)] * 3)] * len(tiles)

    def compare(number: int) -> None:
        tile = tiles[number]
        found, products = products_of.rows_beyond(rows, tile, bound)
        row, column = true_places(products.abs() > bound)
        first, second = rows.start + found[row], tile.start + column
        later = first < second
        parts[number] = PairsBeyond(first[later], second[later], products[row[later], column[later]])

    side_by_side(compare, range(len(tiles)), device)
    return PairsBeyond(*map(torch.cat, zip(*parts, strict=True)))
