"""Phi, the correlation of two features' firing over blocks, from counts of blocks."""

import torch

from saegeo_core.numerics.arrays import Floats


def phi(counted: torch.Tensor, left: torch.Tensor, right: torch.Tensor, n_blocks: int) -> torch.Tensor:
    """(C_ij - C_i C_j / T) / (s_i s_j) with s = sqrt(C - C^2 / T), in [-1, 1]; 0 where a feature fires never or always.

    Args:
        counted: blocks in which both fire, (n_rows, n_columns), floating.
        left, right: blocks in which each fires, (n_rows,) and (n_columns,), of the same type.
        n_blocks: T.
    """
    spread = [(one - one * one / n_blocks).clamp_min(0).sqrt_()[:, None] for one in (left, right)]
    inverse = [torch.where(one > 0, 1 / one, 0.0) for one in spread]
    return torch.addcmul(counted, left[:, None] / n_blocks, right, value=-1).mul_(inverse[0]).mul_(inverse[1].T)


def mean_squared_phi(counted: torch.Tensor, counts: torch.Tensor, n_blocks: int) -> float:
    """Mean over pairs of distinct features of phi squared, of a square of counts, float64; there are two features at least."""
    n = len(counts)
    squares = phi(counted.double(), counts.double(), counts.double(), n_blocks).square_()
    return float((squares.sum() - squares.diagonal().sum()) / (n * (n - 1)))


def upper(square: torch.Tensor) -> Floats:
    """What stands above the diagonal, row by row."""
    n = len(square)
    pairs: Floats = square[torch.ones(n, n, dtype=torch.bool, device=square.device).triu_(1)].numpy(force=True)
    return pairs
