"""A dictionary reflected, at random, along the principal axes of the activations that it reads.

With activations X of mean m, principal axes V (columns) and a diagonal S of random signs, reflecting the activations,

    m + (X - m) V S V',

is reflecting what reads and writes them by the one map R = V S V'. R is orthogonal, so every cosine within the decoder, within the
encoder and between both stays; and it commutes with the covariance of the activations, so every feature meets as much variance as
before. What goes is which tokens a feature answers to, and that is what was learned.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.firing.given_arrays import refuse_writing
from saegeo_core.numerics.row_moments import row_moments


@dataclass(frozen=True, eq=False)
class Reflection:
    """The map R = V S V'.

    Attributes:
        axes: float32 (d_in, d_in), orthonormal columns V.
        signs: int8 (d_in,), 1 or -1, the diagonal of S.
    """

    axes: NDArray[np.float32]
    signs: NDArray[np.int8]

    def __post_init__(self) -> None:
        for name in ("axes", "signs"):
            object.__setattr__(self, name, refuse_writing(getattr(self, name)))

    def of(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows (n, d_in) reflected, float32, where they are."""
        flipped = torch.from_numpy(self.axes[:, self.signs < 0]).to(rows.device)
        reflected: torch.Tensor = rows.float() - 2.0 * (rows.float() @ flipped) @ flipped.T
        return reflected


def principal_axes(activations: torch.Tensor) -> NDArray[np.float32]:
    """Orthonormal principal axes of activations (n_tokens, d_in) about their mean, as columns: float32 (d_in, d_in)."""
    covariance = torch.from_numpy(row_moments(activations, device=activations.device).covariance)
    axes: NDArray[Any] = torch.linalg.eigh(covariance.to(activations.device)).eigenvectors.numpy(force=True)
    return axes.astype(np.float32)


def random_signs(d_in: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """A sign for each axis, int8 (d_in,)."""
    return (1 - 2 * rng.integers(0, 2, d_in)).astype(np.int8)
