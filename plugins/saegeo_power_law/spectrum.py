"""The spectrum of a cloud, and those of its subsamples, from one pass over the rows."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.analysis import Progress, silent
from saegeo_core.numerics.row_moments import grouped_moments
from saegeo_core.statistics.resampling import Resampled, scaled_subsampling
from saegeo_power_law.effective_rows import effective_rows
from saegeo_power_law.shape import participation_ratio

Floats = NDArray[np.float64]

GROUPS = 20
SUBSAMPLES = 20
SHARE = 0.8
ALL_ALIKE = 1e-24
"""Variance, relative to the squared length of the mean, that rounding leaves where all rows are equal."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of a centred covariance.

    Attributes:
        eigenvalues: shape (d,), descending; those that rounding cannot tell from zero are zero.
        n_rows: rows of an independent Gaussian sample with as much sampling noise, centring taken off (`effective_rows`).
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
        """Eigenvalues that are not zero and would not be in the Gaussian sample either."""
        return min(self.rank, int(self.n_rows))

    def replaced_by(self, eigenvalues: Floats) -> "Spectrum":
        """Other eigenvalues, at most d of them, for a sample of the same size."""
        return replace(self, eigenvalues=np.pad(eigenvalues, (0, self.d_in - len(eigenvalues))))


class SampleSpectra:
    """The spectra of a cloud and of its subsamples.

    Rows are dealt at random into twenty groups, and a subsample is a union of sixteen of them: so its covariance is a sum of
    matrices already at hand. Any two such subsamples are related as two drawn row by row are.
    """

    def __init__(
        self,
        vectors: torch.Tensor,
        rng: np.random.Generator,
        *,
        device: str | torch.device = "cpu",
        progress: Progress = silent,
    ) -> None:
        """`vectors` has shape (N, d), N >= 2; it is read, not kept. `rng` deals the rows and draws the subsamples."""
        order = rng.permutation(len(vectors))
        self.n_features = len(vectors)
        self._groups = [np.sort(group) for group in np.array_split(order, min(GROUPS, len(vectors)))]
        self._moments = grouped_moments(vectors, self._groups, device=device, progress=progress)
        self._seed = int(rng.integers(2**63))
        self._unions: dict[tuple[int, ...], Spectrum] = {}
        everything = range(len(self._groups))
        self.mean = self._moments.mean(everything)
        self.covariance = self._moments.covariance(everything)
        self.full = spectrum_of(self.mean, self.covariance, len(vectors))
        if self.full.rank:
            self.full = replace(self.full, n_rows=self.effective_rows(participation_ratio(self.full.eigenvalues)))

    def effective_rows(self, participation_ratio: float) -> float:
        """How many Gaussian rows with that participation ratio would be as noisy as these."""
        return effective_rows(self._moments.squared_lengths, participation_ratio)

    @property
    def uncentred_eigenvalues(self) -> Floats:
        """Eigenvalues of the second moment about the origin, X'X/N, shape (d,), descending."""
        n = self.n_features
        moment = (n - 1) / n * self.covariance + np.outer(self.mean, self.mean)
        return np.maximum(np.linalg.eigvalsh(moment)[::-1], 0.0)

    @property
    def can_subsample(self) -> bool:
        """Whether there are groups enough to leave some out."""
        return round(SHARE * len(self._groups)) < len(self._groups)

    def resampled(self, statistic: Callable[[Spectrum], float]) -> Resampled:
        """The statistic with its interval by scaled subsampling. Every statistic sees the same subsamples."""
        return scaled_subsampling(
            lambda groups: statistic(self._of_union(tuple(groups.tolist()))),
            len(self._groups),
            np.random.default_rng(self._seed),
            n_subsamples=SUBSAMPLES,
            share=SHARE,
        )

    @property
    def design(self) -> str:
        """Digest of which rows are in which subsample."""
        content = hashlib.blake2b(str(self._seed).encode(), digest_size=8)
        for group in self._groups:
            content.update(group.tobytes())
        return content.hexdigest()

    def _of_union(self, groups: tuple[int, ...]) -> Spectrum:
        """Its sampling noise grows in proportion as rows are fewer, and is counted from all rows."""
        if len(groups) == len(self._groups):
            return self.full
        if groups not in self._unions:
            n_rows = (self.full.n_rows + 1) * len(groups) / len(self._groups) - 1
            mean, covariance = self._moments.mean(groups), self._moments.covariance(groups)
            self._unions[groups] = spectrum_of(mean, covariance, self._moments.n_rows(groups), n_rows)
        return self._unions[groups]


def spectrum_of(mean: Floats, covariance: Floats, n: int, n_rows: float | None = None) -> Spectrum:
    """The spectrum of n rows with that mean and covariance (divisor n - 1), as noisy as n_rows Gaussian ones (n - 1)."""
    squared_length = float(mean @ mean)
    mean_square = squared_length + (n - 1) / n * float(np.trace(covariance))
    eigenvalues = np.linalg.eigvalsh(covariance)[::-1]
    rounding = max(n, len(mean)) * np.finfo(np.float64).eps * eigenvalues[0]
    eigenvalues = np.where(eigenvalues > max(rounding, ALL_ALIKE * squared_length), eigenvalues, 0.0)
    return Spectrum(eigenvalues, n - 1 if n_rows is None else n_rows, float(np.sqrt(squared_length / mean_square)))
