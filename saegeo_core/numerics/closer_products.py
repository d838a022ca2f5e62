"""Products in float32 of the pairs that a coarser format leaves in doubt: they settle most, at half the price of float64.

The bound: rows stored in half or single precision are float32 numbers as they are, others are rounded to them by 2^-24 of each
number. Multiplying and adding d_in terms in any order multiplies each term by at most d_in factors 1 + e, |e| <= 2^-24, and the
sizes of the terms of two unit rows add up to at most 1 (Cauchy-Schwarz). So a product is off by at most g / (1 - g) with
g = (d_in + 4) 2^-24 (Higham 2002, section 3.1).
"""

import torch
from torch import Tensor

from saegeo_core.numerics.bounded_products import CUSHION, BoundedProducts
from saegeo_core.numerics.directions import ROWS_AT_ONCE, Directions, row_slices

SHORTEST, LONGEST = 2.0**-30, 2.0**30
"""Lengths of rows whose products, as they are stored, neither overflow nor vanish in float32."""


class CloserProducts:
    """Products of the unit rows of a matrix in float32, for some pairs or for a block of them.

    Attributes:
        error: bound on the error of any product.
    """

    def __init__(self, directions: Directions) -> None:
        self._directions = directions
        rounding = (directions.vectors.shape[1] + 4) * 2**-24
        self.error = rounding / (1 - rounding) + CUSHION

    def pairs(self, first: Tensor, second: Tensor) -> Tensor:
        """Products of the pairs of rows ``first[k], second[k]``, shape (n_pairs,), float64 numbers of that precision."""
        vectors, norms = self._directions.vectors, self._directions.norms
        products = torch.empty(len(first), dtype=torch.float64, device=norms.device)
        for pairs in row_slices(len(first), ROWS_AT_ONCE):
            i, j = first[pairs], second[pairs]
            dots = vectors.index_select(0, i).float().mul_(vectors.index_select(0, j).float()).sum(1)
            products[pairs] = dots / (norms[i] * norms[j])
        return products

    def block(self, rows: slice, columns: slice) -> Tensor:
        """All products between two ranges of rows, shape (n_rows, n_columns), float32."""
        return self._directions.unit(rows).float() @ self._directions.unit(columns).float().T


def closer_products(directions: Directions, coarse: BoundedProducts) -> CloserProducts | None:
    """Products closer than `coarse` ones; None where those are as close, or a row is too long or too short for them."""
    closer, norms = CloserProducts(directions), directions.norms
    lengths_will_do = bool(((norms > SHORTEST) & (norms < LONGEST)).all())
    return closer if lengths_will_do and 2 * closer.error < coarse.error else None
