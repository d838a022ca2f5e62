"""The lengths of a cloud's rows in the order of the extent of their directions, which draws of a null are dealt."""

import numpy as np
import torch

from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.column_products import add_column_products, mirrored
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.own_lengths import Ellipsoid, in_order_of_extent

ROWS_AT_ONCE = 2048

ALIKE = 1e-3
"""Standard deviation of squared lengths over their mean below which their order moves no eigenvalue by more than a thousandth."""


def lengths_by_extent(vectors: torch.Tensor, mean: Floats, squared_lengths: Floats, device: str) -> Floats:
    """Lengths (N,) of rows about their mean, in the order of the extent of their directions' ellipsoid.

    Lengths that are all but one are given as they are: no order of them is worth two passes over the rows.

    Args:
        vectors: (N, d), the rows.
        mean: (d,), theirs.
        squared_lengths: (N,), about it.
        device: where the products are made.
    """
    lengths: Floats = np.sqrt(squared_lengths)
    if squared_lengths.std() <= ALIKE * squared_lengths.mean():
        return lengths
    (n, d), center = vectors.shape, torch.from_numpy(mean).to(device)
    slices = list(row_slices(n, ROWS_AT_ONCE))
    extents = np.empty(n)

    def directions(rows: slice) -> torch.Tensor:
        about_mean = vectors[rows].to(device).double() - center
        length = torch.from_numpy(lengths[rows]).to(device).clamp_min(torch.finfo(torch.float64).tiny)
        return about_mean.div_(length[:, None]).float()

    moment = torch.zeros(d, d, dtype=torch.float64, device=device)
    for rows in slices:
        add_column_products(moment, directions(rows))
    ellipsoid = Ellipsoid.of(mirrored(moment).numpy(force=True) / n, d)

    def measure(rows: slice) -> None:
        extents[rows] = ellipsoid.extent(directions(rows).numpy(force=True))

    side_by_side(measure, slices, "cpu")
    return in_order_of_extent(lengths, extents)
