"""Random spectra of sample covariances of Gaussian rows, exact draws that never make the rows.

N rows in d dimensions would take N d normals and N d^2 products a draw. The spectrum alone needs far less: of a structureless
sample it is that of a bidiagonal matrix of independent chi variables (Dumitriu and Edelman 2002), of any other that of a
triangular one (Bartlett 1933). Both allow degrees of freedom that are no whole number.
"""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.tridiagonal import tridiagonal_eigenvalues
from saegeo_core.statistics.marchenko_pastur import edges

COLUMNS_AT_ONCE = 256

FLOAT32_SPAN = 100.0
"""Largest over smallest eigenvalue expected up to which a structureless spectrum is found in float32: rounding moves each of
them, and a number of all of them, by less than a hundredth of its noise."""

MANY = 256
"""Eigenvalues from which that saves time."""


def structureless_spectrum(n_rows: float, d: int, rng: np.random.Generator) -> Floats:
    """Eigenvalues of (1/N) X'X, X of N standard normal rows in d dimensions: those that are not zero, descending.

    Args:
        n_rows: degrees of freedom N, one less than there are rows where their mean is taken off. Rounded down where it is
            below d, for it is then the number of eigenvalues.
        d: dimensions.
        rng: draws them.

    Returns:
        Shape (min(N, d),).
    """
    n_eigenvalues = int(min(n_rows, d))
    degrees = float(d) if n_rows < d else n_rows
    steps = np.arange(n_eigenvalues)
    diagonal, below = rng.chisquare(degrees - steps), rng.chisquare(steps[:0:-1])
    off = np.sqrt(diagonal[:-1] * below)
    diagonal[1:] += below
    lower, upper = edges(degrees, n_eigenvalues)
    if n_eigenvalues >= MANY and upper <= FLOAT32_SPAN * lower:
        diagonal, off = diagonal.astype(np.float32), off.astype(np.float32)
    spectrum: Floats = tridiagonal_eigenvalues(diagonal, off)[::-1] / n_rows
    return np.maximum(spectrum, 0.0)


def gaussian_spectrum(population: ArrayLike, n_rows: float, rng: np.random.Generator) -> Floats:
    """The same for rows with the given population variances, shape (d,): d^3 operations instead of d^2.

    Returns:
        Shape (min(N, d),), descending.
    """
    deviations = np.sqrt(np.asarray(population, np.float64))
    d = len(deviations)
    if n_rows < d:
        factor = rng.standard_normal((int(n_rows), d)) * deviations
    else:
        factor = np.tril(rng.standard_normal((d, d)), -1)
        np.fill_diagonal(factor, np.sqrt(rng.chisquare(n_rows - np.arange(d))))
        factor *= deviations[:, np.newaxis]
    products = _products_of_rows(torch.from_numpy(factor), is_triangular=n_rows >= d)
    spectrum: Floats = torch.linalg.eigvalsh(products).flip(0).clamp_min_(0.0).numpy() / n_rows
    return spectrum


def products_of_triangle(degrees: float, d: int, rng: np.random.Generator) -> Tensor:
    """The lower triangle of a Wishart matrix of the identity, float32 (d, d): products of the rows of Bartlett's triangle.

    Args:
        degrees: of freedom, above d - 1.
        d: dimensions.
        rng: draws it.
    """
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    factor = torch.randn(d, d, generator=generator).tril_(-1)  # many times as fast as numpy's
    factor.diagonal().copy_(torch.from_numpy(np.sqrt(rng.chisquare(degrees - np.arange(d)))))
    return _products_of_rows(factor, is_triangular=True)


def _products_of_rows(factor: Tensor, *, is_triangular: bool) -> Tensor:
    """F F' of a factor F; of a lower triangular one without multiplying most of its zeros."""
    if not is_triangular:
        return factor @ factor.T
    products = torch.zeros_like(factor)
    for columns in row_slices(len(factor), COLUMNS_AT_ONCE):
        below = factor[columns.start :, columns]
        products[columns.start :, columns.start :].addmm_(below, below.T)
    return products
