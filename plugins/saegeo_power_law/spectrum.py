"""The spectrum of a cloud, and those of its subsamples, from one pass over the rows.

Laws for Gaussian samples are asked with the number of Gaussian rows that would be as noisy a sample (`effective_rows`).
Sampling noise in a covariance comes from the fourth powers of the lengths of rows. Dictionaries depart from Gaussian rows in both
directions: rows of one length carry less noise, rows of unlike lengths more. Neither is large (unit rows in d dimensions
count 1 + 2/d times), but the nulls of statistics of a whole spectrum are that narrow: counted as Gaussian, uniform
directions would lie one standard deviation off in participation ratio.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from saegeo_core import AnalysisContext
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.row_moments import GroupedMoments, grouped_moments
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.marchenko_pastur import expected_eigenvalues
from saegeo_core.statistics.resampling import Resampled, subsamples, subsampling_of
from saegeo_power_law.shape import participation_ratio

GROUPS = 20
"""Groups of rows whose moments are kept; a subsample is a union of some."""

SUBSAMPLES = 20
SHARE = 0.8
"""Of the groups, in a subsample."""

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


class SampleSpectra:
    """The spectra of a cloud and of its subsamples.

    Rows are dealt at random into twenty groups, and a subsample is a union of sixteen of them: so its covariance is a sum of
    matrices already at hand. Any two such subsamples are related as two drawn row by row are.

    Attributes:
        n_features: rows N.
        mean: shape (d,), of the rows.
        covariance: shape (d, d), centered, with divisor N - 1.
        full: the spectrum of all rows.
        parts: those of the subsamples; none where rows are too few to leave some out.
        design: digest of which rows are in which subsample.
    """

    def __init__(self, vectors: torch.Tensor, context: AnalysisContext, *, n_subsamples: int = SUBSAMPLES) -> None:
        """`vectors` has shape (N, d), N >= 2; it is read, not kept. Rows are dealt and subsamples drawn by the context's rng."""
        order = context.rng.permutation(len(vectors))
        groups = [np.sort(group) for group in np.array_split(order, min(GROUPS, len(vectors)))]
        moments = grouped_moments(
            vectors,
            groups,
            device=context.device,
            watch=lambda groups: context.progress(groups, len(groups), "covariance"),
        )
        everything = range(len(groups))
        self.n_features = len(vectors)
        self.mean, self.covariance = moments.mean(everything), moments.covariance(everything)
        self._squared_lengths = moments.squared_lengths
        spectrum = spectrum_of(self.mean, self.covariance, len(vectors))
        n_rows = self.effective_rows(participation_ratio(spectrum.eigenvalues)) if spectrum.rank else spectrum.n_rows
        self.full = replace(spectrum, n_rows=n_rows)

        unions = []
        if n_subsamples and round(SHARE * len(groups)) < len(groups):
            unions = subsamples(len(groups), context.rng, n_subsamples=n_subsamples, share=SHARE)
        self._share = len(unions[0]) / len(groups) if unions else 0.0
        self.parts = _spectra_of(moments, unions, n_rows)
        self.design = _digest([*groups, *unions])

    @property
    def uncentered_eigenvalues(self) -> Floats:
        """Eigenvalues of the second moment about the origin, X'X/N, shape (d,), descending."""
        n = self.n_features
        moment = (n - 1) / n * self.covariance + np.outer(self.mean, self.mean)
        eigenvalues: Floats = np.maximum(np.linalg.eigvalsh(moment)[::-1], 0.0)
        return eigenvalues

    @property
    def usable_rank(self) -> int:
        """The least usable rank of the cloud and of its subsamples."""
        return min(spectrum.usable_rank for spectrum in (self.full, *self.parts))

    def effective_rows(self, participation_ratio: float) -> float:
        """How many Gaussian rows with that participation ratio would be as noisy as these, not all of them equal."""
        return effective_rows(self._squared_lengths, participation_ratio)

    @cached_property
    def structureless_eigenvalues(self) -> Floats:
        """What is expected of uniform directions with the lengths of these rows, the mean over all d being 1: those above zero.

        None where all rows are equal.
        """
        d = self.full.d_in
        return expected_eigenvalues(self.effective_rows(d), d) if self.full.rank else np.empty(0)

    def resampled(self, statistic: Callable[[Spectrum], float]) -> Resampled:
        """The statistic with its interval by scaled subsampling."""
        replicates = [statistic(part) for part in self.parts]
        return subsampling_of(statistic(self.full), replicates, self._share)


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


def _spectra_of(moments: GroupedMoments, unions: Sequence[Integers], n_rows: float) -> list[Spectrum]:
    """The spectra of unions of groups. Their sampling noise grows in proportion as rows are fewer.

    Side by side, one thread each: an eigendecomposition in two threads waits for the slower one thousands of times.
    """
    spectra: dict[int, Spectrum] = {}

    def decompose(number: int) -> None:
        groups = unions[number].tolist()
        part_rows = (n_rows + 1) * len(groups) / len(moments.sizes) - 1
        part = spectrum_of(moments.mean(groups), moments.covariance(groups), moments.n_rows(groups))
        spectra[number] = replace(part, n_rows=part_rows)

    side_by_side(decompose, range(len(unions)), "cpu")
    return [spectra[number] for number in range(len(unions))]


def _digest(indices: Sequence[Integers]) -> str:
    content = hashlib.blake2b(digest_size=8)
    for one in indices:
        content.update(one.astype(np.int64).tobytes())
    return content.hexdigest()


def spectrum_of(mean: Floats, covariance: Floats, n: int) -> Spectrum:
    """The spectrum of n rows with that mean and covariance (divisor n - 1), taken for Gaussian ones."""
    return _spectrum(torch.linalg.eigvalsh(torch.from_numpy(covariance)).numpy(), float(np.trace(covariance)), mean, n)


def spectrum_of_rows(vectors: torch.Tensor, *, device: str | torch.device = "cpu") -> Spectrum:
    """The spectrum of rows (n, d), n >= 2, taken for Gaussian ones, from the smaller of covariance and Gram matrix."""
    n, d = vectors.shape
    if n >= d:
        moments = grouped_moments(vectors, [np.arange(n)], device=device)
        return spectrum_of(moments.mean([0]), moments.covariance([0]), n)
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
