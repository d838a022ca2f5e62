"""What is read off a spectrum: each number with the rank it needs and the side of its null that counts.

The same functions serve the cloud, its subsamples and the draws of its nulls, so nothing but the spectrum may differ between them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.marchenko_pastur import edges
from saegeo_power_law.alternatives import power_law_gain
from saegeo_power_law.exponent import Window, decades, fitted_exponent
from saegeo_power_law.shape import effective_rank, participation_ratio, relative_log_volume
from saegeo_power_law.size_correction import SizeCorrection
from saegeo_power_law.spectrum import Spectrum


@dataclass(frozen=True)
class Measure:
    """One number of a spectrum.

    Attributes:
        of: the number.
        needs_rank: eigenvalues above zero without which it is not defined.
        extreme: on which side of its judging null a cloud lies that is not like it.
        corrects_size: whether as many Gaussian rows would have to have these eigenvalues too.
    """

    of: Callable[[Spectrum], float]
    needs_rank: int
    extreme: Alternative
    corrects_size: bool = False

    def rank_in(self, spectrum: Spectrum) -> int:
        """How many eigenvalues of the spectrum it can use."""
        return min(spectrum.rank, int(spectrum.n_rows)) if self.corrects_size else spectrum.rank


class Measures:
    """The measures of clouds in d dimensions over a window of ranks, with the other windows it is compared with."""

    def __init__(self, d: int, windows: Sequence[Window]) -> None:
        """`windows` starts with the one all numbers but the spread are of."""
        self.windows, self.window = tuple(windows), windows[0]
        self._correction = cache(lambda n_rows: SizeCorrection(n_rows, d, self.windows))
        last, furthest = self.window.last, max(window.last for window in self.windows)
        self.by_name = {
            "alpha": Measure(self.alpha, last, "greater", corrects_size=True),
            "alpha_raw": Measure(lambda s: fitted_exponent(s.eigenvalues, self.window), last, "greater"),
            "alpha_window_spread": Measure(self._spread, furthest, "greater", corrects_size=True),
            "eigenvalue_decades": Measure(lambda s: decades(s.eigenvalues, self.window), last, "greater"),
            "power_law_gain": Measure(lambda s: power_law_gain(s.eigenvalues, self.window), last, "less"),
            "participation_ratio": Measure(lambda s: participation_ratio(s.eigenvalues), 1, "less"),
            "effective_rank": Measure(lambda s: effective_rank(s.eigenvalues), 1, "less"),
            "relative_log_volume": Measure(lambda s: relative_log_volume(s.eigenvalues), d, "less"),
            "outlier_eigenvalues": Measure(outliers, 1, "greater"),
        }

    def alpha(self, spectrum: Spectrum, window: Window | None = None) -> float:
        """The exponent in a window, the main one by default, corrected for the size of the sample that it is read from."""
        window = window or self.window
        return self.corrected(fitted_exponent(spectrum.eigenvalues, window), spectrum.n_rows, window)

    def corrected(self, read: float, n_rows: float, window: Window | None = None) -> float:
        """The exponent that is expected to read so from that many rows."""
        return self._correction(n_rows).corrected(read, window or self.window)

    def _spread(self, spectrum: Spectrum) -> float:
        alphas = [self.alpha(spectrum, window) for window in self.windows]
        return max(alphas) - min(alphas)


def outliers(spectrum: Spectrum) -> float:
    """Eigenvalues above the upper edge for a structureless cloud of that size and total variance."""
    _, edge = edges(spectrum.n_rows, spectrum.d_in)
    return float(np.count_nonzero(spectrum.eigenvalues > edge * spectrum.eigenvalues.mean()))
