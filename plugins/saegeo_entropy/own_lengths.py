"""The lengths of a cloud's own rows, dealt to the directions of a draw.

Where lengths differ, their law is the cloud's own and not in question. Drawn directions get them in the order of how far the ellipsoid
of the cloud's directions extends that way: the direction of least extent gets the length of the row of least extent, and so on. So
lengths that have nothing to do with direction are dealt at random, and those of Gaussian rows, which are longer along the wide axes,
stay so: the length of a Gaussian row depends on its direction through the extent alone.
"""

from dataclasses import dataclass

import numpy as np

from saegeo_core.numerics.arrays import Floats
from saegeo_entropy.principal_axes import PrincipalAxes

FLOOR = 0.2
"""Added to the mean squares along all axes, as a share of their mean: those that sampling made too small do not decide alone."""


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """Directions x with x'S^-1 x = 1, S the second moment of a cloud's directions with a floor.

    Attributes:
        inverse: (m, m), of the second moment along the leading axes.
        beyond: the mean of the inverse along the axes beyond.
    """

    inverse: Floats
    beyond: float

    @classmethod
    def of(cls, axes: PrincipalAxes, n_leading: int) -> "Ellipsoid":
        """That of directions with these principal axes, each turned to point the way of the mean."""
        n_axes, mean = axes.rank + 1, np.abs(axes.mean[:n_leading])
        moment = np.diag(axes.variances[:n_leading]) + np.outer(mean, mean)
        floor = FLOOR / n_axes
        rest = max(0.0, 1.0 - float(np.trace(moment))) / (n_axes - n_leading)
        return cls(np.linalg.inv(moment + floor * np.eye(n_leading)), 1.0 / (rest + floor))

    def extent(self, directions: Floats) -> Floats:
        """How far it extends along unit directions, (n,), of which coordinates (n, m) along the leading axes are given."""
        inside = np.einsum("ij,jk,ik->i", directions, self.inverse, directions, optimize=True)
        beyond = np.maximum(0.0, 1.0 - (directions**2).sum(1))
        return np.asarray(1.0 / np.sqrt(inside + self.beyond * beyond))


@dataclass(frozen=True, eq=False)
class OwnLengths:
    """Lengths (n,) of a cloud's rows, that of the row of least extent first."""

    by_extent: Floats
    ellipsoid: Ellipsoid

    @classmethod
    def of(cls, lengths: Floats, axes: PrincipalAxes, n_leading: int) -> "OwnLengths":
        """Of rows (n,) whose directions have these principal axes; the first of them are looked at one by one."""
        ellipsoid = Ellipsoid.of(axes, n_leading)
        # Axes point the way of the mean, as those of the draws do.
        directions = (axes.scores + axes.mean)[:, :n_leading] * np.where(axes.mean[:n_leading] < 0.0, -1.0, 1.0)
        return cls(lengths[np.lexsort((lengths, ellipsoid.extent(directions)))], ellipsoid)

    def dealt(self, directions: Floats) -> Floats:
        """A length for each of n directions, coordinates (n, m) along the leading axes."""
        lengths = np.empty_like(self.by_extent)
        lengths[np.argsort(self.ellipsoid.extent(directions), kind="stable")] = self.by_extent
        return lengths
