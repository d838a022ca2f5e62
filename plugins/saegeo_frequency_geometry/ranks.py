"""Rank correlations of firing rates with what geometry says of each feature."""

import numpy as np
import torch
from scipy.stats import rankdata

from saegeo_core.numerics.directions import mean_direction, second_moment
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors


def geometry(vectors: torch.Tensor, device: str) -> dict[str, np.ndarray]:
    """Three numbers for each row of (n_features, d_in): norm, cosine to the nearest other row, first principal component.

    The last is the score of the unit row, its mean taken off, on the axis of largest variance. The sign of an axis is arbitrary.
    """
    norms = torch.linalg.vector_norm(vectors.double(), dim=1)
    mean = mean_direction(vectors, device=device)
    covariance = second_moment(vectors, device=device) - torch.outer(mean, mean)
    axis = torch.linalg.eigh(covariance).eigenvectors[:, -1].cpu()
    scores = (vectors.double() / norms[:, None] - mean.cpu()) @ axis
    return {
        "norm": norms.numpy(),
        "nearest": nearest_neighbors(vectors, 1, device=device).cosines[:, 0],
        "pc1": scores.numpy(),
    }


def standard_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, ties sharing theirs, centred and of unit length, so that products are correlations."""
    ranks = rankdata(values, axis=-1)
    ranks -= ranks.mean(-1, keepdims=True)
    length = np.linalg.norm(ranks, axis=-1, keepdims=True)
    return np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0)


def spearman(rates: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each row of `rates`, (..., n_features), with `values`, (n_features,); 0 where a row is constant."""
    return np.asarray(standard_ranks(rates) @ standard_ranks(values))


def varies(values: np.ndarray, dtype: torch.dtype) -> bool:
    """Whether numbers differ by more than rows stored in `dtype` are rounded."""
    return bool(np.ptp(values) > 4 * torch.finfo(dtype).eps * np.abs(values).max())
