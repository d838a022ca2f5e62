"""Laws fitted to a window of ranks of a spectrum: the exponent of a power law, and how well it and others foretell held-out ranks.

Every law is linear in its parameters for the logarithm of the eigenvalue, so each is one least-squares fit:

    power law          a + b ln k
    exponential        a + b k
    lognormal          a + b q(k), q the normal quantile of 1 - (k - 1/2)/d: the variances are those of a lognormal law
    broken power law   a + b ln k + c max(0, ln(k / break)), at the break that fits best
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from saegeo_core.numerics.arrays import Floats, Integers

POWER_LAW = "power_law"
BLOCKS = 5
"""Runs of ranks that are held out in turn."""

BREAKS = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Where the broken power law may break, as shares of the window on a logarithmic axis."""


class RankWindow(NamedTuple):
    """Ranks first ... last, both included, counted from 1."""

    first: int
    last: int

    @property
    def ranks(self) -> Integers:
        """The ranks themselves."""
        return np.arange(self.first, self.last + 1)

    def of(self, eigenvalues: Floats) -> Floats:
        """The eigenvalues of these ranks."""
        return eigenvalues[self.first - 1 : self.last]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def windows_around(window: RankWindow, last_rank: int) -> list[RankWindow]:
    """The window itself, and others that begin at half to twice its first rank and end at 2/3 to twice its last.

    Only those that end at `last_rank` or before, and at three times their first rank or beyond.
    """
    firsts = {max(1, round(window.first / 2)), window.first, 2 * window.first}
    lasts = {round(window.last * share) for share in (2 / 3, 1, 4 / 3, 2)}
    grid = [RankWindow(first, last) for first in sorted(firsts) for last in sorted(lasts)]
    others = [one for one in grid if 3 * one.first <= one.last <= last_rank and one != window]
    return [window, *others]


def fitted_exponent(eigenvalues: Floats, window: RankWindow) -> float:
    """Minus the slope of ln eigenvalue on ln rank, by least squares: positive where eigenvalues fall.

    All eigenvalues in the window must be above zero.
    """
    x = np.log(window.ranks)
    x -= x.mean()
    return -float(x @ np.log(window.of(eigenvalues)) / (x @ x))


def exponent_slopes(eigenvalues: Floats, window: RankWindow) -> Floats:
    """Derivative of `fitted_exponent` by every eigenvalue, shape (d,)."""
    x = np.log(window.ranks)
    x -= x.mean()
    slopes = np.zeros(len(eigenvalues))
    window.of(slopes)[:] = -x / ((x @ x) * window.of(eigenvalues))
    return slopes


def decades(eigenvalues: Floats, window: RankWindow) -> float:
    """log10 of the first over the last eigenvalue of the window."""
    inside = window.of(eigenvalues)
    return float(np.log10(inside[0] / inside[-1]))


def decades_slopes(eigenvalues: Floats, window: RankWindow) -> Floats:
    """Derivative of `decades` by every eigenvalue, shape (d,)."""
    slopes = np.zeros(len(eigenvalues))
    ends = [window.first - 1, window.last - 1]
    slopes[ends] = np.array([1.0, -1.0]) / (np.log(10.0) * eigenvalues[ends])
    return slopes


def designs(window: RankWindow, d: int) -> dict[str, list[Floats]]:
    """For each law its design matrix, shape (n_ranks, n_parameters); one for every break of the broken power law."""
    ranks = window.ranks.astype(float)
    logarithm, one = np.log(ranks), np.ones(len(ranks))
    breaks = [logarithm[0] + share * (logarithm[-1] - logarithm[0]) for share in BREAKS]
    return {
        POWER_LAW: [np.stack([one, logarithm], 1)],
        "exponential": [np.stack([one, ranks], 1)],
        "lognormal": [np.stack([one, ndtri(1.0 - (ranks - 0.5) / d)], 1)],
        "broken_power_law": [np.stack([one, logarithm, np.maximum(0.0, logarithm - at)], 1) for at in breaks],
    }


def fitted_curves(eigenvalues: Floats, window: RankWindow) -> dict[str, Floats]:
    """Each law fitted to the whole window, shape (n_ranks,)."""
    target = np.log(window.of(eigenvalues))
    everywhere = np.ones(len(target), bool)
    return {
        name: np.exp(_predicted(candidates, target, everywhere))
        for name, candidates in designs(window, len(eigenvalues)).items()
    }


def held_out_errors(eigenvalues: Floats, window: RankWindow) -> dict[str, float]:
    """Root mean square error of each law's ln eigenvalue in blocks of ranks that were left out of its fit.

    The window is cut into five runs of ranks, equally long on the logarithmic axis, each left out in turn. Single ranks
    would be foretold by their neighbors whatever the law, for eigenvalues are sorted.
    """
    position = np.log(window.ranks / window.first) / np.log((window.last + 1) / window.first)
    block = (BLOCKS * position).astype(int)
    truth = np.log(window.of(eigenvalues))
    errors = {}
    for name, candidates in designs(window, len(eigenvalues)).items():
        squares = 0.0
        for number in np.unique(block):
            out = block == number
            squares += float(((_predicted(candidates, truth, ~out) - truth)[out] ** 2).sum())
        errors[name] = float(np.sqrt(squares / len(truth)))
    return errors


def power_law_gain(eigenvalues: Floats, window: RankWindow) -> float:
    """Held-out error of the best other law, less the power law's: above 0 where the power law foretells best."""
    errors = held_out_errors(eigenvalues, window)
    return min(error for name, error in errors.items() if name != POWER_LAW) - errors[POWER_LAW]


def _predicted(candidates: list[Floats], target: Floats, fitted: NDArray[np.bool_]) -> Floats:
    """Ln eigenvalue at every rank of the window, by the candidate that fits best where `fitted`."""
    predictions = [columns @ np.linalg.lstsq(columns[fitted], target[fitted], rcond=None)[0] for columns in candidates]
    return min(predictions, key=lambda predicted: float(((predicted - target)[fitted] ** 2).sum()))
