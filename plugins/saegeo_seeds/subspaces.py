"""The leading subspace of some directions, and how much two of them are one."""

import torch
from torch import Tensor

from saegeo_core.numerics.column_products import add_column_products, mirrored
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.leading_eigenvectors import largest_first

ROWS_AT_ONCE = 2048
ROWS_FOR_EACH_AXIS = 3
"""Features that a subspace needs, for each of its dimensions."""


def leading_subspace(unit: Tensor, q: int) -> Tensor | None:
    """The q leading principal axes of some directions about their mean, columns (d_in, q); None where they are fewer than 3 q."""
    if len(unit) < ROWS_FOR_EACH_AXIS * q:
        return None
    beside_mean = (unit - unit.mean(0, dtype=torch.float64)).float()
    if len(unit) < unit.shape[1]:
        _, axes = largest_first(beside_mean.double() @ beside_mean.T.double(), q)
        leading: Tensor = torch.linalg.qr(beside_mean.T.double() @ axes)[0]
    else:
        products = torch.zeros(unit.shape[1], unit.shape[1], dtype=torch.float64, device=unit.device)
        for rows in row_slices(len(unit), ROWS_AT_ONCE):
            add_column_products(products, beside_mean[rows])
        _, leading = largest_first(mirrored(products), q)
    return leading


def overlap(first: Tensor, second: Tensor) -> float:
    """Mean squared cosine of the principal angles of two subspaces, each of q orthonormal columns (d_in, q): 0 to 1."""
    return float((first.T @ second).square().sum()) / first.shape[1]
