"""The lengths of a cloud's own rows, dealt to the directions of a draw.

Where lengths differ, their law is the cloud's own and not in question. Drawn directions get them in the order of how far the
ellipsoid of the directions extends that way: the direction of least extent gets the length of the row of least extent, and so on.
So lengths that have nothing to do with direction are dealt at random, and those of Gaussian rows, which are longer along the wide
axes, stay so: the length of a Gaussian row depends on its direction through the extent alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.arrays import Floats

FLOOR = 0.2
"""Added to the mean squares along all axes, as a share of their mean: those that sampling made too small do not decide alone."""


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """Directions x with x'S^-1 x = 1, S the second moment of directions with a floor.

    Attributes:
        inverse: (m, m), of the second moment along the leading axes.
        beyond: the mean of the inverse along the axes beyond.
    """

    inverse: Floats
    beyond: float

    @classmethod
    def of(cls, moment: Floats, n_axes: int) -> "Ellipsoid":
        """That of directions along `n_axes` axes with this second moment, (m, m), along the leading ones of them."""
        m, floor = len(moment), FLOOR / n_axes
        rest = max(0.0, 1.0 - float(np.trace(moment))) / max(1, n_axes - m)
        inverse: Floats = np.linalg.inv(moment + floor * np.eye(m)).astype(np.float64)
        return cls(inverse, 1.0 / (rest + floor))

    def extent(self, directions: NDArray[np.floating[Any]]) -> Floats:
        """How far it extends along unit directions, (n,), of which coordinates (n, m) along the leading axes are given.

        Products are made in the precision of the directions.
        """
        inverse = self.inverse.astype(directions.dtype, copy=False)
        inside = ((directions @ inverse) * directions).sum(1, dtype=np.float64)
        beyond = np.maximum(0.0, 1.0 - (directions**2).sum(1, dtype=np.float64))
        return np.asarray(1.0 / np.sqrt(inside + self.beyond * beyond))


def in_order_of_extent(lengths: Floats, extents: Floats) -> Floats:
    """Lengths (n,) of rows, that of the row of least extent first."""
    return lengths[np.lexsort((lengths, extents))]


def dealt(by_extent: Floats, extents: Floats) -> Floats:
    """A length for each of n directions by their extents (n,), from lengths in that order."""
    lengths = np.empty_like(by_extent)
    lengths[np.argsort(extents, kind="stable")] = by_extent
    return lengths
