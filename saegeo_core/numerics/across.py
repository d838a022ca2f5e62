"""Who in one dictionary lies nearest to each feature of another: the cosines of all pairs are never held.

As in `nearest_neighbors`: products within a proven bound of the cosines sort out who is in the running, and whoever is has the
cosine computed in float64: the same partners on every processor.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.bounded_products import BoundedProducts, Number, fastest_format
from saegeo_core.numerics.directions import Directions, row_slices
from saegeo_core.numerics.gathered import Gathered
from saegeo_core.numerics.true_places import true_places

ENTRIES_AT_ONCE = 2**23

Look = Callable[[slice, Tensor], None]
"""Looks at some rows of the products of all pairs, (n_rows, n_second), and leaves them as they are."""


class CosinesAcross:
    """The cosines between the rows of two dictionaries: quickly within a bound, and exactly where they are asked for.

    Args:
        first: (n_first, d_in), any floating dtype, rows of any length but zero.
        second: (n_second, d_in), the same, on the same device.

    Attributes:
        shape: n_first and n_second.
        device: where the arithmetic is done.
    """

    def __init__(self, first: Tensor, second: Tensor) -> None:
        self.shape, self.device = (len(first), len(second)), first.device
        self._directions = Directions(torch.cat([first, second]), self.device)
        self._products_of = BoundedProducts(self._directions, fastest_format(self.device, first.shape[1]))

    def tiles(self, watch: Watch = iter) -> Iterator[tuple[slice, Tensor]]:
        """Some rows of the first after the other, and their products with all of the second, float32."""
        n, m = self.shape
        for rows in watch(list(row_slices(n, max(1, ENTRIES_AT_ONCE // m)))):
            yield rows, self._products_of.tile(rows, slice(n, n + m))

    def reach(self, size: Number) -> Number:
        """How far a product of absolute value ``size`` may lie from its cosine."""
        return self._products_of.reach(size)

    def exact(self, i: Tensor, j: Tensor) -> Tensor:
        """The cosines of pairs, numbers in the first and in the second, all (n_pairs,), float64, to 12 decimals."""
        return self._directions.pair_cosines(i, self.shape[0] + j)


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

    @property
    def reversed(self) -> "NearestAcross":
        """The same with the second dictionary as the first."""
        return NearestAcross(self.reverse_cosine, self.reverse_partner, self.cosine, self.partner)


def nearest_across(across: CosinesAcross, *, looks: Sequence[Look] = (), watch: Watch = iter) -> NearestAcross:
    """The nearest in the second dictionary of each row of the first, and the other way round.

    Args:
        across: their cosines.
        looks: what else is shown the products, in the same pass.
        watch: wraps the loop over tiles (`saegeo_core.numerics`).
    """
    n, m = across.shape

    def floor(best: Tensor) -> Tensor:
        return best - 2 * across.reach(best.abs())

    of_first, of_second = (torch.full((size,), -torch.inf, device=across.device) for size in (n, m))
    running = Gathered([torch.int64, torch.int64, torch.float32], across.device)
    for rows, products in across.tiles(watch):
        of_first[rows] = products.amax(1)
        of_second = torch.maximum(of_second, products.amax(0))
        in_running = products >= torch.minimum(floor(of_first[rows])[:, None], floor(of_second))
        i, j = true_places(in_running)
        running.add(i + rows.start, j, products[i, j])
        for look in looks:
            look(rows, products)
    i, j, products = running.columns
    likely = (products >= floor(of_first)[i]) | (products >= floor(of_second)[j])
    i, j = i[likely], j[likely]
    cosines = across.exact(i, j)
    found = [_best(i, j, cosines, n), _best(j, i, cosines, m)]
    return NearestAcross(*(array.numpy(force=True) for one in found for array in one))


def _best(ends: Tensor, partners: Tensor, cosines: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """The largest cosine of each of n, and the lowest partner that has it, from pairs among which they are."""
    best = torch.full((n,), -torch.inf, dtype=torch.float64, device=ends.device)
    best.scatter_reduce_(0, ends, cosines, "amax")
    wins = cosines == best[ends]
    partner = torch.full((n,), torch.iinfo(torch.int64).max, device=ends.device)
    return best, partner.scatter_reduce_(0, ends[wins], partners[wins], "amin")
