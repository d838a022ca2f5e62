"""Mean and covariance of the rows of a matrix.

The rows are read twice, a few at a time: once for their mean, once for products about it, which is where a mean much longer
than the spread would cost precision.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.column_products import add_column_products, mirrored
from saegeo_core.numerics.directions import row_slices

ROWS_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class RowMoments:
    """First and second moments of rows, everything float64.

    Attributes:
        mean: shape (d,).
        covariance: shape (d, d), centered, with divisor n - 1.
        squared_lengths: shape (n_rows,), squared distance of each row from the mean.
    """

    mean: Floats
    covariance: Floats
    squared_lengths: Floats


def row_moments(vectors: Tensor, *, device: str | torch.device = "cpu", watch: Watch = iter) -> RowMoments:
    """Moments of the rows of `vectors`, shape (n_rows, d), two or more, any floating dtype, memory-mapped or not.

    Args:
        vectors: the rows.
        device: where the products are made.
        watch: wraps the loop over slices of the rows (`saegeo_core.numerics`).
    """
    n, d = vectors.shape
    mean = torch.zeros(d, dtype=torch.float64, device=device)
    for rows in row_slices(n, ROWS_AT_ONCE):
        mean += vectors[rows].to(device, torch.float64).sum(0)
    mean /= n

    products = torch.zeros(d, d, dtype=torch.float64, device=device)
    total = torch.zeros(d, dtype=torch.float64, device=device)
    squared_lengths = np.empty(n)
    for rows in watch(list(row_slices(n, ROWS_AT_ONCE))):
        centered = vectors[rows].to(device, torch.float64, copy=True).sub_(mean)
        total += centered.sum(0)  # what rounding left of it
        squared_lengths[rows] = centered.square().sum(1).numpy(force=True)
        add_column_products(products, centered)
    products -= torch.outer(total, total) / n
    covariance: Floats = (mirrored(products) / (n - 1)).numpy(force=True)
    return RowMoments(mean.numpy(force=True), covariance, squared_lengths)
