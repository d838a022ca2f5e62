"""Null models of directions that keep more of a cloud than uniformity does: its common mean, then its covariance too.

Both are projected Gaussians, x = z / |z| with z ~ N(mean, covariance). Uniform directions are the simplest of these, a common
mean adds one vector, the angular Gaussian a covariance: three nested nulls, one family. What a cloud has beyond the third
is local: families, duplicates.

Two things make the third null honest:

* The covariance is estimated from the cloud itself, and its sample spectrum is too wide. Matched to S = W'W/N, which counts
  each row's own square, the null would show more large cosines than a true angular Gaussian does. The spectrum is narrowed so
  that the mean squared cosine over *different* rows agrees, and the mean product of cosines around triangles, both unbiased.
* Normalising z narrows the spectrum once more. So the parameters are solved for such that the moments of x, not of z,
  are the estimated ones; these moments are one-dimensional integrals, and no simulation is needed.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from torch import Tensor

from saegeo_core.statistics.projected_moments import ProjectedMoments, gaussian_with_moments, projected_moments

Floats = NDArray[np.float64]

POWERS = (0.25, 4.0)
MOST_CORRECTIONS = 50
TOLERANCE = 1e-9
MATCHED = 1e-6


@dataclass(frozen=True)
class ProjectedGaussian:
    """Directions z / |z| with z ~ N(mean, diag(variances)) along orthogonal axes.

    Attributes:
        mean: shape (d_in,), along the axes.
        variances: shape (d_in,), along the axes.
        axes: shape (d_in, d_in), the axes as columns; None for the coordinates themselves.
        matched: which of the mean cosine ("cosine") and the mean squared cosine ("squared_cosine") the cloud prescribed.
    """

    mean: Floats
    variances: Floats
    axes: Floats | None = None
    matched: tuple[str, ...] = ()

    @cached_property
    def moments(self) -> ProjectedMoments:
        """First and second moments of the directions along the axes."""
        return projected_moments(self.mean, self.variances)

    def place(self, normals: Floats) -> Floats:
        """Turn standard normal rows, shape (n, d_in), into draws of z along the axes. For cosines the axes do not matter."""
        return self.mean + np.sqrt(self.variances) * normals

    def sample(self, n: int, rng: np.random.Generator) -> Tensor:
        """Independent unit directions in the coordinates of the cloud, shape (n, d_in), float32."""
        rows = torch.from_numpy(self.place(rng.standard_normal((n, len(self.mean)))).astype(np.float32))
        if self.axes is not None:
            rows = rows @ torch.from_numpy(self.axes.T.astype(np.float32))
        return rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)


def uniform_directions(dimension: int) -> ProjectedGaussian:
    """Uniform directions, for checks; their laws are exact in the module of that name."""
    return ProjectedGaussian(np.zeros(dimension), np.full(dimension, 1.0 / dimension))


def common_mean_directions(mean: Floats, n_features: int) -> ProjectedGaussian:
    """Uniform noise around one mean, with the expected cosine that the cloud has over different rows.

    Args:
        mean: shape (d_in,), mean of the cloud's unit rows.
        n_features: number of rows N. |mean|^2 counts each row's own square; over pairs it is (N |mean|^2 - 1)/(N - 1), and no
            mean is planted where that is negative.
    """
    target = mean_over_pairs(mean, n_features)
    length = float(np.linalg.norm(target))

    def model(share: float) -> ProjectedGaussian:
        noise = np.full(len(mean), (1.0 - share) / len(mean))
        return ProjectedGaussian(np.sqrt(share) / length * target, noise, matched=("cosine",))

    if length == 0.0:
        return ProjectedGaussian(target, np.full(len(mean), 1.0 / len(mean)), matched=("cosine",))
    return model(brentq(lambda share: np.linalg.norm(model(share).moments.first) - length, 0.0, 1.0 - 1e-12))


def angular_gaussian_directions(second_moment: Floats, mean: Floats, n_features: int) -> ProjectedGaussian:
    """The projected Gaussian with the mean and the covariance of the cloud, as its different rows show them.

    Args:
        second_moment: shape (d_in, d_in), S = W'W/N of the unit rows.
        mean: shape (d_in,), mean of the unit rows.
        n_features: number of rows N, at least 3.
    """
    covariance = torch.from_numpy(second_moment - np.outer(mean, mean))
    spectrum, axes = (part.numpy() for part in torch.linalg.eigh(covariance))
    along = axes.T @ mean_over_pairs(mean, n_features)
    axes *= np.where(along < 0.0, -1.0, 1.0)
    along = np.abs(along)
    wide = gaussian_with_moments(along, np.maximum(spectrum, 0.0) / spectrum.sum() * (1.0 - along @ along))
    pairs, triangles = pair_moments(second_moment, n_features)
    null = ProjectedGaussian(*narrowed_gaussian(*wide, float(along @ along), pairs, triangles), axes, matched=("cosine",))
    # A cloud more even than any covariance with its mean would be is met by a flat spectrum, and not matched.
    if abs(null.moments.mean_squared_cosine - pairs) < MATCHED * pairs:
        return replace(null, matched=("cosine", "squared_cosine"))
    return null


def mean_over_pairs(mean: Floats, n_features: int) -> Floats:
    """The mean of N unit rows, shortened so that its square is their mean cosine over different rows; zero if that is negative."""
    squared = float(mean @ mean)
    over_pairs = (n_features * squared - 1.0) / (n_features - 1)
    return mean * np.sqrt(over_pairs / squared) if over_pairs > 0.0 else np.zeros_like(mean)


def pair_moments(second_moment: Floats, n_features: int) -> tuple[float, float]:
    """Mean of c_ij^2 over pairs and of c_ij c_jk c_ki over triangles of different unit rows, from S = W'W/N.

    Unbiased for tr P^2 and tr P^3, P the population's second moment: N^k tr S^k is the sum of such products over all
    indices, and those with equal indices are known because c_ii = 1.
    """
    n = n_features
    square = second_moment @ second_moment
    trace2, trace3 = float(np.trace(square)), float(np.sum(square * second_moment))
    pairs = (n * trace2 - 1.0) / (n - 1)
    return pairs, (n**2 * trace3 - 3.0 * (n - 1) * pairs - 1.0) / ((n - 1) * (n - 2))


def narrowed_gaussian(
    mean: Floats, variances: Floats, mean_cosine: float, over_pairs: float, over_triangles: float
) -> tuple[Floats, Floats]:
    """Mean and variances of z, of the shape given but narrowed so that z / |z| has the three moments given.

    A spectrum is easily given moments of z; those of z / |z| differ by some percent. So the aim is shifted by what is missed.

    Args:
        mean: shape (d_in,); its length is adapted.
        variances: shape (d_in,).
        mean_cosine: |E x|^2 wanted.
        over_pairs: tr P^2 wanted, the expected squared cosine.
        over_triangles: tr P^3 wanted.
    """
    wanted = np.array([mean_cosine, over_pairs, over_triangles])
    aim = wanted
    for _ in range(MOST_CORRECTIONS):
        narrowed = narrowed_spectrum(variances, mean**2, aim[1], aim[2])
        moments = projected_moments(mean, narrowed)
        reached = np.array([moments.mean_cosine, moments.mean_squared_cosine, moments.mean_triangle])
        missed = np.divide(wanted, reached, out=np.ones(3), where=reached > 0.0)
        if np.abs(missed - 1.0).max() < TOLERANCE:
            break
        aim = aim * missed
        mean = mean * np.sqrt(missed[0])
    return mean, narrowed


def narrowed_spectrum(spectrum: Floats, squared_mean: Floats, over_pairs: float, over_triangles: float) -> Floats:
    """A spectrum such that, with the mean's outer product added, tr P^2 and tr P^3 are those given and tr P is 1.

    Sought among a + k * spectrum^power: k sets the width, the power how much of it the largest have. Where no power between
    1/4 and 4 gives tr P^3, the nearest is taken; where no width gives tr P^2, none: the spectrum is flat.

    Args:
        spectrum: shape (d_in,), not negative.
        squared_mean: shape (d_in,), squares of the mean along the same axes.
        over_pairs: tr P^2 wanted.
        over_triangles: tr P^3 wanted.
    """
    length = squared_mean.sum()
    flat = np.full_like(spectrum, (1.0 - length) / len(spectrum))
    missing = over_pairs - (flat @ flat + 2.0 * squared_mean @ flat + length**2)

    def widened(power: float) -> Floats:
        shape = (spectrum / spectrum.max()) ** power
        deviation = shape / shape.mean() * flat - flat
        quadratic, linear = deviation @ deviation, 2.0 * squared_mean @ deviation
        width = (np.sqrt(linear**2 + 4.0 * quadratic * missing) - linear) / (2.0 * quadratic)
        positive = np.maximum(flat + width * deviation, 0.0)
        return np.asarray(positive * flat.sum() / positive.sum())

    def surplus(power: float) -> float:
        wide = widened(power)
        mixed = squared_mean @ wide**2 + length * (squared_mean @ wide)
        return float((wide**3).sum() + 3.0 * mixed + length**3 - over_triangles)

    if missing <= 0.0 or np.ptp(spectrum) <= TOLERANCE * spectrum.max():
        return flat
    low, high = POWERS
    if surplus(low) >= 0.0:
        return widened(low)
    if surplus(high) <= 0.0:
        return widened(high)
    return widened(brentq(surplus, low, high))
