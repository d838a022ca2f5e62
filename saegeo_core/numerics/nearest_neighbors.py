"""The exact k nearest neighbors of each feature by cosine, a few rows of products at a time.

As in `pairwise_cosine`: products are multiplied cheaply within a proven bound of the cosines, and every partner that the
bound leaves in the running is settled in float64. The k-th largest product lies within the bound of a true k-th cosine, so
whoever is among the nearest has a product no more than twice the bound below it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.numerics.bounded_products import BoundedProducts, ProductFormat, fastest_format
from saegeo_core.numerics.directions import Directions, row_slices
from saegeo_core.numerics.nearest_candidates import nearest_candidates
from saegeo_core.numerics.neighbor_graph import symmetric_graph
from saegeo_core.numerics.side_by_side import side_by_side

ENTRIES_AT_ONCE = 2**22


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
) -> NearestNeighbors:
    """The `n_neighbors` other rows of largest cosine to each row, as float64 orders them, on every device.

    Args:
        vectors: (n_features, d_in), any floating dtype, rows of any length but zero.
        n_neighbors: fewer than there are features.
        of_first: look for the neighbors, among all, of so many rows only; None of all.
        device: where the arithmetic is done. Beside the vectors and one copy of them it takes some 300 MB.
        product_format: format of the products; None takes float32 on the CPU: coarser ones leave too many in the running.

    Raises:
        ValueError: not that many other rows, or a row without a direction.
    """
    directions = Directions(vectors, device)
    n = len(directions)
    if not 0 < n_neighbors < n:
        raise ValueError(f"a row among {n} has 1 to {n - 1} neighbors, not {n_neighbors}")
    default: ProductFormat = (
        "float32" if torch.device(device).type == "cpu" else fastest_format(device, vectors.shape[1])
    )
    products_of = BoundedProducts(directions, product_format or default)
    margin = 2 * products_of.reach(1.0)
    n_looked_at = n if of_first is None else of_first
    indices = torch.empty(n_looked_at, n_neighbors, dtype=torch.int64, device=device)
    cosines = torch.empty(n_looked_at, n_neighbors, dtype=torch.float64, device=device)

    def settle(rows: slice) -> None:
        products = products_of.tile(rows, slice(0, n))
        own = torch.arange(rows.start, rows.stop, device=device)
        products[own - rows.start, own] = -torch.inf
        floor = products.topk(n_neighbors, dim=1).values[:, -1:] - margin
        indices[rows], opposites = nearest_candidates(
            products >= floor, lambda row, column: -directions.pair_cosines(own[row], column), n_neighbors
        )
        cosines[rows] = -opposites

    side_by_side(settle, row_slices(n_looked_at, max(1, ENTRIES_AT_ONCE // n)), device)
    return NearestNeighbors(indices.numpy(force=True), cosines.numpy(force=True))
