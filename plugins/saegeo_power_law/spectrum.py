"""The spectrum of a cloud, and how each row bears on it, from two passes over the rows.

Laws for Gaussian samples are asked with the number of Gaussian rows that would be as noisy a sample (`effective_rows`).
Sampling noise in a covariance comes from the fourth powers of the lengths of rows. Dictionaries depart from Gaussian rows in both
directions: rows of one length carry less noise, rows of unlike lengths more. Neither is large (unit rows in d dimensions
count 1 + 2/d times), but the nulls of statistics of a whole spectrum are that narrow: counted as Gaussian, uniform
directions would lie one standard deviation off in participation ratio.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from saegeo_core import AnalysisContext
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.eigenpairs import eigenpairs
from saegeo_core.numerics.row_moments import row_moments
from saegeo_power_law.shape import participation_ratio
from saegeo_power_law.structureless_spectra import StructurelessSpectra

ROWS_AT_ONCE = 2048
ALL_ALIKE = 1e-24
"""Variance, relative to the squared length of the mean, that rounding leaves where all rows are equal."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of a centered covariance.

    Attributes:
        eigenvalues: shape (d,), descending; those that rounding cannot tell from zero are zero.
        n_rows: rows of an independent Gaussian sample with as much sampling noise, centering taken off (`effective_rows`).
        mean_norm: length of the mean row over the root mean square length of the rows.
    """

    eigenvalues: Floats
    n_rows: float
    mean_norm: float = 0.0

    @property
    def d_in(self) -> int:
        """Dimensions."""
        return len(self.eigenvalues)

    @cached_property
    def rank(self) -> int:
        """Eigenvalues that are not zero."""
        return int(np.count_nonzero(self.eigenvalues))

    @property
    def usable_rank(self) -> int:
        """Eigenvalues that are not zero and that as many Gaussian rows would have too: those a size correction can be asked of."""
        return min(self.rank, int(self.n_rows))

    def replaced_by(self, eigenvalues: Floats) -> "Spectrum":
        """Other eigenvalues, at most d of them, for a sample of the same size."""
        return replace(self, eigenvalues=np.pad(eigenvalues, (0, self.d_in - len(eigenvalues))))


class Slopes(NamedTuple):
    """Derivatives of a number that is read off a spectrum.

    Attributes:
        by_eigenvalue: (d,).
        by_mean_norm: by the relative length of the mean row.
    """

    by_eigenvalue: Floats
    by_mean_norm: float = 0.0


class SampleSpectrum:
    """The spectrum of a cloud, and what each row adds to any number read off it.

    Attributes:
        n_features: rows N.
        mean: shape (d,), of the rows.
        covariance: shape (d, d), centered, with divisor N - 1.
        squared_lengths: shape (N,), of the rows about their mean.
        full: the spectrum of all rows.
    """

    def __init__(self, vectors: torch.Tensor, context: AnalysisContext) -> None:
        """`vectors` has shape (N, d), N >= 2; it is read when it is needed."""
        moments = row_moments(
            vectors,
            device=context.device,
            watch=context.watch("covariance"),
        )
        self.n_features = len(vectors)
        self.mean, self.covariance = moments.mean, moments.covariance
        self._vectors, self._device = vectors, context.device
        self.squared_lengths = moments.squared_lengths
        decomposed = eigenpairs(torch.from_numpy(self.covariance).to(context.device))
        ascending, self._columns = (part.numpy(force=True) for part in decomposed)
        spectrum = _spectrum(ascending, float(np.trace(self.covariance)), self.mean, len(vectors))
        n_rows = self.effective_rows(participation_ratio(spectrum.eigenvalues)) if spectrum.rank else spectrum.n_rows
        self.full = replace(spectrum, n_rows=n_rows)

    @property
    def uncentered_eigenvalues(self) -> Floats:
        """Eigenvalues of the second moment about the origin, X'X/N, shape (d,), descending."""
        n = self.n_features
        moment = (n - 1) / n * self.covariance + np.outer(self.mean, self.mean)
        eigenvalues: Floats = torch.linalg.eigvalsh(torch.from_numpy(moment)).flip(0).clamp_min_(0.0).numpy()
        return eigenvalues

    def effective_rows(self, participation_ratio: float) -> float:
        """How many Gaussian rows with that participation ratio would be as noisy as these, not all of them equal."""
        return effective_rows(self.squared_lengths, participation_ratio)

    @cached_property
    def structureless(self) -> StructurelessSpectra | None:
        """Spectra of uniform directions with the lengths of these rows; None where all rows are equal."""
        return StructurelessSpectra.of(self.squared_lengths, self.full.d_in) if self.full.rank else None

    @property
    def structureless_eigenvalues(self) -> Floats:
        """What is expected of uniform directions with the lengths of these rows, the mean over all d being 1: those above zero.

        None are, where all rows are equal.
        """
        return np.empty(0) if self.structureless is None else self.structureless.expected

    @cached_property
    def axes(self) -> Floats:
        """The principal axes, (d, d), a column each, in the order of the eigenvalues; the largest number of each is positive."""
        columns = self._columns[:, ::-1]
        axes: Floats = columns * np.sign(columns[np.abs(columns).argmax(0), np.arange(columns.shape[1])])
        return axes

    def added_by_rows(self, slopes: Sequence[Slopes]) -> Floats:
        """The influence function of numbers read off the spectrum at each row, shape (N, n_statistics).

        A row x of weight w moves the eigenvalue of axis v by w ((v'(x - m))^2 - eigenvalue), to first order. What that does to a
        number is its derivative by each eigenvalue times that.

        Args:
            slopes: the derivatives of each number.
        """
        by_eigenvalue = np.stack([one.by_eigenvalue for one in slopes], axis=1)
        mean, by = (torch.from_numpy(one).to(self._device) for one in (self.mean, by_eigenvalue))
        axes = torch.from_numpy(self.axes.astype(np.float32)).to(self._device)
        added = np.empty((self.n_features, len(slopes)))
        for rows in row_slices(self.n_features, ROWS_AT_ONCE):
            centered = (self._vectors[rows].to(self._device, torch.float64) - mean).float()
            added[rows] = ((centered @ axes).double().square_() @ by).numpy(force=True)
        of_mean = np.array([one.by_mean_norm for one in slopes])
        if of_mean.any():
            added += np.outer(self._added_to_mean_norm(), of_mean)
        return added - self.full.eigenvalues @ by_eigenvalue

    def _added_to_mean_norm(self) -> Floats:
        """The influence of each row on the length of the mean row over the root mean square length, (N,)."""
        length = float(np.linalg.norm(self.mean))
        if length == 0:
            return np.zeros(self.n_features)
        toward = torch.from_numpy(self.mean / length).to(self._device)
        along, squares = np.empty(self.n_features), np.empty(self.n_features)
        for rows in row_slices(self.n_features, ROWS_AT_ONCE):
            of_rows = self._vectors[rows].to(self._device, torch.float64)
            along[rows] = (of_rows @ toward).numpy(force=True)
            squares[rows] = of_rows.square().sum(1).numpy(force=True)
        mean_square = squares.mean()
        added: Floats = (along - length) / mean_square**0.5 - length / (2 * mean_square**1.5) * (squares - mean_square)
        return added


def effective_rows(squared_lengths: Floats, participation_ratio: float) -> float:
    """Degrees of freedom of the Gaussian sample whose second spectral moment has the same excess in expectation.

    With lengths r, E tr S^2 - tr C^2 = (E r^4 - tr C^2) / N; Gaussian rows have E r^4 = (tr C)^2 (1 + 2 / PR). So N rows count
    as N (1 + 2 / PR) (E r^2)^2 / E r^4, and taking the mean off costs one. Never less than one.

    Args:
        squared_lengths: shape (N,), of the rows about their mean, not all zero.
        participation_ratio: PR of the covariance: d for a structureless null with the same lengths.
    """
    relative = squared_lengths / squared_lengths.mean()
    return max(1.0, len(relative) / float(np.mean(relative**2)) * (1.0 + 2.0 / participation_ratio) - 1.0)


def spectrum_of(mean: Floats, covariance: Floats, n: int) -> Spectrum:
    """The spectrum of n rows with that mean and covariance (divisor n - 1), taken for Gaussian ones."""
    return _spectrum(torch.linalg.eigvalsh(torch.from_numpy(covariance)).numpy(), float(np.trace(covariance)), mean, n)


def spectrum_of_rows(vectors: torch.Tensor, *, device: str | torch.device = "cpu") -> Spectrum:
    """The spectrum of rows (n, d), n >= 2, taken for Gaussian ones, from the smaller of covariance and Gram matrix."""
    n, d = vectors.shape
    if n >= d:
        moments = row_moments(vectors, device=device)
        return spectrum_of(moments.mean, moments.covariance, n)
    rows = vectors.to(device, torch.float64)
    mean = rows.mean(0)
    centered = rows - mean
    nonzero = torch.linalg.eigvalsh(centered @ centered.T / (n - 1)).numpy(force=True)
    return _spectrum(np.pad(nonzero, (d - n, 0)), float(nonzero.sum()), mean.numpy(force=True), n)


def _spectrum(ascending: Floats, trace: float, mean: Floats, n: int) -> Spectrum:
    """Of n rows with those eigenvalues of the covariance, (d,), and that trace."""
    eigenvalues = ascending[::-1]
    squared_length = float(mean @ mean)
    mean_square = squared_length + (n - 1) / n * trace
    rounding = max(n, len(mean)) * np.finfo(np.float64).eps * eigenvalues[0]
    eigenvalues = np.where(eigenvalues > max(rounding, ALL_ALIKE * squared_length), eigenvalues, 0.0)
    return Spectrum(eigenvalues, n - 1, float(np.sqrt(squared_length / mean_square)))
