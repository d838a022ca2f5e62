"""Principal-component scores of Gaussian rows: a uniform random matrix of orthogonal centred columns, whatever the covariance."""

import numpy as np
import torch
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def random_scores(n: int, rank: int, rng: np.random.Generator) -> Floats:
    """Columns (n, rank) with mean 0, orthogonal to each other, whose squares have mean 1; rank < n."""
    normals = torch.from_numpy(rng.standard_normal((n, rank)))
    normals -= normals.mean(0)
    if n >= 2 * rank:  # far from singular: the triangular factor of the Gram matrix is as good and three times as fast
        root = torch.linalg.cholesky(normals.T @ normals, upper=True)
        columns = torch.linalg.solve_triangular(root, normals, upper=True, left=False)
    else:
        columns = torch.linalg.qr(normals).Q
    return np.asarray(columns.mul_(n**0.5).numpy())
