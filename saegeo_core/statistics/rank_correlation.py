"""Spearman's rank correlation in bulk: of one set of values with many others, for permutations and resamples."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata


def standard_ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Ranks along the last axis, equal values sharing theirs, centered and of unit length: their products are Spearman's rho.

    Where all values are equal there is no order; the ranks are then 0, and so is every rho.
    """
    ranks = rankdata(values, axis=-1).astype(np.float64)
    ranks -= (ranks.shape[-1] + 1) / 2  # the mean rank
    lengths = np.linalg.norm(ranks, axis=-1, keepdims=True)
    standard: NDArray[np.float64] = np.divide(ranks, lengths, out=np.zeros_like(ranks), where=lengths > 0)
    return standard
