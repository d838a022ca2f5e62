"""From a number to the color of its cell, and back to the words of a legend."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from saegeo_core.rendering.figures import palette
from saegeo_core.rendering.numbers import significant

MANY_TIMES = 30.0
"""Numbers whose largest is so many times their smallest are colored by their logarithm."""
N_STOPS = 9
"""Colors of the strip that shows the scale."""


@dataclass(frozen=True)
class ColorScale:
    """Colors from `low` to `high`; away from zero in two colors where the numbers lie on both sides of it."""

    low: float
    high: float
    is_log: bool = False

    @classmethod
    def of(cls, values: Sequence[float]) -> "ColorScale":
        """The scale that shows all of at least one number."""
        low, high = min(values), max(values)
        if low < 0 < high:
            far = max(-low, high)
            return cls(-far, far)
        return cls(low, high, is_log=0 < low * MANY_TIMES < high)

    @property
    def ends(self) -> tuple[str, str]:
        """Lowest and highest, as written."""
        return significant(self.low, 3), significant(self.high, 3)

    @property
    def strip(self) -> list[str]:
        """Colors from low to high."""
        return self._colors([stop / (N_STOPS - 1) for stop in range(N_STOPS)])

    def colors(self, values: Sequence[float]) -> list[str]:
        """The color of each, as CSS has it."""
        low, high, *at = (
            map(math.log, [self.low, self.high, *values]) if self.is_log else [self.low, self.high, *values]
        )
        return self._colors([(value - low) / (high - low) if high > low else 0.5 for value in at])

    def _colors(self, places: list[float]) -> list[str]:
        from plotly.colors import sample_colorscale

        is_around_zero = self.low < 0 < self.high
        scale = [color for _, color in palette.AROUND_ZERO] if is_around_zero else palette.OF_A_GRID
        colors: list[str] = sample_colorscale(scale, places)
        return colors
