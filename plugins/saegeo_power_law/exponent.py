"""The exponent of a power law fitted to a window of ranks: least squares of log eigenvalue on log rank."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Window(NamedTuple):
    """Ranks first ... last, both included, counted from 1."""

    first: int
    last: int

    @property
    def ranks(self) -> NDArray[np.int64]:
        """The ranks themselves."""
        return np.arange(self.first, self.last + 1)

    def of(self, eigenvalues: Floats) -> Floats:
        """The eigenvalues of these ranks."""
        return eigenvalues[self.first - 1 : self.last]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def fitted_exponent(eigenvalues: Floats, window: Window) -> float:
    """Minus the slope: positive where eigenvalues fall. All in the window must be above zero."""
    x = np.log(window.ranks)
    x -= x.mean()
    return -float(x @ np.log(window.of(eigenvalues)) / (x @ x))


def decades(eigenvalues: Floats, window: Window) -> float:
    """log10 of the first over the last eigenvalue of the window."""
    inside = window.of(eigenvalues)
    return float(np.log10(inside[0] / inside[-1]))


def windows_around(window: Window, last_rank: int) -> list[Window]:
    """The window itself, and others that begin at half to twice its first rank and end at 2/3 to twice its last.

    Only those that end at `last_rank` or before, and at three times their first rank or beyond.
    """
    firsts = {max(1, round(window.first / 2)), window.first, 2 * window.first}
    lasts = {round(window.last * share) for share in (2 / 3, 1, 4 / 3, 2)}
    grid = [Window(first, last) for first in sorted(firsts) for last in sorted(lasts)]
    others = [one for one in grid if 3 * one.first <= one.last <= last_rank and one != window]
    return [window, *others]
