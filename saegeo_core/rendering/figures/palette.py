"""Colors of figures: of middle lightness, so that one set serves white paper and a dark screen, at 3 : 1 at least.

Neighbors in the list differ in hue and lightness; curves differ in their dashes as well, so that nothing is told by color alone.
"""

from itertools import pairwise

COLORS = ("#2f6db3", "#d9692e", "#3a9272", "#a65aa8", "#b5871d", "#4198bb", "#c2506b", "#7c7f45", "#7769c9", "#8d6e5a")
NEUTRAL = "#85888e"  # for what is lumped together under "other"

LOW_TO_HIGH = ((0.0, "#3f74c9"), (0.5, "#a866a8"), (1.0, "#d97534"))
AROUND_ZERO = ((0.0, "#2f6db3"), (0.5, "#c9cacb"), (1.0, "#d9692e"))
OF_A_GRID = "viridis"  # its lightness carries the value; both drawing libraries know it by this name


def shade(place: float) -> str:
    """The color at `place` (0 to 1) of LOW_TO_HIGH."""
    for (start, first), (end, second) in pairwise(LOW_TO_HIGH):
        if place <= end:
            return _between(first, second, (place - start) / (end - start))
    return LOW_TO_HIGH[-1][1]


def _between(first: str, second: str, share: float) -> str:
    channels = [round(int(first[i : i + 2], 16) * (1 - share) + int(second[i : i + 2], 16) * share) for i in (1, 3, 5)]
    return "#" + "".join(f"{channel:02x}" for channel in channels)
