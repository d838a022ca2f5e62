"""Numbers with fewer binary digits: what ships in half precision is packed into less where the last digits are zero."""

from __future__ import annotations

import torch


def rounded(values: torch.Tensor, mantissa_bits: int) -> torch.Tensor:
    """`values` to the nearest numbers with so many binary digits after the leading one, ties to even; float32."""
    mantissa, exponent = torch.frexp(values.double())  # mantissa in [.5, 1): its first digit is the leading one
    steps = 2.0 ** (mantissa_bits + 1)
    return torch.ldexp((mantissa * steps).round() / steps, exponent).float()
