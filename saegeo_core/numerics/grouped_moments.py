"""Mean and covariance of rows that come once, a few at a time, and of all but one group of them."""

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.column_products import add_column_products, mirrored


class GroupedMoments:
    """Sums and products of rows by group, everything float64: n_groups matrices of d x d numbers, however many rows there are.

    Products are made about the mean of the first rows that come, so that a mean much longer than the spread costs no precision.

    Attributes:
        n_rows: int64 (n_groups,), rows so far.
    """

    def __init__(self, n_groups: int, d: int, *, device: str | torch.device = "cpu") -> None:
        """No rows yet; products are made on `device`."""
        self.n_rows: Integers = np.zeros(n_groups, np.int64)
        self._origin: Tensor | None = None
        self._sums = torch.zeros(n_groups, d, dtype=torch.float64, device=device)
        self._products = torch.zeros(n_groups, d, d, dtype=torch.float64, device=device)

    def add(self, rows: Tensor, group: int) -> None:
        """Count `rows`, (n, d), one or more, of any floating type, to a group."""
        rows = rows.to(self._sums.device, torch.float64)
        if self._origin is None:
            self._origin = rows.mean(0)
        rows = rows - self._origin
        self.n_rows[group] += len(rows)
        self._sums[group] += rows.sum(0)
        add_column_products(self._products[group], rows)

    def mean(self) -> Floats:
        """Of all rows, (d,); there must be one."""
        if self._origin is None:
            raise ValueError("no rows have come")
        mean: Floats = (self._origin + self._sums.sum(0) / int(self.n_rows.sum())).numpy(force=True)
        return mean

    def covariance(self, without: int | None = None) -> Floats:
        """Of all rows, or of all but those of one group: (d, d), centered, divisor n - 1; two or more rows must remain."""
        kept = [group for group in range(len(self.n_rows)) if group != without]
        n, total = int(self.n_rows[kept].sum()), self._sums[kept].sum(0)
        products = torch.zeros_like(self._products[0])
        for group in kept:
            products += self._products[group]
        covariance: Floats = ((mirrored(products) - torch.outer(total, total) / n) / (n - 1)).numpy(force=True)
        return covariance
