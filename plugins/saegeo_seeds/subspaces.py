"""The leading subspace of some directions, and how much two of them are one."""

import torch
from torch import Tensor

from saegeo_core.numerics.directions import mean_direction, second_moment
from saegeo_core.numerics.leading_eigenvectors import largest_first

ROWS_FOR_EACH_AXIS = 3
"""Features that a subspace needs, for each of its dimensions."""


def leading_subspace(unit: Tensor, q: int) -> Tensor | None:
    """The q leading principal axes of some directions about their mean, columns (d_in, q); None where they are fewer than 3 q."""
    if len(unit) < ROWS_FOR_EACH_AXIS * q:
        return None
    mean = mean_direction(unit, device=unit.device)
    if len(unit) < unit.shape[1]:
        beside_mean = unit.double() - mean
        _, axes = largest_first(beside_mean @ beside_mean.T, q)
        leading: Tensor = torch.linalg.qr(beside_mean.T @ axes)[0]
    else:
        _, leading = largest_first(second_moment(unit, device=unit.device) - torch.outer(mean, mean), q)
    return leading


def overlap(first: Tensor, second: Tensor) -> float:
    """Mean squared cosine of the principal angles of two subspaces, each of q orthonormal columns (d_in, q): 0 to 1."""
    return float((first.T @ second).square().sum()) / first.shape[1]
