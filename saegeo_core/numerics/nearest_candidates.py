"""The exact nearest columns of each row, among those that cheap scores with a proven bound leave in the running."""

from collections.abc import Callable

import torch
from torch import Tensor


def nearest_candidates(
    running: Tensor, distances_of: Callable[[Tensor, Tensor], Tensor], n_neighbors: int
) -> tuple[Tensor, Tensor]:
    """The candidates at the least distances, the nearest first, of equally near ones the lowest column first.

    Args:
        running: bool (n_rows, n_columns), at least `n_neighbors` candidates in each row, the nearest of all columns among them.
        distances_of: maps rows and columns of pairs, both (n_pairs,), to their exact distances, float64 (n_pairs,).
        n_neighbors: how many to find in each row.

    Returns:
        Columns, int64, and distances, float64, both (n_rows, n_neighbors).
    """
    row, column = running.nonzero(as_tuple=True)
    distances = distances_of(row, column)
    nearest = distances.sort(stable=True).indices
    order = nearest[row[nearest].sort(stable=True).indices]
    first = torch.searchsorted(row, torch.arange(len(running), device=row.device))
    chosen = order[first[:, None] + torch.arange(n_neighbors, device=row.device)]
    return column[chosen], distances[chosen]
