"""Linear discriminants of differences, in the coordinates of the training pairs.

Directions u that make the scatter between relations large over the total scatter, S = (1 - s) D'D / n + s mu I, D the centered
differences (n, d), s the share of Ledoit and Wolf (2004), mu the mean variance. With the total instead of the within-relation
scatter the directions are the same where s = 0, and S does not know the labels: one factorization serves every labeling.

A direction is a combination of the differences, u = D'c, so all that is needed are their inner products K = DD' (n, n):
    D S⁻¹ D' = K ((1 - s) K / n + s mu I)⁻¹,
which is as good as the usual form and does not grow with d.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from saegeo_core.numerics.arrays import Floats, Integers

MIN_RIDGE = 1e-10
"""Of the mean variance: lets differences that are all alike be factorized; they then say nothing, as they should."""
MIN_SIGNAL = 1e-12
"""Ratio of scatters from which a direction tells classes apart at all, and not by rounding."""


@dataclass(frozen=True, eq=False)
class Scatter:
    """The total scatter of training differences, factorized.

    Attributes:
        centered: their inner products (n, n), after their mean was taken away.
        solve: maps (n, k) to ((1 - s) K / n + s mu I)⁻¹ times it.
    """

    centered: Floats
    solve: Callable[[Floats], Floats]

    def discriminants(self, labels: Integers, n_classes: int, max_directions: int) -> "Discriminants":
        """The directions that tell the classes apart best, at most `max_directions` and one fewer than there are classes.

        `labels` is int64 (n,), from 0; classes may be empty.
        """
        sizes = np.bincount(labels, minlength=n_classes)
        indicator = (labels[:, None] == np.arange(n_classes)) / np.sqrt(np.maximum(sizes, 1) * len(labels))
        solved = self.solve(indicator)
        ratio, rotation = np.linalg.eigh((self.centered @ indicator).T @ solved)
        n_kept = min(max_directions, n_classes - 1, int(np.count_nonzero(ratio > MIN_SIGNAL)))
        ratio, rotation = ratio[::-1][:n_kept], rotation[:, ::-1][:, :n_kept]
        coefficients = solved @ rotation / np.sqrt(ratio)
        # The mean of the differences was taken away on one side only.
        return Discriminants(coefficients - coefficients.mean(0), ratio)


@dataclass(frozen=True, eq=False)
class Discriminants:
    """Directions as combinations of the training differences, best first, of unit variance in the shrunk scatter.

    Attributes:
        coefficients: float64 (n_training_pairs, n_directions); a vector x has the coordinates (x · differences) @ coefficients.
        ratio: float64 (n_directions,), scatter between classes over the total scatter, in (0, 1].
    """

    coefficients: Floats
    ratio: Floats

    def orthonormal(self, centered: Floats) -> "Discriminants":
        """Other coordinates of the same subspace: those of the vectors' own inner product instead of the whitened one.

        `centered` is that of the scatter.
        """
        products = self.coefficients.T @ centered @ self.coefficients
        triangle = linalg.cholesky(products, lower=True)
        return Discriminants(linalg.solve_triangular(triangle, self.coefficients.T, lower=True).T, self.ratio)

    def first(self, n_directions: int) -> "Discriminants":
        """The best of them."""
        return Discriminants(self.coefficients[:, :n_directions], self.ratio[:n_directions])


def shrunk_scatter(kernel: Floats, dimension: int) -> Scatter:
    """The scatter of differences in `dimension` dimensions whose inner products are `kernel` (n, n), shrunk."""
    centered = double_centered(kernel)
    n = len(kernel)
    mean_variance = float(np.trace(centered)) / (n * dimension)
    share = ledoit_wolf_share(centered, dimension)
    ridged = (1 - share) / n * centered
    ridged[np.diag_indices(n)] += (share + MIN_RIDGE) * mean_variance + np.finfo(np.float64).tiny
    factor = linalg.cho_factor(ridged, lower=True, overwrite_a=True, check_finite=False)
    return Scatter(centered, lambda right: linalg.cho_solve(factor, right, check_finite=False))


def principal_scatter(kernel: Floats, n_principal: int) -> Scatter:
    """The scatter within the leading principal components of the differences: PCA, then discriminants without shrinkage."""
    centered = double_centered(kernel)
    n = len(kernel)
    values, vectors = leading_eigenvectors(centered, n_principal)
    kept = values > MIN_RIDGE * values[0]
    values, vectors = values[kept], vectors[:, kept]
    return Scatter(centered, lambda right: vectors @ ((vectors.T @ right) * (n / values)[:, None]))


def leading_eigenvectors(symmetric: Floats, n_vectors: int) -> tuple[Floats, Floats]:
    """The largest eigenvalues (k,), falling, and their vectors (n, k), of a positive semi-definite matrix (n, n)."""
    n = len(symmetric)
    values, vectors = linalg.eigh(symmetric, subset_by_index=[max(0, n - n_vectors), n - 1], check_finite=False)
    return values[::-1], vectors[:, ::-1]


def double_centered(kernel: Floats) -> Floats:
    """Inner products of rows from those of the same rows before their mean was taken away."""
    means = kernel.mean(0)
    centered: Floats = kernel - means - means[:, None] + means.mean()
    return centered


def ledoit_wolf_share(centered: Floats, dimension: int) -> float:
    """How much of the covariance is replaced by a multiple of the identity (Ledoit & Wolf 2004, lemma 3.2 to 3.4).

    The same number as scikit-learn's `ledoit_wolf_shrinkage`, from inner products (n, n) of centered rows of that dimension.
    """
    n = len(centered)
    squared_lengths = centered.diagonal()
    mean_variance = squared_lengths.sum() / (n * dimension)
    squared_norm = float(np.einsum("ij,ij->", centered, centered)) / n**2
    distance = squared_norm - dimension * mean_variance**2
    error = (float(squared_lengths @ squared_lengths) / n - squared_norm) / n
    return float(np.clip(error / distance, 0, 1)) if distance > 0 else 1.0
