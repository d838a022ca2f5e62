"""One tile of the upper triangle, looked at from one side of zero, and a fast way to find its few large entries.

A tile holds a million approximate cosines of which a handful matter. Maxima over short segments are taken first, along
rows and along columns; only segments whose maximum is large enough are read again.
"""

from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pad

from saegeo_core.numerics.closer_products import CloserProducts
from saegeo_core.numerics.directions import Directions
from saegeo_core.numerics.true_places import true_places

SEGMENT = 32

CROWDED = 1 / 16
"""Share of entries in doubt from which the whole tile at once costs less than those entries one by one, in either precision."""

Entries = tuple[Tensor, Tensor, Tensor]
"""Rows, columns and values of some entries of a tile, all of one length."""


class CosineTile:
    """Products of two ranges of rows times a sign, and the exact cosines behind them, also times that sign.

    With sign +1 the largest entries belong to the nearest partners, with sign -1 to the most opposite ones.

    Args:
        directions: where exact cosines come from.
        closer: settles most of what the products leave in doubt, at half the price of an exact cosine; None where the products
            are as close already.
        rows, columns: the two ranges, equal on the diagonal, where only entries above the diagonal are pairs; the others
            count as -inf.
        products: shape (n_rows, n_columns), approximate cosines, float32; left as they are.
        sign: +1 or -1.

    Attributes:
        row_best, column_best: shape (n_rows,) and (n_columns,), the largest entry of each row and column.
    """

    def __init__(
        self,
        directions: Directions,
        closer: CloserProducts | None,
        rows: slice,
        columns: slice,
        products: Tensor,
        *,
        sign: int,
    ) -> None:
        self.rows, self.columns = rows, columns
        self._directions, self._closer, self._sign = directions, closer, sign
        height, width = products.shape
        products = self._upper(products)
        if height % SEGMENT or width % SEGMENT:
            products = pad(products, (0, -width % SEGMENT, 0, -height % SEGMENT), value=-sign * torch.inf)
        self._products = products  # without the sign: it is cheaper to apply where few numbers are left
        self._row_tops = self._largest(_segments(products), 2)[:height]
        self._column_tops = self._largest(products.view(-1, SEGMENT, products.shape[1]), 1).T[:width]
        self.row_best = self._row_tops.amax(1)
        self.column_best = self._column_tops.amax(1)

    def n_beyond(self, threshold: float, reach: float) -> tuple[Tensor, Tensor] | None:
        """How many exact entries of each row and each column are above ``threshold``; None where none can be.

        ``reach`` is how far from the threshold a product must lie to be trusted.
        """
        floor, sign = threshold - reach, self._sign
        (rows,) = (self.row_best > floor).nonzero(as_tuple=True)
        if len(rows) == 0:
            return None
        few = len(rows) < len(self.row_best) / 2
        products = self._products.index_select(0, rows) if few else self._products
        row, column = true_places(products > floor if sign > 0 else products < -floor)
        beyond = sign * products[row, column] > threshold + reach
        row = rows[row] if few else row
        (doubtful,) = (~beyond).nonzero(as_tuple=True)
        beyond[doubtful] = self._beyond(row[doubtful], column[doubtful], threshold)
        return (
            torch.bincount(row[beyond], minlength=len(self.row_best)),
            torch.bincount(column[beyond], minlength=len(self.column_best)),
        )

    def above(self, row_floor: Tensor, column_floor: Tensor) -> Entries:
        """Entries above the floor of their row, shape (n_rows,), then those above that of their column."""
        row, column, value = _above(self._products, self._row_tops, row_floor, self._sign)
        other_column, other_row, other_value = _above(self._products.T, self._column_tops, column_floor, self._sign)
        return torch.cat([row, other_row]), torch.cat([column, other_column]), torch.cat([value, other_value])

    def crowded(self, n_entries: int) -> bool:
        """Whether so many entries are cheaper to take from a whole block than one by one."""
        return n_entries > CROWDED * self._products.numel()

    @cached_property
    def exact_block(self) -> Tensor:
        """Exact values of all entries, shape (n_rows, n_columns), float64."""
        return self._sign * self._upper(self._directions.cosine_block(self.rows, self.columns))

    def _beyond(self, row: Tensor, column: Tensor, threshold: float) -> Tensor:
        """Whether the exact values of these entries are above ``threshold``."""
        if self._closer is None:
            return self._exact(row, column) > threshold
        products = self._sign * self._closer_products(self._closer, row, column)
        beyond = products > threshold
        (doubtful,) = ((products - threshold).abs() <= self._closer.error).nonzero(as_tuple=True)
        beyond[doubtful] = self._exact(row[doubtful], column[doubtful]) > threshold
        return beyond

    def _closer_products(self, closer: CloserProducts, row: Tensor, column: Tensor) -> Tensor:
        if self.crowded(len(row)):
            return closer.block(self.rows, self.columns)[row, column]
        return closer.pairs(row + self.rows.start, column + self.columns.start)

    def _exact(self, row: Tensor, column: Tensor) -> Tensor:
        if self.crowded(len(row)):
            return self.exact_block[row, column]
        return self._sign * self._directions.pair_cosines(row + self.rows.start, column + self.columns.start)

    def _upper(self, cosines: Tensor) -> Tensor:
        if self.rows == self.columns:
            return cosines.masked_fill(torch.ones_like(cosines, dtype=torch.bool).tril(), -self._sign * torch.inf)
        return cosines

    def _largest(self, products: Tensor, dim: int) -> Tensor:
        return products.amax(dim) if self._sign > 0 else products.amin(dim).neg_()


def _segments(products: Tensor) -> Tensor:
    """The same numbers seen as rows of segments."""
    return products.view(len(products), -1, SEGMENT)


def _above(products: Tensor, tops: Tensor, floor: Tensor, sign: int) -> Entries:
    line, segment = (tops > floor[:, None]).nonzero(as_tuple=True)
    entries = sign * _segments(products)[line, segment]
    found, offset = (entries > floor[line, None]).nonzero(as_tuple=True)
    return line[found], segment[found] * SEGMENT + offset, entries[found, offset]
