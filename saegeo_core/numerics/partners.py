"""Each feature's partners on one side of zero: how many lie beyond given cosines, and which is the strongest.

Tiles arrive in any order and from any thread; what is left at the end does not depend on either.
"""

from collections.abc import Sequence
from threading import Lock

import torch
from torch import Tensor

from saegeo_core.numerics.bounded_products import BoundedProducts
from saegeo_core.numerics.closer_products import closer_products
from saegeo_core.numerics.cosine_tile import CosineTile
from saegeo_core.numerics.directions import Directions, row_slices
from saegeo_core.numerics.side_by_side import side_by_side

MOST_WAITING = 1 << 20
"""Entries kept for later, 20 bytes each."""

PAIRS_AT_ONCE = 2048


class Partners:
    """What is known of every feature on one side of zero, from the tiles taken so far, in any order and from any thread.

    Entries that may be a feature's best wait until the bound on that best has risen, so that few need the exact cosine.

    Attributes:
        counts: shape (n_thresholds, n_features), partners beyond each threshold.
        best: shape (n_features,), the largest exact value of sign * cosine so far.
        partner: shape (n_features,), who has it.
    """

    def __init__(
        self, directions: Directions, bounded: BoundedProducts, thresholds: Sequence[float], sign: int
    ) -> None:
        n_features, device = len(directions), directions.norms.device
        self._directions, self._bounded, self._thresholds, self._sign = directions, bounded, thresholds, sign
        self._closer = closer_products(directions, bounded)
        self._lock = Lock()
        self.counts = torch.zeros((len(thresholds), n_features), dtype=torch.int64, device=device)
        self.best = torch.full((n_features,), -torch.inf, dtype=torch.float64, device=device)
        self.partner = torch.full((n_features,), n_features, dtype=torch.int64, device=device)
        self._at_least = self.best.float()  # what the best is known to reach, exactly computed or not
        self._waiting: list[tuple[Tensor, Tensor, Tensor]] = []
        self._n_waiting = 0

    def take(self, rows: slice, columns: slice, products: Tensor) -> None:
        """Count the tile's partners beyond the thresholds and note whatever may be a feature's best."""
        tile = CosineTile(self._directions, self._closer, rows, columns, products, sign=self._sign)
        for counts, threshold in zip(self.counts, self._thresholds, strict=True):
            beyond = tile.n_beyond(threshold, self._bounded.reach(threshold))
            if beyond is not None:
                with self._lock:
                    counts[rows] += beyond[0]
                    counts[columns] += beyond[1]
        self._seek_best(tile)

    def settle(self) -> None:
        """Compute the exact cosines of the waiting entries that may still be a feature's best."""
        if self._n_waiting == 0:
            return
        i, j, products = (torch.cat(parts) for parts in zip(*self._waiting, strict=True))
        self._waiting, self._n_waiting = [], 0
        top = torch.full_like(self._at_least, -torch.inf)
        top.scatter_reduce_(0, i, products, "amax").scatter_reduce_(0, j, products, "amax")
        favorites = (products == top[i]) | (products == top[j])
        self._offer_pairs(i[favorites], j[favorites])
        # Exact cosines of the favorites are bounds twice as sharp as their products: most of the rest fall away.
        floor = self._rival_floor(self._at_least)
        rivals = ((products > floor[i]) | (products > floor[j])) & ~favorites
        self._offer_pairs(i[rivals], j[rivals])

    def _seek_best(self, tile: CosineTile) -> None:
        with self._lock:
            self._raise(tile.rows, tile.row_best)
            self._raise(tile.columns, tile.column_best)
            floors = [self._rival_floor(self._at_least[some]) for some in (tile.rows, tile.columns)]
        row, column, products = tile.above(*floors)
        if tile.crowded(len(row)):
            offers = [
                _best_of_rows(tile.exact_block, tile.rows, tile.columns),
                _best_of_rows(tile.exact_block.T, tile.columns, tile.rows),
            ]
            with self._lock:
                for offer in offers:
                    self._offer(*offer)
        else:
            with self._lock:
                self._waiting.append((row + tile.rows.start, column + tile.columns.start, products))
                self._n_waiting += len(row)
                if self._n_waiting > MOST_WAITING:
                    self.settle()

    def _raise(self, features: slice, best_product: Tensor) -> None:
        ensured = best_product - self._bounded.reach(best_product.abs())
        self._at_least[features] = torch.maximum(self._at_least[features], ensured)

    def _rival_floor(self, at_least: Tensor) -> Tensor:
        """What a product must exceed for its cosine to be, perhaps, at least that much."""
        return at_least - self._bounded.reach(at_least.abs())

    def _offer_pairs(self, i: Tensor, j: Tensor) -> None:
        cosines = torch.empty(len(i), dtype=torch.float64, device=i.device)

        def compute(pairs: slice) -> None:
            cosines[pairs] = self._sign * self._directions.pair_cosines(i[pairs], j[pairs])

        side_by_side(compute, row_slices(len(i), PAIRS_AT_ONCE), i.device)
        self._offer(i, j, cosines)
        self._offer(j, i, cosines)

    def _offer(self, features: Tensor, partners: Tensor, cosines: Tensor) -> None:
        """Let exact cosines compete with the best so far; among equal ones the lowest partner wins."""
        best = self.best.scatter_reduce(0, features, cosines, "amax")
        self.partner[best > self.best] = len(best)
        wins = cosines == best[features]
        self.partner.scatter_reduce_(0, features[wins], partners[wins], "amin")
        self.best = best
        self._at_least = torch.maximum(self._at_least, best.float())


def _best_of_rows(cosines: Tensor, rows: slice, columns: slice) -> tuple[Tensor, Tensor, Tensor]:
    """For every row its number, the lowest column that has its largest entry, and that entry."""
    best = cosines.amax(1)
    numbers = torch.arange(columns.start, columns.stop, device=best.device)
    lowest = torch.where(cosines == best[:, None], numbers, columns.stop).amin(1)
    return torch.arange(rows.start, rows.stop, device=best.device), lowest, best
