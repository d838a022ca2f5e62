"""The published "clustering entropy", bug for bug: rows with z-scored columns, principal components, resamples with repetition.

    H = d mean_i ln(rho_i + theta) + L + ln(n - 1) - Psi

with rho_i the distance to the k-th nearest row as `torch.cdist` has it in float32, L the mean log eigenvalue where the log volume
of the unit ball belongs, and Psi = psi(k + 1) where psi(k) belongs. Reported is the entropy of a Gaussian less the mean of H
over resamples. Its size comes from the rows that a resample repeats, whose distance 0 counts as theta.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from scipy.special import digamma

from saegeo_entropy.principal_axes import principal_axes

Floats = NDArray[np.float64]

ROWS_AT_ONCE = 1000

ROUNDING = 1e-12
"""Shares that are rounding: the deviation of a column in its largest number, an eigenvalue in the largest."""


@dataclass(frozen=True)
class PublishedNegentropy:
    """What the published procedure reports, and what it does not.

    Attributes:
        estimate: entropy of the Gaussian less the mean entropy of the resamples, nats; infinite where a resample spans fewer
            dimensions than there are.
        half_width: the published error, Student's t times sd / sqrt(resamples).
        resample_deviation: sd over the resamples.
        repeated: share of rows that a resample draws more than once, mean.
    """

    estimate: float
    half_width: float
    resample_deviation: float
    repeated: float


def published_negentropy(
    points: Floats, k: int, threshold: float, n_bootstraps: int, rng: np.random.Generator
) -> PublishedNegentropy:
    """The published procedure on points (n, q), the first principal components of z-scored rows."""
    n, q = points.shape
    log_eigenvalues = _log_eigenvalues(points)
    gaussian = q / 2 * (1 + np.log(2 * np.pi)) + log_eigenvalues.sum() / 2
    entropies, repeated = np.empty(n_bootstraps), np.empty(n_bootstraps)
    for i in range(n_bootstraps):
        drawn = rng.integers(n, size=n)
        entropies[i] = published_entropy(points[drawn], k, threshold)
        counts = np.bincount(drawn, minlength=n)
        repeated[i] = (counts[drawn] > 1).mean()
    if not np.isfinite(entropies).all():
        return PublishedNegentropy(np.inf, np.inf, np.inf, float(repeated.mean()))
    deviation = float(entropies.std(ddof=1))
    error = float(stats.t.ppf(0.975, n_bootstraps - 1)) * deviation / np.sqrt(n_bootstraps)
    return PublishedNegentropy(float(gaussian - entropies.mean()), float(error), deviation, float(repeated.mean()))


def published_entropy(points: Floats, k: int, threshold: float) -> float:
    """H of points (n, q) with the published constants."""
    n, q = points.shape
    distances = kth_distances(points, k)
    return float(
        q * np.log(distances + threshold).mean() + _log_eigenvalues(points).mean() + np.log(n - 1) - digamma(k + 1)
    )


def kth_distances(points: Floats, k: int) -> Floats:
    """Column k of the sorted float32 distances of each point to all points, itself included, shape (n,)."""
    single = torch.from_numpy(points).float()
    columns = [
        torch.cdist(single[start : start + ROWS_AT_ONCE], single).topk(k + 1, dim=1, largest=False).values[:, k]
        for start in range(0, len(single), ROWS_AT_ONCE)
    ]
    return np.asarray(torch.cat(columns).double().numpy())


def standardized_components(rows: Floats) -> Floats:
    """Principal components (n, rank) of the rows with every column z-scored; columns that do not vary stay 0."""
    centered = rows - rows.mean(0)
    deviations = centered.std(0)
    varies = deviations > ROUNDING * np.abs(rows).max(0)
    return principal_axes(centered * varies / np.where(varies, deviations, 1.0)).scores


def _log_eigenvalues(points: Floats) -> Floats:
    """Logarithms (q,) of the eigenvalues of the covariance; all minus infinity where the points do not span q dimensions."""
    values = np.linalg.eigvalsh(np.cov(points.T).reshape(points.shape[1], -1))
    return np.log(values) if values[0] > ROUNDING * values[-1] else np.full(len(values), -np.inf)
