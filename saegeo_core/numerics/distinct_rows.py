"""Which rows of a matrix are not repetitions of earlier ones, without comparing all pairs.

Rows that lie near each other lie near each other along any direction as well. So the rows are sorted along one, and only those
that follow each other within the tolerance are compared.
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


def distinct_rows(points: Tensor) -> NDArray[np.bool_]:
    """For every row whether it is the first of its kind, shape (n_rows,).

    Two rows are of a kind when their distance is at most 1e-6 times the root mean squared distance of the rows from their mean,
    or what rounding makes of no distance. Rotation, translation (short of rounding) and scale change nothing.

    Args:
        points: (n_rows, d), floating, finite; memory-mapped or not.
    """
    total = torch.stack([points[rows].double().sum(0) for rows in row_slices(len(points), ROWS_AT_ONCE)]).sum(0)
    mean = total / len(points)
    # Which direction does not matter, only that no structure of the rows is square to it: so a random one, always the same.
    direction = torch.from_numpy(np.random.default_rng(0).standard_normal(points.shape[1]))
    direction /= direction.norm()
    places, spread, length = torch.empty(len(points), dtype=torch.float64), 0.0, 0.0
    for rows in row_slices(len(points), ROWS_AT_ONCE):
        some = points[rows].double()
        length += float(some.square().sum())
        centered = some - mean
        spread += float(centered.square().sum())
        places[rows] = centered @ direction
    tolerance = (SAME * spread**0.5 + ROUNDING * length**0.5) / len(points) ** 0.5

    order = places.argsort().numpy()
    steps = np.diff(places.numpy()[order])
    distinct = np.ones(len(points), dtype=np.bool_)
    for run in np.split(order, np.flatnonzero(steps > tolerance) + 1):
        if len(run) > 1:
            distinct[_repetitions(points, np.sort(run), tolerance)] = False
    return distinct


def _repetitions(points: Tensor, run: NDArray[np.int64], tolerance: float) -> NDArray[np.int64]:
    """The rows of `run`, ascending, that lie within the tolerance of an earlier one that is not itself a repetition."""
    repetitions = [run[:0]]
    while len(run) > 1:
        first, run = run[0], run[1:]
        same = ((points[run].double() - points[first].double()).norm(dim=1) <= tolerance).numpy()
        repetitions.append(run[same])
        run = run[~same]
    return np.concatenate(repetitions)
