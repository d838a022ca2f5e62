"""Products of all pairs of columns of some rows, X'X: half of them are made, for the other triangle is the same."""

import torch
from torch import Tensor

COLUMNS_AT_ONCE = 384


def add_column_products(lower: Tensor, rows: Tensor) -> None:
    """Add those of `rows`, (n_rows, d), to the lower triangle of `lower`, float64 (d, d).

    They are made in the precision of the rows. What lies above the diagonal is left undefined.
    """
    d = rows.shape[1]
    for start in range(0, d, COLUMNS_AT_ONCE):
        columns = slice(start, min(start + COLUMNS_AT_ONCE, d))
        if rows.dtype == lower.dtype:
            lower[start:, columns].addmm_(rows[:, start:].T, rows[:, columns])
        else:
            lower[start:, columns] += rows[:, start:].T @ rows[:, columns]


def mirrored(lower: Tensor) -> Tensor:
    """The symmetric matrix that has this lower triangle."""
    return torch.tril(lower) + torch.tril(lower, -1).T
