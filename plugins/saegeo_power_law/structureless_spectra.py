"""Spectra without structure: uniform directions with the lengths of a cloud's own rows.

Making 99 matrices of rows would take many minutes, so the spectrum is put together from two exact parts. Its shape is the
deterministic equivalent for rows of these lengths; its noise is that of a Wishart spectrum, drawn from bidiagonal matrices, about
its own expectation. For rows of one length the shape is that of Marchenko and Pastur and nothing is moved.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from saegeo_core.numerics.arrays import Floats
from saegeo_core.statistics import marchenko_pastur
from saegeo_core.statistics.wishart_spectra import structureless_spectrum
from saegeo_power_law.size_correction import expected_eigenvalues

N_LONGEST, N_QUANTILES = 64, 192
"""Rows whose lengths enter one by one, each of which may have an eigenvalue of its own, and groups of the others."""

NODES = 64
"""Ranks at which a shape is computed, evenly spread over the logarithm of rank, and as many over rank."""


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
