"""Spectra of an exact power law: directions of Gaussian rows with variances rank^-alpha, at the lengths of a cloud's own rows.

Directions of steep spectra have fewer large eigenvalues than Gaussian rows, and less noise in them, by amounts of order
1/participation ratio, so no number of Gaussian rows stands for them. Yet no row has to be drawn for that. A row of length L is
sqrt(w) z with z Gaussian, variances t_j, and w = L^2 / |z|^2. With m_j = E w z_j^2, v_j = E w^2 z_j^2 and v = E w^2,

    E w^2 z_j^2 z_k^2 = v_j v_k / v  (three times that for j = k),

exactly at every s of w = integral of e^(-s |z|^2) ds, under which z stays Gaussian, and nearly in all, for few s count. So
entries of the second moment have the covariances of m^(1/2) (I + u^(1/2) (W/N - I) u^(1/2)) m^(1/2), W a Wishart matrix of N rows
and u_j = v_j / (m_j sqrt(v)), but for the diagonal, where all axes move together by u - 1 times one normal number of variance
1/N. A Wishart matrix is the product of a triangular matrix of independent numbers (Bartlett 1933): d^3 / 3 operations in place of
N d^2.

That is so where w scatters little. Where it does not, in rows of steep spectra or of unlike lengths, moments higher than the
second have their say, and rows are drawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.column_products import add_column_products
from saegeo_core.numerics.directions import row_slices
from saegeo_core.statistics.own_lengths import FLOOR, dealt
from saegeo_core.statistics.projected_moments import projected_moments
from saegeo_core.statistics.wishart_spectra import products_of_triangle
from saegeo_power_law.size_correction import power_law_variances

ROWS_AT_ONCE = 2048

MAX_SCATTER = 0.06
"""Variance of w over the square of its mean up to which no rows are drawn."""

MIN_ROWS_PER_DIMENSION = 4
NEWTON_STEPS = 12

FLOAT32_SPAN = 300.0
"""Largest over smallest variance up to which eigenvalues are found in float32: rounding is then a hundredth of their noise."""


class DrawnSpectra(Protocol):
    """What spectra are drawn from."""

    def draw(self, seed: int) -> Floats:
        """Eigenvalues of the covariance, (min(N - 1, d),), descending, on any scale."""
        ...


@dataclass(frozen=True, eq=False)
class PowerLawRows:
    """Spectra of rows that are drawn: directions z / |z|, z Gaussian with variances rank^-alpha, at given lengths, less their mean.

    Attributes:
        variances: (d,), of z.
        squares: (d,), mean squares of the coordinates of the directions.
        by_extent: (N,), the lengths, in the order of the extent of the directions' ellipsoid.
    """

    variances: Floats
    squares: Floats
    by_extent: Floats

    @classmethod
    def of(cls, exponent: float, d: int, by_extent: Floats) -> "PowerLawRows":
        """In d dimensions, of N rows with the lengths (N,)."""
        variances = power_law_variances(d, exponent) / d
        return cls(variances, projected_moments(np.zeros(d), variances).diagonal, by_extent)

    @property
    def weights(self) -> Floats:
        """What each squared coordinate of z over its variance adds to |z|^2, and to |z|^2 over the squared extent: (d, 2)."""
        return np.stack([self.variances, self.variances / (self.squares + FLOOR / len(self.variances))], 1)

    def sums(self, seed: int) -> Floats:
        """|z|^2, and that over the squared extent, of each row: (N, 2)."""
        weights = torch.from_numpy(self.weights).float()
        return np.asarray(torch.cat([z.square_() @ weights for _, z in self._normals(seed)]).double().numpy())

    def scales(self, sums: Floats) -> Floats:
        """The length dealt to each row over |z|, (N,), from the sums of all."""
        scales: Floats = dealt(self.by_extent, np.sqrt(sums[:, 0] / sums[:, 1])) / np.sqrt(sums[:, 0])
        return scales

    def draw(self, seed: int) -> Floats:
        """One spectrum, (min(N - 1, d),), descending: N d^2 operations.

        Rows are drawn twice, a few at a time: once for the lengths they get, once for their products.
        """
        n, d = len(self.by_extent), len(self.variances)
        variances = torch.from_numpy(self.variances)
        scales = torch.from_numpy(self.scales(self.sums(seed)).astype(np.float32))
        products, total = torch.zeros(d, d, dtype=torch.float64), torch.zeros(d, dtype=torch.float64)
        for rows, normals in self._normals(seed):
            # Products of coordinates of one size: scaled in float64 afterwards, small eigenvalues keep their digits.
            scaled = normals.mul_(scales[rows, None])
            add_column_products(products, scaled)
            total += scaled.sum(0, dtype=torch.float64)
        products -= torch.outer(total, total) / n
        products *= variances.sqrt()[:, None] * variances.sqrt() / (n - 1)
        spectrum = torch.linalg.eigvalsh(products, UPLO="L").flip(0).clamp_min(0.0)
        return np.asarray(spectrum[: min(n - 1, d)].numpy())

    def _normals(self, seed: int) -> Iterator[tuple[slice, torch.Tensor]]:
        """Standard normal numbers, float32 (N, d), a few rows at a time; the same for one seed."""
        generator = torch.Generator().manual_seed(seed)
        for rows in row_slices(len(self.by_extent), ROWS_AT_ONCE):
            yield rows, torch.randn(rows.stop - rows.start, len(self.variances), generator=generator)


@dataclass(frozen=True, eq=False)
class PowerLawTriangles:
    """The same spectra without rows, on a scale of their own.

    Attributes:
        means: (d,), m_j: expected second moments along the axes.
        noise: (d,), u_j: what two axes have for it, multiplied, is the variance of their moment over that of Gaussian rows.
        n_rows: N, less one for the mean.
        scatter: variance of w over the square of its mean.
    """

    means: Floats
    noise: Floats
    n_rows: int
    scatter: float

    @classmethod
    def of(cls, rows: PowerLawRows) -> "PowerLawTriangles":
        """Of as many rows as those, from the sums of one draw of them."""
        sums, weights = rows.sums(seed=0), rows.weights
        w = rows.scales(sums)[:, None] ** 2
        w /= w.mean()
        # The expectation of the sums is known, and what is linear in them is without error.
        known = np.column_stack([np.ones(len(sums)), sums - weights.sum(0)])
        moments = np.linalg.lstsq(known, np.hstack([w, w * sums, w**2, w**2 * sums]), rcond=None)[0][0]
        mean, second = moments[0], moments[3]
        once, twice = _tilted(weights, moments[1:3] / mean), _tilted(weights, moments[4:] / second)
        noise = twice / once * np.sqrt(second) / mean
        return cls(mean * rows.variances * once, noise, len(sums) - 1, float(second / mean**2 - 1.0))

    @property
    def serves(self) -> bool:
        """Whether rows are many enough and their weights alike enough."""
        return self.scatter <= MAX_SCATTER and self.n_rows > MIN_ROWS_PER_DIMENSION * len(self.means)

    def draw(self, seed: int) -> Floats:
        """One spectrum, (d,), descending: d^3 operations."""
        d, rng = len(self.means), np.random.default_rng(seed)
        # Counted by the noisiest axis, so that what the others have less of is added and not taken away.
        most = float(self.noise.max())
        degrees, relative = self.n_rows / most**2, self.noise / most
        together = 1.0 + (self.noise - 1.0) * rng.standard_normal() / np.sqrt(self.n_rows)
        means = self.means * together
        products = products_of_triangle(degrees, d, rng)
        dtype = torch.float32 if means.max() <= FLOAT32_SPAN * means.min() else torch.float64
        scale = torch.from_numpy(np.sqrt(means * relative)).to(dtype)
        products = products.to(dtype).mul_(scale[:, None] / degrees).mul_(scale)
        products.diagonal().add_(torch.from_numpy(means * (1.0 - relative)).to(dtype))
        return np.asarray(torch.linalg.eigvalsh(products, UPLO="L").flip(0).clamp_min(0.0).double().numpy())


def power_law_spectra(exponent: float, d: int, by_extent: Floats) -> DrawnSpectra:
    """Spectra of an exact power law, in d dimensions, of N rows with the lengths (N,), in the order of their ellipsoid's extent."""
    rows = PowerLawRows.of(exponent, d, by_extent)
    if len(by_extent) <= MIN_ROWS_PER_DIMENSION * d:
        return rows
    triangles = PowerLawTriangles.of(rows)
    return triangles if triangles.serves else rows


def _tilted(weights: Floats, totals: Floats) -> Floats:
    """Variances (d,) of standard normal g under a factor e^(-s.b), b = weights' g^2 and weights (d, 2), at which b has these means.

    They are 1 / (1 + 2 weights s); s is found by Newton's method.
    """
    s = np.zeros(weights.shape[1])
    for _ in range(NEWTON_STEPS):
        variances: Floats = 1.0 / (1.0 + 2.0 * weights @ s)
        slope = -2.0 * (weights * (variances**2)[:, None]).T @ weights
        # Where the weights are proportional to each other one of them is enough.
        s = s + np.linalg.lstsq(slope, totals - weights.T @ variances, rcond=1e-9)[0]
    return variances
