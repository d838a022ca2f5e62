"""Principal components of the very rows that are scored, in float64, and those of Gaussian rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.column_products import add_column_products, mirrored
from saegeo_core.numerics.eigenpairs import eigenpairs

NEGLIGIBLE = 1e-10
"""Variances below this share of the largest count as none: what is left of rows in float32 that span no more."""

ROUNDING = 1e-24
"""So do variances below this share of the mean squared length of the rows: what is left of rows that are all equal."""


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """The rows seen along their principal axes, of which there are as many as the rows span dimensions about their mean.

    Attributes:
        variances: (rank,), falling, > 0; sums of squares over n.
        scores: (n, rank), coordinates of the centered rows; along the leading axes alone where no more were asked for.
        mean: (rank,), coordinates of their mean.
        mean_aside: length of what of the mean lies along none of the axes.
    """

    variances: Floats
    scores: Floats
    mean: Floats
    mean_aside: float

    @property
    def rank(self) -> int:
        """How many dimensions the rows span about their mean."""
        return len(self.variances)


def principal_axes(rows: NDArray[np.floating[Any]], n_scores: int | None = None) -> PrincipalAxes:
    """Principal components of rows (n, d), from the smaller of covariance and Gram matrix.

    Products are made in the precision of the rows, eigenvalues and all that is given in float64.

    Args:
        rows: (n, d).
        n_scores: along how many leading axes coordinates are wanted; all by default.
    """
    matrix = torch.from_numpy(rows)
    mean = matrix.mean(0)
    centered = matrix - mean
    n, d = matrix.shape
    smallest = ROUNDING * float(matrix.square().sum()) / n
    if d <= n:
        products = torch.zeros(d, d, dtype=torch.float64)
        add_column_products(products, centered)
        variances, axes = _leading(mirrored(products) / n, smallest)
        scores = centered @ axes[:, :n_scores].to(matrix.dtype)
    else:
        variances, sides = _leading((centered @ centered.T).double() / n, smallest)
        scores = (sides * (n * variances).sqrt())[:, :n_scores]
        axes = centered.T.double() @ (sides / (n * variances).sqrt())
    along = mean.double() @ axes
    aside = float((mean - axes @ along).norm())
    return PrincipalAxes(variances.numpy(), scores.double().numpy(), along.numpy(), aside)


def random_normals(
    n: int, rank: int, rng: np.random.Generator, precision: type[np.floating[Any]] = np.float64
) -> NDArray[np.floating[Any]]:
    """Independent standard normal numbers, (n, rank)."""
    if precision is np.float32:
        # Many times as fast as numpy's.
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        return np.asarray(torch.randn(n, rank, generator=generator).numpy())
    return rng.standard_normal((n, rank))


def random_scores(
    n: int, rank: int, rng: np.random.Generator, precision: type[np.floating[Any]] = np.float64
) -> NDArray[np.floating[Any]]:
    """Scores of Gaussian rows, whatever their covariance: a uniform random matrix of orthogonal centered columns.

    Columns (n, rank) have mean 0, and their squares mean 1; rank < n.
    """
    normals = torch.from_numpy(random_normals(n, rank, rng, precision))
    normals -= normals.mean(0)
    if n >= 2 * rank:
        # Far from singular, the triangular factor of the Gram matrix is as good and three times as fast.
        root = torch.linalg.cholesky(normals.T @ normals, upper=True)
        columns = torch.linalg.solve_triangular(root, normals, upper=True, left=False)
    else:
        columns = torch.linalg.qr(normals).Q
    return np.asarray(columns.mul_(n**0.5).numpy())


def _leading(matrix: torch.Tensor, smallest: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Eigenvalues that are more than rounding, falling, and their vectors as columns."""
    values, vectors = eigenpairs(matrix)
    kept = values > max(smallest, NEGLIGIBLE * float(values[-1]))
    return values[kept].flip(0), vectors[:, kept].flip(1)
