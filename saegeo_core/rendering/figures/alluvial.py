"""Where the blocks and ribbons of an alluvial figure lie: groups stacked at every stage, each joined to itself at the next.

Stages stand at 0, 1, 2 … across. Upwards lie sizes, those of the first group lowest. A ribbon leaves the lower part of a block, as
much of it as goes on: what is left of the block above it ends there.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from saegeo_core.rendering.figures import palette
from saegeo_core.rendering.figures.label_places import Floats

HALF_BLOCK = 0.07
"""Of a block's width, where stages lie 1 apart."""
POINTS_OF_RIBBON = 24
RIBBON_OPACITY = 0.5


class Band(NamedTuple):
    """A block, or a ribbon.

    Attributes:
        group: whose.
        stage: at which it is, or from which it leads to the next.
        x, low, high: its lower and its upper edge, (n_points,) each.
        size: of the group there, or what goes on.
    """

    group: int
    stage: int
    x: Floats
    low: Floats
    high: Floats
    size: float


def blocks(sizes: Floats) -> Iterator[Band]:
    """A block of every group at every stage that has some of it, from sizes (n_groups, n_stages), which may be NaN for none."""
    for stage, heights in enumerate(np.nan_to_num(sizes).T):
        high = np.cumsum(heights)
        for group in np.flatnonzero(heights):
            x, upper = stage + np.array([-HALF_BLOCK, HALF_BLOCK]), np.full(2, high[group])
            yield Band(int(group), stage, x, upper - heights[group], upper, float(heights[group]))


def ribbons(sizes: Floats) -> Iterator[Band]:
    """What of every group goes on from each stage to the next: the smaller of its sizes at both."""
    at = {(block.group, block.stage): block for block in blocks(sizes)}
    along = np.linspace(0, 1, POINTS_OF_RIBBON)
    smooth = along**2 * (3 - 2 * along)
    for group in range(len(sizes)):
        for before, after in pairwise(range(sizes.shape[1])):
            if (group, before) in at and (group, after) in at:
                first, second = at[group, before], at[group, after]
                size = min(first.size, second.size)
                low = first.low[0] + smooth * (second.low[0] - first.low[0])
                x = before + HALF_BLOCK + along * (1 - 2 * HALF_BLOCK)
                yield Band(group, before, x, low, low + size, size)


def color_of_group(group: int, n_groups: int) -> str:
    """Groups are in order, and so are their colors."""
    return palette.shade(group / max(n_groups - 1, 1), palette.ON_PAPER)
