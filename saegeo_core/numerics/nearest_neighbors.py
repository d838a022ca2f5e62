"""The exact k nearest neighbors of each feature by cosine, a few rows of products at a time.

As in `pairwise_cosine`: products are multiplied cheaply within a proven bound of the cosines, and every partner that the
bound leaves in the running is settled in float64. The k-th largest product lies within the bound of a true k-th cosine, so
whoever is among the nearest has a product no more than twice the bound below it. Where one neighbor is wanted half of the
products are enough: each pair of rows is looked at once, for both.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.numerics import Watch
from saegeo_core.numerics.bounded_products import BoundedProducts, ProductFormat, fastest_format
from saegeo_core.numerics.directions import Directions, row_slices
from saegeo_core.numerics.largest_entries import largest_entries
from saegeo_core.numerics.nearest_candidates import nearest_candidates
from saegeo_core.numerics.neighbor_graph import symmetric_graph
from saegeo_core.numerics.partners import Partners
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.numerics.upper_tiles import SIDE, upper_tiles

ENTRIES_AT_ONCE = 2**22
"""Products of a slab: 16 MB for each thread."""
ENTRIES_ON_ACCELERATOR = 2**24
LISTED = 3
"""Times the number wanted: so many largest products are listed first, which mostly holds all in the running."""


@dataclass(frozen=True)
class NearestNeighbors:
    """Who lies nearest to each feature.

    Attributes:
        indices: int64 (n_looked_at, n_neighbors), the nearest first, of equally near ones the lowest index first; never the
            feature itself.
        cosines: float64 (n_looked_at, n_neighbors), to 12 decimals.
    """

    indices: NDArray[np.int64]
    cosines: NDArray[np.float64]

    def graph(self) -> torch.Tensor:
        """The symmetric graph of all these pairs, weighted by cosine; pairs at cosines up to 0 are left out. Sparse COO."""
        return symmetric_graph(torch.from_numpy(self.indices), torch.from_numpy(self.cosines))


def nearest_neighbors(
    vectors: torch.Tensor,
    n_neighbors: int,
    *,
    of_first: int | None = None,
    device: str | torch.device = "cpu",
    product_format: ProductFormat | None = None,
    watch: Watch = iter,
) -> NearestNeighbors:
    """The `n_neighbors` other rows of largest cosine to each row, as float64 orders them, on every device.

    Args:
        vectors: (n_features, d_in), any floating dtype, rows of any length but zero.
        n_neighbors: fewer than there are features.
        of_first: look for the neighbors, among all, of so many rows only; None of all.
        device: where the arithmetic is done. Beside the vectors and one copy of them it takes some 50 MB for each
            thread.
        product_format: format of the products; None takes float32 on the CPU, for coarser ones leave too many in the running,
            and the fastest where one neighbor is wanted.
        watch: wraps the loop over tiles (`saegeo_core.numerics`).

    Raises:
        ValueError: not that many other rows, or a row without a direction.
    """
    directions = Directions(vectors, device)
    n = len(directions)
    if not 0 < n_neighbors < n:
        raise ValueError(f"a row among {n} has 1 to {n - 1} neighbors, not {n_neighbors}")
    fastest = fastest_format(device, vectors.shape[1])
    if n_neighbors == 1 and of_first is None:
        return _nearest_of_each(directions, BoundedProducts(directions, product_format or fastest), watch)
    default: ProductFormat = "float32" if torch.device(device).type == "cpu" else fastest
    products_of = BoundedProducts(directions, product_format or default)
    margin = 2 * products_of.reach(1.0)
    return _settled(
        directions,
        lambda rows: products_of.tile(rows, slice(0, n)),
        lambda least: least - margin,
        n_neighbors,
        n_looked_at=n if of_first is None else of_first,
        watch=watch,
    )


def nearest_by_scores(
    vectors: torch.Tensor, scores: torch.Tensor, floor_of: Callable[[torch.Tensor], torch.Tensor], n_neighbors: int
) -> NearestNeighbors:
    """The same neighbors of all rows, from scores of all pairs that rise with the cosine: only what they leave open is multiplied.

    Args:
        vectors: (n_features, d_in), any floating dtype, rows of any length but zero.
        scores: (n_features, n_features), on the device of the vectors.
        floor_of: maps scores of pairs, (n,), to scores below which no pair lies whose cosine is as large as theirs.
        n_neighbors: fewer than there are features.

    Raises:
        ValueError: not that many other rows, or a row without a direction.
    """
    directions = Directions(vectors, scores.device)
    n = len(directions)
    if not 0 < n_neighbors < n:
        raise ValueError(f"a row among {n} has 1 to {n - 1} neighbors, not {n_neighbors}")
    return _settled(directions, lambda rows: scores[rows].clone(), floor_of, n_neighbors, n_looked_at=n)


def _settled(
    directions: Directions,
    scores_of: Callable[[slice], torch.Tensor],
    floor_of: Callable[[torch.Tensor], torch.Tensor],
    n_neighbors: int,
    *,
    n_looked_at: int,
    watch: Watch = iter,
) -> NearestNeighbors:
    """From scores of some rows with all, that may be written over; `floor_of` as above."""
    n, device = len(directions), directions.norms.device
    indices = torch.empty(n_looked_at, n_neighbors, dtype=torch.int64, device=device)
    cosines = torch.empty(n_looked_at, n_neighbors, dtype=torch.float64, device=device)
    n_listed = min(LISTED * n_neighbors, n - 1)

    def settle(rows: slice) -> None:
        scores = scores_of(rows)
        own = torch.arange(rows.start, rows.stop, device=device)
        scores[own - rows.start, own] = -torch.inf
        best, listed = largest_entries(scores, n_listed)
        floor = floor_of(best[:, n_neighbors - 1])
        listed, order = listed.sort(dim=1)  # of equally near ones the lowest comes first
        settle_among(own, listed, best.gather(1, order) >= floor[:, None])
        (more,) = (best[:, -1] >= floor).nonzero(as_tuple=True)
        if len(more) and n_listed < n - 1:
            everyone = torch.arange(n, device=device).expand(len(more), n)
            settle_among(own[more], everyone, scores[more] >= floor[more, None])

    def settle_among(some: torch.Tensor, others: torch.Tensor, running: torch.Tensor) -> None:
        places, opposites = nearest_candidates(
            running, lambda row, place: -directions.pair_cosines(some[row], others[row, place]), n_neighbors
        )
        indices[some], cosines[some] = others.gather(1, places), -opposites

    at_once = ENTRIES_AT_ONCE if device.type == "cpu" else ENTRIES_ON_ACCELERATOR
    side_by_side(settle, watch(list(row_slices(n_looked_at, max(1, at_once // n)))), device)
    return NearestNeighbors(indices.numpy(force=True), cosines.numpy(force=True))


def _nearest_of_each(directions: Directions, products_of: BoundedProducts, watch: Watch) -> NearestNeighbors:
    nearest = Partners(directions, products_of, (), +1)

    def take(place: tuple[slice, slice]) -> None:
        nearest.take(*place, products_of.tile(*place))

    side_by_side(take, watch(list(upper_tiles(len(directions), SIDE))), directions.norms.device)
    nearest.settle()
    return NearestNeighbors(nearest.partner.numpy(force=True)[:, None], nearest.best.numpy(force=True)[:, None])
