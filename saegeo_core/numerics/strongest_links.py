"""The pairs of features that lie nearest to each other: all pairs are looked at, so many are kept.

Products within a proven bound of the cosines sort out who is in question, and whoever is has the cosine computed in float64: the
same pairs on every processor.
"""

from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.bounded_products import BoundedProducts, fastest_format
from saegeo_core.numerics.directions import Directions, row_slices
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.numerics.true_places import true_places
from saegeo_core.numerics.upper_tiles import upper_tiles

PER_FEATURE = 16

MOST_WAITING = 1 << 20
"""Pairs kept for later, 20 bytes each."""


@dataclass(frozen=True)
class Links:
    """Pairs of features, the nearest first, of equally near ones in the order of their numbers.

    Attributes:
        first: int64 (n_links,).
        second: int64 (n_links,), > `first`.
        cosines: float64 (n_links,), to 12 decimals.
    """

    first: Integers
    second: Integers
    cosines: Floats

    def strongest(self, most: int) -> "Links":
        """The first `most` of them, after they were put in order."""
        order = np.lexsort((self.second, self.first, -self.cosines))[:most]
        return Links(self.first[order], self.second[order], self.cosines[order])

    def and_also(self, first: Integers, second: Integers, cosines: Floats) -> "Links":
        """These and others, in no order."""
        return Links(
            np.concatenate([self.first, first]),
            np.concatenate([self.second, second]),
            np.concatenate([self.cosines, cosines]),
        )


NO_LINKS = Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


class LinkSearch:
    """The pairs at a cosine above a threshold, or the nearest of them if there are too many, from tiles of products.

    Tiles arrive in any order and from any thread; what is found depends on neither. Pairs wait until there are many, so that few
    need the exact cosine once it is known how near the nearest are.
    """

    def __init__(
        self, directions: Directions, bounded: BoundedProducts, threshold: float, *, per_feature: int = PER_FEATURE
    ) -> None:
        self._directions, self._threshold, self._reach = directions, threshold, bounded.reach(1.0)
        self._most = per_feature * len(directions)
        self._floor = -1.0  # of so many pairs known none is farther apart
        self._kept = NO_LINKS
        # Room that is kept: small arrays that outlive a tile would lie in the memory it leaves, which the next then cannot use.
        room, device = 2 * MOST_WAITING, directions.norms.device
        self._first, self._second = (torch.empty(room, dtype=torch.int64, device=device) for _ in range(2))
        self._products = torch.empty(room, device=device)
        self._n_waiting = 0
        self._lock = Lock()

    def take(self, rows: slice, columns: slice, products: Tensor) -> None:
        """Note the pairs of a tile that may be links: those of a row and a later one."""
        row, column = true_places(products >= self._least_product)
        first, second = row + rows.start, column + columns.start
        if rows.stop > columns.start:
            later = first < second
            row, column, first, second = row[later], column[later], first[later], second[later]
        beyond = products[row, column]
        for some in row_slices(len(row), MOST_WAITING):
            with self._lock:
                room = slice(self._n_waiting, self._n_waiting + len(row[some]))
                self._first[room], self._second[room], self._products[room] = first[some], second[some], beyond[some]
                self._n_waiting = room.stop
                if self._n_waiting > MOST_WAITING:
                    self._settle()

    def links(self) -> Links:
        """What the tiles taken so far hold."""
        with self._lock:
            self._settle()
            return self._kept.strongest(self._most)

    @property
    def _least_product(self) -> float:
        return max(self._threshold, self._floor) - self._reach

    def _settle(self) -> None:
        """Compute the exact cosines of the pairs that wait and may still be links."""
        waiting, self._n_waiting = slice(self._n_waiting), 0
        first, second, products = self._first[waiting], self._second[waiting], self._products[waiting]
        if len(first) > self._most:
            nearest_first = products.argsort(descending=True)
            first, second, products = first[nearest_first], second[nearest_first], products[nearest_first]
        for some in row_slices(len(first), self._most):
            likely = products[some] >= self._least_product
            i, j = first[some][likely], second[some][likely]
            cosines = self._directions.pair_cosines(i, j).numpy(force=True)
            linked = (cosines > self._threshold) & (cosines >= self._floor)
            self._kept = self._kept.and_also(i.numpy(force=True)[linked], j.numpy(force=True)[linked], cosines[linked])
            if len(self._kept.first) > 2 * self._most:
                self._kept = self._kept.strongest(self._most)
                self._floor = float(self._kept.cosines[-1])


def strongest_links(
    vectors: Tensor,
    threshold: float,
    *,
    per_feature: int = PER_FEATURE,
    device: str | torch.device = "cpu",
    watch: Watch = iter,
) -> Links:
    """The pairs at a cosine above `threshold`; of more than `per_feature` * n_features the nearest.

    Args:
        vectors: (n_features, d_in), any floating dtype, rows of any length but zero.
        threshold: a cosine.
        per_feature: how many are kept for each feature, on the average.
        device: where the products are made. Beside the vectors it takes a copy of them in the format of the products.
        watch: wraps the loop over tiles (`saegeo_core.numerics`).

    Raises:
        ValueError: a row without a direction.
    """
    directions = Directions(vectors, device)
    products_of = BoundedProducts(directions, fastest_format(device, vectors.shape[1]))
    search = LinkSearch(directions, products_of, threshold, per_feature=per_feature)

    def take(tile: tuple[slice, slice]) -> None:
        search.take(*tile, products_of.tile(*tile))

    side_by_side(take, watch(upper_tiles(len(directions))), device)
    return search.links()
