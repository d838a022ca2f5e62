"""Near-parallelograms among unit directions: four features with b - a close to d - c, found without labels.

Which of the N^4 quadruples can be found is a matter of geometry. Four points of a sphere that form a parallelogram lie in a
plane, hence on a circle, and a parallelogram on a circle is a rectangle: with unit rows,

    cos(a, b) + cos(a, c) = 1 + cos(b, c).

So unless its diagonal is obtuse, the shorter pair of its sides joins rows at cosines of at least one half, far above what
unrelated rows in many dimensions have. Such rows are each other's nearest neighbors, but for families of more than
`n_neighbors` closer ones. The search therefore takes every pair of mutual neighbors as a side and compares all sides with
all others: nothing is hashed and no pair of sides is missed, so that the same search counts in a null cloud what it counts
in this one.

That a - b - c + d is nearly zero can be read in three ways: b - a = d - c, c - a = d - b, and a + d = b + c. The error is the
length of that sum over the shortest of the three, each the mean length of its two sides: 0 is exact, sqrt(2) is what two
perpendicular ones of one length have. Measured by longer ones, any two close pairs (a, c), (b, d) would pass for a
parallelogram, and so would any two pairs of opposite features (a, -d), (b, -c), whose sums are nearly zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.bounded_products import (
    LONG_ROWS,
    BoundedProducts,
    ProductFormat,
    coarsest_format,
    fastest_format,
)
from saegeo_core.numerics.directions import Directions
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.numerics.pairs_beyond import pairs_beyond

PERPENDICULAR = 2**0.5
"""The error of two perpendicular sides of one length."""
SHORTEST_SIDE = 0.2
"""Sides shorter than this (cosine .98) join near-duplicates."""
MAX_QUADRUPLES = 2**14
"""Kept at a time; more of them within the error are a lattice rather than a few parallelograms."""
SIDES_AT_ONCE = 1024
QUADRUPLES_AT_ONCE = 2**12
ROUNDING = 1e-9
"""Relative difference of lengths that counts as none."""


@dataclass(frozen=True)
class Parallelograms:
    """Quadruples of features, the closest to a parallelogram first; no two share a feature.

    Attributes:
        corners: int64 (n, 4), rows (a, b, c, d) with b - a close to d - c; a is the lowest.
        errors: float64 (n,), ascending.
        complete: whether every quadruple within the error asked for was considered; False where there were too many.
    """

    corners: Integers
    errors: Floats
    complete: bool = True

    def __len__(self) -> int:
        return len(self.errors)


def near_parallelograms(
    directions: torch.Tensor,
    n_neighbors: int = 10,
    *,
    within: float = PERPENDICULAR,
    max_quadruples: int = MAX_QUADRUPLES,
    device: str | torch.device = "cpu",
) -> Parallelograms:
    """The near-parallelograms among unit rows whose shorter sides join mutual neighbors.

    A quadruple that shares a feature with a closer one is left out, so that a hub counts once and not once for each of its
    spokes; the same parallelogram met by its other pair of sides is left out with it.

    Args:
        directions: float32 (n_features, width), unit rows.
        n_neighbors: two rows are mutual neighbors if each is among so many nearest of the other, by cosine.
        within: largest error; at most sqrt(2).
        max_quadruples: quadruples kept before those that share features are left out, the closest ones.
        device: where the products are taken.
    """
    rows = directions.to(device)
    sides = torch.from_numpy(mutual_neighbors(rows, n_neighbors, device)).to(device)
    vectors = rows[sides[:, 1]] - rows[sides[:, 0]]
    long_enough = torch.linalg.vector_norm(vectors, dim=1) >= SHORTEST_SIDE
    sides, vectors = sides[long_enough], vectors[long_enough]
    corners = torch.empty(0, 4, dtype=torch.int64, device=device)
    errors = torch.empty(0, dtype=torch.float64, device=device)
    complete = True
    if len(sides) == 0:
        return Parallelograms(corners.numpy(force=True), errors.numpy(force=True))
    products_of = BoundedProducts(Directions(vectors, device), coarsest_format(device))
    for slab in _growing_slabs(len(sides)):
        candidates = _corners(sides, *_parallel_pairs(products_of, slab, len(sides), within, device))
        for some in torch.split(candidates, QUADRUPLES_AT_ONCE):
            chosen, error = _parallelograms_among(some, rows, within)
            corners, errors = torch.cat([corners, chosen]), torch.cat([errors, error])
        if len(errors) > max_quadruples:
            errors, closest = errors.topk(max_quadruples, largest=False)
            corners, within, complete = corners[closest], float(errors.max()), False
    return _sharing_no_feature(corners.numpy(force=True), errors.numpy(force=True), len(rows), complete)


def mutual_neighbors(directions: torch.Tensor, n_neighbors: int, device: str | torch.device = "cpu") -> Integers:
    """The pairs of rows each of which is among the `n_neighbors` nearest of the other, shape (n_pairs, 2), lower row first."""
    n = len(directions)
    nearest = nearest_neighbors(
        directions, min(n_neighbors, n - 1), device=device, product_format=_product_format(device)
    ).indices
    pairs = np.arange(n)[:, None] * n + nearest
    mutual = np.intersect1d(pairs, nearest * n + np.arange(n)[:, None], assume_unique=True)
    low, high = mutual // n, mutual % n
    return np.stack([low, high], axis=1)[low < high]


def _product_format(device: str | torch.device) -> ProductFormat:
    """There are so many products that they take most of the time, as they do where rows are long."""
    return fastest_format(device, LONG_ROWS)


def _growing_slabs(n_sides: int) -> Iterator[slice]:
    """Consecutive slices of sides, each to be compared with itself and all that follow.

    The first ones are small: where only the closest are kept they narrow the error before most of the work begins.
    """
    start, height = 0, 1
    while start < n_sides:
        stop = min(n_sides, start + height)
        yield slice(start, stop)
        start, height = stop, min(2 * height, SIDES_AT_ONCE)


def _parallel_pairs(
    products_of: BoundedProducts, slab: slice, n_sides: int, within: float, device: str | torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Pairs of sides, the earlier one in the slab, that may lie within the error: indices (n, 2), and whether they are opposed.

    For sides of lengths l and m the error is least where l = m, and there it is 2 sin(angle / 2): a bound on the cosine.
    """
    min_cosine = 1.0 - within**2 / 2
    min_cosine -= products_of.reach(min_cosine)
    first, second, products = pairs_beyond(products_of, slab, slice(slab.start, n_sides), min_cosine, device=device)
    return torch.stack([first, second], dim=1), products < 0


def _corners(sides: torch.Tensor, pairs: torch.Tensor, opposed: torch.Tensor) -> torch.Tensor:
    """Corners (a, b, c, d), shape (n, 4), of pairs of sides without a common feature; opposed ones are turned round."""
    first, second = sides[pairs].unbind(dim=1)
    second = torch.where(opposed[:, None], second.flip(1), second)
    apart = (first[:, :, None] != second[:, None, :]).all(dim=2).all(dim=1)
    return torch.cat([first, second], dim=1)[apart]


def _parallelograms_among(
    corners: torch.Tensor, rows: torch.Tensor, within: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Those candidates within the error whose sides (a, b), (c, d) are the shorter pair, and their errors in float64."""
    points = rows[corners].double()
    # The error over these sides alone is no larger than over the shortest of three readings: most are not within it.
    first, second = points[:, 1] - points[:, 0], points[:, 3] - points[:, 2]
    of_sides = (torch.linalg.vector_norm(first, dim=1) + torch.linalg.vector_norm(second, dim=1)) / 2
    near = torch.linalg.vector_norm(first - second, dim=1) <= within * of_sides * (1 + ROUNDING)
    corners, points = corners[near], points[near]
    lengths, error = readings(points), parallelogram_errors(points)
    sides, others, _ = lengths.mean(dim=2)
    # A square has two shorter pairs: it is met twice and, as both share their features, kept once.
    shorter = sides <= others * (1 + ROUNDING)
    chosen = (error <= within) & shorter & (lengths.amin(dim=(0, 2)) >= SHORTEST_SIDE)
    return corners[chosen], error[chosen]


def readings(points: torch.Tensor) -> torch.Tensor:
    """Lengths of b - a and d - c, of c - a and d - b, of a + d and b + c: shape (3, n, 2), of corners (n, 4, width)."""
    a, b, c, d = points.unbind(dim=1)
    pairs = ((b - a, d - c), (c - a, d - b), (a + d, b + c))
    return torch.stack([torch.linalg.vector_norm(torch.stack(pair, dim=1), dim=2) for pair in pairs])


def parallelogram_errors(points: torch.Tensor) -> torch.Tensor:
    """|a - b - c + d| over the shortest of the three readings, shape (n,), of corners (n, 4, width)."""
    a, b, c, d = points.unbind(dim=1)
    errors: torch.Tensor = torch.linalg.vector_norm(b - a - d + c, dim=1) / readings(points).mean(dim=2).amin(dim=0)
    return errors


def _sharing_no_feature(corners: Integers, errors: Floats, n_features: int, complete: bool) -> Parallelograms:
    """From the closest on, leave out whoever shares a feature with one kept before."""
    order = np.lexsort((*corners.T[::-1], errors))
    taken = np.zeros(n_features, dtype=bool)
    kept = []
    for quadruple in order:
        if not taken[corners[quadruple]].any():
            taken[corners[quadruple]] = True
            kept.append(quadruple)
    return Parallelograms(corners[kept], errors[kept], complete)
