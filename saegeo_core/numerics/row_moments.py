"""Mean and covariance of the rows of a matrix, in groups, so that those of any union of groups follow by addition.

The rows are read twice, a few at a time: once for their mean, once for products about it, which is where a mean much longer
than the spread would cost precision. What stays is one packed d x d triangle for each group. So the covariances of
twenty large subsamples cost one pass over the rows, not twenty.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices

ROWS_AT_ONCE = 2048
COLUMNS_AT_ONCE = 384


@dataclass(frozen=True, eq=False)
class GroupedMoments:
    """First and second moments of groups of rows about the mean of all rows, everything float64.

    Attributes:
        origin: shape (d,), the mean of all rows.
        sizes: shape (n_groups,), rows in each group.
        sums: shape (n_groups, d), sums of the rows of each group, about the origin.
        triangles: shape (n_groups, d (d + 1) / 2), lower triangles of the sums of their outer products.
        squared_lengths: shape (n_rows,), squared distance of each row from the origin.
    """

    origin: Tensor
    sizes: Integers
    sums: Tensor
    triangles: Tensor
    squared_lengths: Floats

    def n_rows(self, groups: Sequence[int]) -> int:
        """Rows in a union of groups."""
        return int(self.sizes[list(groups)].sum())

    def mean(self, groups: Sequence[int]) -> Floats:
        """Mean of the rows of a union of groups, shape (d,)."""
        mean: Floats = (self.origin + self._shift(groups)).numpy(force=True)
        return mean

    def covariance(self, groups: Sequence[int]) -> Floats:
        """Centered covariance of a union of groups of two rows or more, shape (d, d), with divisor n - 1."""
        d, n = len(self.origin), self.n_rows(groups)
        total = torch.zeros_like(self.triangles[0])
        for group in groups:
            total += self.triangles[group]
        lower = torch.zeros(d, d, dtype=torch.float64, device=total.device)
        lower[_triangle(d, total.device)] = total
        shift = self._shift(groups)
        full = lower + lower.tril(-1).T - n * torch.outer(shift, shift)
        covariance: Floats = (full / (n - 1)).numpy(force=True)
        return covariance

    def _shift(self, groups: Sequence[int]) -> Tensor:
        return self.sums[list(groups)].sum(0) / self.n_rows(groups)


def grouped_moments(
    vectors: Tensor, groups: Sequence[Integers], *, device: str | torch.device = "cpu", watch: Watch = iter
) -> GroupedMoments:
    """Moments of groups of rows.

    Args:
        vectors: shape (n_rows, d), any floating dtype, memory-mapped or not.
        groups: the row numbers of each group, every row in exactly one of them.
        device: where the products are made.
        watch: wraps the loop over groups (`saegeo_core.numerics`).
    """
    n_rows, d = vectors.shape
    origin = torch.zeros(d, dtype=torch.float64, device=device)
    for rows in row_slices(n_rows, ROWS_AT_ONCE):
        origin += vectors[rows].to(device, torch.float64).sum(0)
    origin /= n_rows

    sums = torch.zeros(len(groups), d, dtype=torch.float64, device=device)
    triangles = torch.empty(len(groups), d * (d + 1) // 2, dtype=torch.float64, device=device)
    squared_lengths = np.empty(n_rows)
    triangle = _triangle(d, device)
    for number, group in enumerate(watch(groups)):
        products = torch.zeros(d, d, dtype=torch.float64, device=device)
        for part in row_slices(len(group), ROWS_AT_ONCE):
            centered = vectors[torch.from_numpy(group[part])].to(device, torch.float64).sub_(origin)
            sums[number] += centered.sum(0)
            for columns in row_slices(d, COLUMNS_AT_ONCE):  # the other triangle is the same
                products[columns.start :, columns].addmm_(centered[:, columns.start :].T, centered[:, columns])
            squared_lengths[group[part]] = centered.square().sum(1).numpy(force=True)
        triangles[number] = products[triangle]
    sizes = np.array([len(group) for group in groups])
    return GroupedMoments(origin, sizes, sums, triangles, squared_lengths)


def _triangle(d: int, device: str | torch.device) -> tuple[Tensor, Tensor]:
    rows, columns = torch.tril_indices(d, d, device=device)
    return rows, columns
