"""Who in one dictionary lies nearest to each feature of another: the cosines of all pairs are never held.

As in `nearest_neighbors`: products within a proven bound of the cosines sort out who is in the running, and whoever is has the
cosine computed in float64: the same partners on every processor.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics.bounded_products import BoundedProducts, fastest_format
from saegeo_core.numerics.directions import Directions, row_slices

ENTRIES_AT_ONCE = 2**23


@dataclass(frozen=True)
class NearestAcross:
    """Two dictionaries seen from each other.

    Attributes:
        cosine: float64 (n_first,), largest cosine of each feature of the first with one of the second, to 12 decimals.
        partner: int64 (n_first,), who has it, of several the lowest.
        reverse_cosine: float64 (n_second,), the same seen from the second.
        reverse_partner: int64 (n_second,).
    """

    cosine: NDArray[np.float64]
    partner: NDArray[np.int64]
    reverse_cosine: NDArray[np.float64]
    reverse_partner: NDArray[np.int64]

    @property
    def is_mutual(self) -> NDArray[np.bool_]:
        """Whether each feature of the first is the nearest to its own nearest, (n_first,)."""
        return np.asarray(self.reverse_partner[self.partner] == np.arange(len(self.partner)))


def nearest_across(first: Tensor, second: Tensor) -> NearestAcross:
    """The nearest in `second` of each row of `first`, and the other way round.

    Args:
        first: (n_first, d_in), any floating dtype, rows of any length but zero.
        second: (n_second, d_in), the same, on the same device.
    """
    n, device = len(first), first.device
    directions = Directions(torch.cat([first, second]), device)
    products_of = BoundedProducts(directions, fastest_format(device, first.shape[1]))

    def floor(best: Tensor) -> Tensor:
        return best - 2 * products_of.reach(best.abs())

    of_first, of_second = (torch.full((len(one),), -torch.inf, device=device) for one in (first, second))
    running = []
    for rows in row_slices(n, max(1, ENTRIES_AT_ONCE // len(second))):
        products = products_of.tile(rows, slice(n, len(directions)))
        of_first[rows] = products.amax(1)
        of_second = torch.maximum(of_second, products.amax(0))
        i, j = (products >= torch.minimum(floor(of_first[rows])[:, None], floor(of_second))).nonzero(as_tuple=True)
        running.append((i + rows.start, j, products[i, j]))
    i, j, products = (torch.cat(part) for part in zip(*running, strict=True))
    likely = (products >= floor(of_first)[i]) | (products >= floor(of_second)[j])
    i, j = i[likely], j[likely]
    cosines = directions.pair_cosines(i, n + j)
    found = [_best(i, j, cosines, n), _best(j, i, cosines, len(second))]
    return NearestAcross(*(array.numpy(force=True) for one in found for array in one))


def _best(ends: Tensor, partners: Tensor, cosines: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """The largest cosine of each of n, and the lowest partner that has it, from pairs among which they are."""
    best = torch.full((n,), -torch.inf, dtype=torch.float64, device=ends.device)
    best.scatter_reduce_(0, ends, cosines, "amax")
    wins = cosines == best[ends]
    partner = torch.full((n,), torch.iinfo(torch.int64).max, device=ends.device)
    return best, partner.scatter_reduce_(0, ends[wins], partners[wins], "amin")
