"""Null models of directions that keep more of a cloud than uniformity does: its common mean, then its covariance too.

Both are projected Gaussians, x = z / |z| with z ~ N(mean, covariance). Uniform directions are the simplest of these, a common
mean adds one vector, the angular Gaussian a covariance: three nested nulls, one family. What a cloud has beyond the third
is local: families, duplicates.

Two things make the third null honest:

* The covariance is estimated from the cloud itself, and its sample spectrum is too wide. Matched to S = W'W/N, which counts
  each row's own square, the null would show more large cosines than a true angular Gaussian does. The spectrum is narrowed so
  that the mean squared cosine over *different* rows agrees, and the mean product of cosines around triangles, both unbiased.
* Normalizing z narrows the spectrum once more. So the parameters are solved for such that the moments of x, not of z,
  are the estimated ones; these moments are one-dimensional integrals, and no simulation is needed.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor

from saegeo_core.errors import SaegeoError
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.directions import mean_squared_cosine
from saegeo_core.statistics.projected_moments import ProjectedMoments, gaussian_with_moments, projected_moments

POWERS = (0.25, 4.0)
WIDEST = 64.0
TOLERANCE = 1e-9
ALIKE = 1e-6
MIN_FEATURES = 10
MAX_CONCENTRATION = 0.5
"""Mean squared cosine of a cloud spread over two dimensions; from there on there is no covariance to speak of."""


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
        lengths: Tensor = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
        return rows / lengths

    def sample_along_axes(self, n: int, rng: np.random.Generator) -> Tensor:
        """Independent unit directions in coordinates along the axes, shape (n, d_in), float32: all that cosines depend on.

        Rows are never turned back, which would cost as much as a pass over all pairs of d_in rows.
        """
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        rows = torch.randn(n, len(self.mean), generator=generator)  # three times as fast as numpy's
        rows *= torch.from_numpy(np.sqrt(self.variances).astype(np.float32))
        rows += torch.from_numpy(self.mean.astype(np.float32))
        rows /= torch.linalg.vector_norm(rows, dim=1, keepdim=True)
        return rows


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
        n_features: number of rows N.

    Raises:
        SaegeoError: fewer than three rows, or all rows alike: there is no covariance to keep.
    """
    if n_features < 3 or mean @ mean > 1.0 - ALIKE:
        raise SaegeoError(
            f"{n_features} features of which the mean has length {np.linalg.norm(mean):.6f} have no covariance to keep",
            "measure a cloud of three or more different directions",
        )
    planted = mean_over_pairs(mean, n_features)
    wide = replace(_wide(second_moment, mean, planted), matched=("cosine", "squared_cosine"))
    return narrowed(wide, float(planted @ planted), *pair_moments(second_moment, n_features))


def _wide(second_moment: Floats, mean: Floats, planted: Floats) -> ProjectedGaussian:
    """The projected Gaussian with the mean `planted` and the sample spectrum of the rows, scaled to go with it."""
    covariance = torch.from_numpy(second_moment - np.outer(mean, mean))
    spectrum, axes = (part.numpy() for part in torch.linalg.eigh(covariance))
    along = axes.T @ planted
    axes *= np.where(along < 0.0, -1.0, 1.0)
    along = np.abs(along)
    sample_spectrum = np.maximum(spectrum, 0.0) * (1.0 - along @ along) / spectrum.sum()
    return ProjectedGaussian(*gaussian_with_moments(along, sample_spectrum), axes)


def matched_gaussian(second_moment: Floats, mean: Floats, n_features: int) -> ProjectedGaussian:
    """The angular Gaussian matched to the rows of a cloud.

    Args:
        second_moment: shape (d_in, d_in), S = W'W/N of the unit rows.
        mean: shape (d_in,), mean of the unit rows.
        n_features: number of rows N.

    Raises:
        SaegeoError: fewer than ten rows, or all along one direction: there is nothing to match.
    """
    if n_features < MIN_FEATURES:
        raise SaegeoError(f"{n_features} features have no covariance to match; {MIN_FEATURES} are needed")
    concentration = mean_squared_cosine(second_moment, n_features)
    if concentration > MAX_CONCENTRATION:
        raise SaegeoError(
            f"the features lie along one direction (mean squared cosine {concentration:.3f}): nothing to match"
        )
    return angular_gaussian_directions(second_moment, mean, n_features)


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
    moment = torch.tensor(second_moment)  # a copy: it may be read-only
    trace2, trace3 = float((moment * moment).sum()), float(((moment @ moment) * moment).sum())
    pairs = (n * trace2 - 1.0) / (n - 1)
    return pairs, (n**2 * trace3 - 3.0 * (n - 1) * pairs - 1.0) / ((n - 1) * (n - 2))


def narrowed(
    wide: ProjectedGaussian, mean_cosine: float, over_pairs: float, over_triangles: float
) -> ProjectedGaussian:
    """The projected Gaussian of the shape of `wide`, narrowed so that its directions have the three moments given.

    Sought are variances (1 - k)/d + k * variances^power: k sets the width of the spectrum, the power how much of it the
    largest have, and k = 0 is the common-mean null. Where no power between 1/4 and 4 gives tr P^3, the nearest is taken.
    A cloud more even than its mean allows has a flat spectrum, and its mean squared cosine is not matched.

    Args:
        wide: a null with too wide a spectrum.
        mean_cosine: |E x|^2 wanted.
        over_pairs: tr P^2 wanted, the expected squared cosine.
        over_triangles: tr P^3 wanted.
    """

    def model(width: float, power: float) -> ProjectedGaussian:
        shape = (wide.variances / wide.variances.max()) ** power
        variances = np.maximum(1.0 + width * (shape / shape.mean() - 1.0), 0.0)
        return _with_mean_cosine(replace(wide, variances=variances / variances.sum()), mean_cosine)

    def surplus_pairs(width: float, power: float) -> float:
        return model(width, power).moments.mean_squared_cosine - over_pairs

    def match_pairs(power: float) -> ProjectedGaussian:
        widest = 1.0
        while surplus_pairs(widest, power) < 0.0:
            widest *= 2.0
            if widest > WIDEST:
                return model(WIDEST, power)
        return model(brentq(surplus_pairs, 0.0, widest, args=(power,), xtol=1e-12), power)

    def surplus_triangles(power: float) -> float:
        return match_pairs(power).moments.mean_triangle - over_triangles

    if surplus_pairs(0.0, 1.0) >= 0.0:
        return replace(model(0.0, 1.0), matched=("cosine",))
    low, high = POWERS
    if surplus_triangles(low) >= 0.0:
        return match_pairs(low)
    if surplus_triangles(high) <= 0.0:
        return match_pairs(high)
    return match_pairs(brentq(surplus_triangles, low, high, xtol=1e-3))


def _with_mean_cosine(null: ProjectedGaussian, mean_cosine: float) -> ProjectedGaussian:
    """The same null with its mean lengthened or shortened until the expected cosine is the one given."""
    while mean_cosine > 0.0 and abs(missed := mean_cosine / null.moments.mean_cosine - 1.0) > TOLERANCE:
        null = replace(null, mean=null.mean * np.sqrt(1.0 + missed))
    return null
