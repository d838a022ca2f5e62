"""Mean |cosine| over all pairs of directions, and its law for uniform ones."""

import numpy as np
import torch
from scipy import special

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.upper_tiles import upper_tiles
from saegeo_core.statistics.laws import ChiSquaredLaw


def absolute_cosine_sums(unit: torch.Tensor, *, watch: Watch = iter) -> Floats:
    """For each of some unit rows, (n, d_in), the sum of |cosine| with all others, float64 (n,). Products are float32."""
    rows_of = unit.float()
    sums = torch.full((len(unit),), -1.0, dtype=torch.float64, device=unit.device)  # each row's product with itself
    for rows, columns in watch(upper_tiles(len(unit))):
        sizes = (rows_of[rows] @ rows_of[columns].T).abs_()
        sums[rows] += sizes.sum(1, dtype=torch.float64)
        if rows != columns:
            sums[columns] += sizes.sum(0, dtype=torch.float64)
    found: Floats = sums.numpy(force=True)
    return found


def mean_absolute_cosine(unit: torch.Tensor) -> float:
    """Over all pairs of unit rows, (n, d_in), n of 2 and more."""
    n = len(unit)
    return float(absolute_cosine_sums(unit).sum()) / (n * (n - 1))


def mean_absolute_cosine_law(n: int, dimension: int) -> ChiSquaredLaw:
    """The law of that mean for n uniform directions: mean and variance exact, its shape that of the leading harmonics.

    |c| has mean Gamma(d/2) / (sqrt(pi) Gamma((d+1)/2)) and second moment 1/d; cosines are independent two by two, so the variance
    of the mean over M pairs is that of one over M. What is left of the kernel |u.v| is nearly a multiple of (u.v)^2 - 1/d, which
    has one eigenvalue (d-1)(d+2)/2 times.
    """
    d = dimension
    mean = np.exp(special.gammaln(d / 2) - special.gammaln((d + 1) / 2)) / np.sqrt(np.pi)
    variance = (1 / d - mean**2) / (n * (n - 1) / 2)
    return ChiSquaredLaw(float(mean), float(np.sqrt(variance)), (d - 1) * (d + 2) / 2)
