"""How fast this machine multiplies rows: what the time of a long run is told from."""

import time

import torch

from saegeo_core.numerics.bounded_products import fastest_format

ROWS, COLUMNS = 1024, 8192
"""Of the products that are timed: some tenths of a second on two cores at 2,304 dimensions."""


def multiply_adds_per_second(d_in: int, device: str) -> float:
    """How fast this machine multiplies rows of that length in its fastest format, measured now."""
    dtype: torch.dtype = getattr(torch, fastest_format(device, d_in))
    left = torch.full((ROWS, d_in), 0.5, dtype=dtype, device=device)
    right = torch.full((COLUMNS, d_in), 0.5, dtype=dtype, device=device)
    return ROWS * COLUMNS * d_in / min(_seconds(left, right) for _ in range(3))


def _seconds(left: torch.Tensor, right: torch.Tensor) -> float:
    start = time.perf_counter()
    (left @ right.T)[0, 0].item()
    return time.perf_counter() - start
