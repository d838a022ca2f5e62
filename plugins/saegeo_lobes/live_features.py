"""Which features fire neither too rarely nor too often to say whom they fire with.

With phi set to 0 for lack of data, all dead features look alike and always land in one cluster, which then counts as a lobe.
So they are left out before anything is clustered, and their number is reported.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST = 12
"""Two strata of features that can be compared with one another."""


@dataclass(frozen=True)
class LiveFeatures:
    """Which features are left, and why the others are not.

    Attributes:
        mask: bool (n_features,), true for live ones.
        n_dead: features that fire in no block.
        n_rare: others that fire in too few blocks.
        n_constant: others that are silent in too few blocks (always on, or nearly).
    """

    mask: NDArray[np.bool_]
    n_dead: int
    n_rare: int
    n_constant: int

    @property
    def n_live(self) -> int:
        """Features that are left."""
        return int(self.mask.sum())


def live_features(counts: NDArray[np.integer], n_blocks: int, *, least_blocks: int = 10) -> LiveFeatures:
    """Features that fire in at least `least_blocks` of `n_blocks` blocks and are silent in at least as many.

    Args:
        counts: integers (n_features,), blocks each feature fired in.
        n_blocks: T.
        least_blocks: at least 1, since a constant correlates with nothing.
    """
    if least_blocks < 1:
        raise ValueError(f"a live feature fires and is silent in at least one block each, not {least_blocks}")
    dead = counts == 0
    rare = ~dead & (counts < least_blocks)
    constant = ~dead & ~rare & (n_blocks - counts < least_blocks)
    return LiveFeatures(~dead & ~rare & ~constant, int(dead.sum()), int(rare.sum()), int(constant.sum()))


def least_features(n_lobes: int) -> int:
    """Live features without which so many lobes are not looked for: two to a lobe on average."""
    return max(FEWEST, 2 * n_lobes)
