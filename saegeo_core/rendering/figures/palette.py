"""Colors of figures: of middle lightness, so that one set serves white paper and a dark screen, at 3 : 1 at least.

Neighbors in the list differ in hue and lightness; curves differ in their dashes or markers as well, so that nothing is told by
color alone. What is ordered on paper rises in lightness all the way, so that it can be read in gray.
"""

from collections.abc import Sequence
from itertools import pairwise

COLORS = ("#2f6db3", "#d9692e", "#3a9272", "#a65aa8", "#b5871d", "#4198bb", "#c2506b", "#7c7f45", "#7769c9", "#8d6e5a")
NEUTRAL = "#85888e"
"""For what is lumped together under "other", and on a screen for nulls."""
GRAYS = ("#4a4d52", "#797c82")
"""For nulls on paper."""

LOW_TO_HIGH = ((0.0, "#3f74c9"), (0.5, "#a866a8"), (1.0, "#d97534"))
ON_PAPER = ((0.0, "#2d1160"), (0.5, "#9c2e7f"), (1.0, "#ea6a52"))
AROUND_ZERO = ((0.0, "#2f6db3"), (0.5, "#c9cacb"), (1.0, "#d9692e"))
OF_A_GRID, OF_A_SIGNED_GRID = "viridis", "cividis"
"""For heat maps: their lightness carries the value. Both drawing libraries know them by these names."""

Scale = Sequence[tuple[float, str]]


def color(place: int) -> str:
    """One of COLORS, from the first again after the last."""
    return COLORS[place % len(COLORS)]


def shade(place: float, scale: Scale = LOW_TO_HIGH) -> str:
    """The color at `place` (0 to 1) of a scale."""
    for (start, first), (end, second) in pairwise(scale):
        if place <= end:
            return _between(first, second, (place - start) / (end - start))
    return scale[-1][1]


def _between(first: str, second: str, share: float) -> str:
    channels = [round(int(first[i : i + 2], 16) * (1 - share) + int(second[i : i + 2], 16) * share) for i in (1, 3, 5)]
    return "#" + "".join(f"{channel:02x}" for channel in channels)
