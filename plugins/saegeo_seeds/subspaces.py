"""The leading subspace of some directions, and how much two of them are one."""

import torch
from torch import Tensor

ROWS_FOR_EACH_AXIS = 3
"""Features that a subspace needs, for each of its dimensions."""


def leading_subspace(unit: Tensor, q: int) -> Tensor | None:
    """The q leading principal axes of some directions about their mean, columns (d_in, q); None where they are fewer than 3 q."""
    if len(unit) < ROWS_FOR_EACH_AXIS * q:
        return None
    beside_mean = unit.double() - unit.double().mean(0)
    if len(unit) < unit.shape[1]:
        _, axes = torch.linalg.eigh(beside_mean @ beside_mean.T)
        leading: Tensor = torch.linalg.qr(beside_mean.T @ axes[:, -q:])[0]
    else:
        leading = torch.linalg.eigh(beside_mean.T @ beside_mean)[1][:, -q:]
    return leading


def overlap(first: Tensor, second: Tensor) -> float:
    """Mean squared cosine of the principal angles of two subspaces, each of q orthonormal columns (d_in, q): 0 to 1."""
    return float((first.T @ second).square().sum()) / first.shape[1]
