"""Which rows of a matrix are not repetitions of earlier ones, without comparing all pairs.

Rows that lie near each other lie near each other along any direction as well. So the rows are parted wherever they leave a gap
along a direction, each part along another direction, and so on; only what is still together after that is compared.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics.directions import row_slices

SAME = 1e-6
"""Rows are the same within this share of the spread of all rows,"""

ROUNDING = 1e-12
"""and within this share of their length."""

ROWS_AT_ONCE = 2048

N_DIRECTIONS = 4
"""Along one, thousands of rows of a large dictionary lie near each other by chance; along four together, none."""


def distinct_rows(points: Tensor) -> NDArray[np.bool_]:
    """For every row whether it is the first of its kind, shape (n_rows,).

    Two rows are of a kind when their distance is at most 1e-6 times the root mean squared distance of the rows from their mean,
    or what rounding makes of no distance. Rotation, translation (short of rounding) and scale change nothing.

    Args:
        points: (n_rows, d), floating, finite; memory-mapped or not.
    """
    total = torch.stack([points[rows].double().sum(0) for rows in row_slices(len(points), ROWS_AT_ONCE)]).sum(0)
    mean = total / len(points)
    # Which directions does not matter, only that no structure of the rows is square to them: so random ones, always the same.
    directions = torch.from_numpy(np.random.default_rng(0).standard_normal((points.shape[1], N_DIRECTIONS)))
    directions /= directions.norm(dim=0)
    places, spread, length = np.empty((len(points), N_DIRECTIONS)), 0.0, 0.0
    for rows in row_slices(len(points), ROWS_AT_ONCE):
        some = points[rows].double()
        length += float(some.square().sum())
        centered = some - mean
        spread += float(centered.square().sum())
        places[rows] = (centered @ directions).numpy()
    tolerance = (SAME * spread**0.5 + ROUNDING * length**0.5) / len(points) ** 0.5

    part = np.zeros(len(points), dtype=np.int64)
    for place in places.T:
        order = np.lexsort((place, part))
        apart = (np.diff(part[order]) > 0) | (np.diff(place[order]) > tolerance)
        part[order] = np.concatenate([[0], np.cumsum(apart)])
    distinct = np.ones(len(points), dtype=np.bool_)
    order = np.argsort(part, kind="stable")
    starts = np.flatnonzero(np.diff(part[order], prepend=-1))
    for together in np.split(order, starts[1:]) if len(starts) < len(points) else []:
        if len(together) > 1:
            distinct[_repetitions(points, together, tolerance)] = False
    return distinct


def _repetitions(points: Tensor, together: NDArray[np.int64], tolerance: float) -> NDArray[np.int64]:
    """The rows of `together`, ascending, that lie within the tolerance of an earlier one that is not itself a repetition."""
    repetitions = [together[:0]]
    while len(together) > 1:
        first, together = together[0], together[1:]
        same = ((points[together].double() - points[first].double()).norm(dim=1) <= tolerance).numpy()
        repetitions.append(together[same])
        together = together[~same]
    return np.concatenate(repetitions)
