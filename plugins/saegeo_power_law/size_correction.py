"""What N rows make of the exponent of a power law, and back: alpha corrected for the size of the sample.

Finite N bends a power law: at d = 2,304 a population exponent of .25 reads .235 from 65,536 rows, .203 from 16,384 and .165
from 5,000; and no structure at all reads .028, .051 and .082. The expected sample spectrum is computed for exponents from 0 up,
every window is fitted to it, and what was read is traced back to the exponent that reads so.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from saegeo_power_law.expected_spectrum import expected_curve
from saegeo_power_law.exponent import Window, fitted_exponent

Floats = NDArray[np.float64]

EXPONENTS = (0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.5, 2.5, 4, 6)
STEEPEST = EXPONENTS[-1]


def power_law_variances(d: int, exponent: float) -> Floats:
    """rank^-exponent, shape (d,), with mean 1."""
    variances = np.arange(1, d + 1) ** -float(exponent)
    return variances / variances.mean()


class SizeCorrection:
    """The correction for samples of one size, for several windows."""

    def __init__(self, n_rows: float, d: int, windows: Sequence[Window]) -> None:
        """`n_rows` counts as in `expected_spectrum`; no window may end beyond min(n_rows, d)."""
        last = max(window.last for window in windows)
        curves = [expected_curve(power_law_variances(d, exponent), n_rows, last) for exponent in EXPONENTS]
        self._read = {
            window: CubicSpline(EXPONENTS, [fitted_exponent(curve, window) for curve in curves]) for window in windows
        }

    def expected(self, exponent: float, window: Window) -> float:
        """What a power law of this exponent, 0 to 6, is expected to read."""
        return float(self._read[window](exponent))

    def corrected(self, read: float, window: Window) -> float:
        """The exponent that is expected to read so; 0 for what is flatter than no structure, 6 for what is steeper than 6."""
        if read <= self.expected(0, window):
            return 0.0
        roots = self._read[window].solve(read, extrapolate=False)
        return float(roots.max()) if len(roots) else float(STEEPEST)
