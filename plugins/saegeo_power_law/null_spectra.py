"""Spectra of the two null models, both with the lengths of the cloud's own rows.

**Without structure**: uniform directions. Making 99 matrices of rows would take many minutes, so the spectrum is put together
from two exact parts. Its shape is the deterministic equivalent for rows of these lengths; its noise is that of a Wishart
spectrum, drawn from bidiagonal matrices, about its own expectation. For rows of one length the shape is that of Marchenko and
Pastur and nothing is moved.

**An exact power law**: directions of Gaussian rows whose variances are rank^-alpha. Directions of steep spectra have fewer large
eigenvalues than Gaussian rows, and less noise in them, by amounts of order 1/participation ratio: no number of Gaussian rows stands
for them, so these rows are made.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator

from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.column_products import add_column_products, mirrored
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics import marchenko_pastur
from saegeo_core.statistics.own_lengths import FLOOR, Ellipsoid, dealt, in_order_of_extent
from saegeo_core.statistics.projected_moments import projected_moments
from saegeo_core.statistics.wishart_spectra import structureless_spectrum
from saegeo_power_law.size_correction import expected_eigenvalues, power_law_variances

N_LONGEST, N_QUANTILES = 64, 192
"""Rows whose lengths enter one by one, each of which may have an eigenvalue of its own, and groups of the others."""

NODES = 64
"""Ranks at which a shape is computed, evenly spread over the logarithm of rank, and as many over rank."""

ROWS_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class StructurelessSpectra:
    """Spectra of uniform directions with given lengths, less their mean; the mean over all d dimensions is about 1.

    Attributes:
        shape: (n_eigenvalues,), factors by which eigenvalues expected at these lengths exceed those at one.
        degrees: degrees of freedom of the Wishart spectra that the noise is taken from.
        dimensions: theirs.
    """

    shape: Floats
    degrees: float
    dimensions: int

    @classmethod
    def of(cls, squared_lengths: Floats, d: int) -> "StructurelessSpectra":
        """Of rows with these squared lengths about their mean, shape (N,), N >= 2, not all zero, in d dimensions.

        Rows of one length are less noisy than Gaussian ones: N of them count as N (1 + 2/d). Where they are fewer than dimensions
        the Gram matrix is the Wishart one, and the d coordinates count as d (1 + 2/N). Unlike lengths add noise to some sums more
        than to others; halfway, on a logarithmic axis, between all rows and those that count in the second moment, none is far
        off.
        """
        n = len(squared_lengths)
        n_eigenvalues = min(n - 1, d)
        weights, times = _grouped(squared_lengths / squared_lengths.mean())
        evenly = np.linspace(1, n_eigenvalues, NODES)
        ranks = np.unique(np.concatenate([np.geomspace(1, n_eigenvalues, NODES), evenly]).round())
        # Taking the mean off costs the spectra that are drawn a row. It has no part in the shape, a ratio of spectra of N rows.
        if n - 1 >= d:
            factor = 1.0 + 2.0 / d
            counting = n * factor / np.sqrt(float(times @ weights**2) / n)
            degrees = float(counting if counting - 1.0 >= d else n * factor) - 1.0
            plain = marchenko_pastur.expected_eigenvalues(max(d, (degrees + 1.0) / factor), d, ranks)
        else:
            degrees = d * (1.0 + 2.0 / n)
            plain = marchenko_pastur.expected_eigenvalues(d, n, ranks)
        shape = expected_eigenvalues(weights, d, ranks, times) * d / n / plain
        if len(ranks) > 1:
            shape = np.exp(PchipInterpolator(np.log(ranks), np.log(shape))(np.log(np.arange(1, n_eigenvalues + 1))))
        return cls(shape, degrees, n_eigenvalues)

    @property
    def expected(self) -> Floats:
        """The eigenvalues expected, (n_eigenvalues,), descending."""
        return marchenko_pastur.expected_eigenvalues(self.degrees, self.dimensions) * self.shape

    def draw(self, seed: int) -> Floats:
        """One spectrum, (n_eigenvalues,), descending."""
        noise = structureless_spectrum(self.degrees, self.dimensions, np.random.default_rng(seed))
        return np.sort(noise * self.shape)[::-1]


def _grouped(weights: Floats) -> tuple[Floats, Floats]:
    """The largest weights, the means of groups of about equal numbers of the others, and how many each stands for."""
    falling = np.sort(weights)[::-1]
    groups = [*falling[:N_LONGEST, None], *np.array_split(falling[N_LONGEST:], N_QUANTILES)]
    groups = [group for group in groups if len(group)]
    # A weight of zero is a row at the mean, which is no row: it counts as one too small to matter.
    tiny = np.finfo(np.float64).tiny ** 0.25
    return np.array([max(group.mean(), tiny) for group in groups]), np.array([float(len(group)) for group in groups])


def lengths_by_extent(vectors: torch.Tensor, mean: Floats, device: str) -> Floats:
    """Lengths (N,) of rows (N, d) about their mean (d,), in the order of the extent of their directions' ellipsoid."""
    (n, d), center = vectors.shape, torch.from_numpy(mean).to(device)
    lengths, extents = np.empty(n), np.empty(n)
    slices = list(row_slices(n, ROWS_AT_ONCE))

    def directions(rows: slice) -> torch.Tensor:
        about_mean = vectors[rows].to(device).double() - center
        length = torch.linalg.vector_norm(about_mean, dim=1)
        lengths[rows] = length.numpy(force=True)
        return about_mean.div_(length.clamp_min(torch.finfo(torch.float64).tiny)[:, None]).float()

    moment = torch.zeros(d, d, dtype=torch.float64, device=device)
    for rows in slices:
        add_column_products(moment, directions(rows))
    ellipsoid = Ellipsoid.of(mirrored(moment).numpy(force=True) / n, d)

    def measure(rows: slice) -> None:
        extents[rows] = ellipsoid.extent(directions(rows).numpy(force=True))

    side_by_side(measure, slices, "cpu")
    return in_order_of_extent(lengths, extents)


@dataclass(frozen=True, eq=False)
class PowerLawSpectra:
    """Spectra of directions z / |z|, z Gaussian with variances rank^-alpha, at given lengths, less their mean.

    Attributes:
        variances: (d,), of z.
        squares: (d,), mean squares of the coordinates of the directions.
        by_extent: (N,), the lengths, in the order of the extent of the directions' ellipsoid.
    """

    variances: Floats
    squares: Floats
    by_extent: Floats

    @classmethod
    def of(cls, exponent: float, d: int, by_extent: Floats) -> "PowerLawSpectra":
        """In d dimensions, of N rows with the lengths (N,)."""
        variances = power_law_variances(d, exponent) / d
        return cls(variances, projected_moments(np.zeros(d), variances).diagonal, by_extent)

    def draw(self, seed: int) -> Floats:
        """One spectrum, (min(N - 1, d),), descending: N d^2 operations.

        Rows are drawn twice, a few at a time: once for the lengths they get, once for their products.
        """
        n, d = len(self.by_extent), len(self.variances)
        variances = torch.from_numpy(self.variances)
        # Of the squares of normal numbers: what a row's squared length is made of, and that over the squared extent.
        weights = torch.stack([variances, variances / torch.from_numpy(self.squares + FLOOR / d)], 1).float()
        sums = torch.cat([normals.square_() @ weights for _, normals in self._normals(seed)]).double().numpy()
        lengths, extents = np.sqrt(sums[:, 0]), np.sqrt(sums[:, 0] / sums[:, 1])
        scales = torch.from_numpy((dealt(self.by_extent, extents) / lengths).astype(np.float32))

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
