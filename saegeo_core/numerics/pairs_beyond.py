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
"""Of a slab, all of which may lie beyond the bound."""


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


def slabs_of(n: int) -> list[slice]:
    """Slices of n rows, each to be held against itself and all that follow."""
    return list(row_slices(n, min(SIDE, max(1, ENTRIES_AT_ONCE // max(1, n)))))


def pairs_beyond(
    products_of: Tiles,
    slab: slice,
    n: int,
    bound: float,
    *,
    after: int | None = None,
    device: str | torch.device = "cpu",
) -> PairsBeyond:
    """The pairs of a row of `slab` and a later one, of n, with |product| > `bound`, in the order of tiles.

    With `after`, not before the end of the slab, later ones are those from this one on.
    """
    tiles = list(row_slices(n, SIDE, slab.start if after is None else after))
    parts: list[PairsBeyond] = [PairsBeyond(*[torch.empty(0)] * 3)] * len(tiles)

    def compare(number: int) -> None:
        columns = tiles[number]
        rows, products = products_of.rows_beyond(slab, columns, bound)
        row, column = true_places(products.abs() > bound)
        first, second = slab.start + rows[row], columns.start + column
        later = first < second
        parts[number] = PairsBeyond(first[later], second[later], products[row[later], column[later]])

    side_by_side(compare, range(len(tiles)), device)
    return PairsBeyond(*map(torch.cat, zip(*parts, strict=True)))
