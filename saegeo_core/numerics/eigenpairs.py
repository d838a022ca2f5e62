"""Eigenvalues in float64, and eigenvectors in float32 where those are as good: they take most of the time."""

import torch
from torch import Tensor

MANY = 512
"""Rows from which that saves time."""

FLOAT32_SPAN = 300.0
"""Largest over smallest eigenvalue up to which those of axes that float32 mixes differ by 1e-4 of themselves at most."""


def eigenpairs(symmetric: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues of a positive symmetric matrix, ascending (n,), and its eigenvectors, a column each (n, n), both float64.

    Of many rows and eigenvalues of about one size the vectors are found in float32: orthogonal to 1e-6, and each within the span of
    eigenvectors whose eigenvalues are equal to 1e-4.

    Args:
        symmetric: float64 (n, n), on any device.
    """
    if len(symmetric) >= MANY:
        values = torch.linalg.eigvalsh(symmetric)
        if values[-1] <= FLOAT32_SPAN * values[0]:
            return values, torch.linalg.eigh(symmetric.float()).eigenvectors.double()
    found = torch.linalg.eigh(symmetric)
    return found.eigenvalues, found.eigenvectors
