"""Rows of any length that a floating-point number can have, at unit length.

`torch.nn.functional.normalize` leaves rows shorter than 1e-12 short, and squares of float32 numbers vanish below 1e-22 and overflow
above 1e19.
"""

import torch
from torch import Tensor

FARTHEST = 1000
"""The power of two that a row is brought nearer to one by, at most: its own must be a float64 too."""


def unit_rows(rows: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """Rows (n, d) at unit length, computed in `dtype`; rows of zeros stay zeros.

    Multiplied by a power of two, rows come out with the very same bits.
    """
    if not rows.numel():
        return rows.to(dtype)
    wide = rows.double()
    powers = torch.frexp(wide.abs().amax(1, keepdim=True)).exponent.double().clamp(-FARTHEST, FARTHEST)
    return torch.nn.functional.normalize((wide * 2.0**-powers).to(dtype), dim=1)
