"""Features of two dictionaries paired one to one, at a size at which the cosines of all pairs cannot be held.

The pairs worth a thought are found by their products as these pass by; what the pairing and its bound (`full_pairing`) rest on are
cosines in float64.
"""

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.across import CosinesAcross
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.full_pairing import (
    NEAREST,
    ROUNDING,
    TOLERANCE,
    FullPairing,
    Pairs,
    distinct,
    full_pairing,
    joined,
)
from saegeo_core.numerics.true_places import true_places

SLABS = 2 * NEAREST
"""Of rows, of which each column's nearest are kept: enough that a dozen of these are among its nearest of all."""


class NearPairs:
    """The nearest columns of each row and the nearest rows of each column, gathered while the values of all pairs pass by.

    Rows in full. For columns the nearest row of each slab of rows, and of these the nearest.

    Args:
        shape: rows and columns, no more rows than columns.
        device: where the values are.
        absolute: whether a value counts without its sign.
    """

    def __init__(self, shape: tuple[int, int], device: str | torch.device = "cpu", *, absolute: bool = False) -> None:
        self.shape, self._absolute = shape, absolute
        self._height = -(-shape[0] // SLABS)
        self._of_rows: list[tuple[Tensor, Tensor]] = []
        slabs = -(-shape[0] // self._height)
        self._value = torch.full((slabs, shape[1]), -torch.inf, device=device)
        self._row = torch.zeros((slabs, shape[1]), dtype=torch.int64, device=device)
        self._diagonal = torch.empty(shape[0], device=device)

    def look(self, rows: slice, values: Tensor) -> None:
        """See the values of some rows, (n_rows, n_columns), rows in ascending order."""
        values = values.abs() if self._absolute else values
        near = values.topk(min(NEAREST, self.shape[1]), dim=1)
        self._of_rows.append((near.indices, near.values))
        self._diagonal[rows] = values[:, rows].diagonal()
        for slab in range(rows.start // self._height, (rows.stop - 1) // self._height + 1):
            start = max(rows.start, slab * self._height)
            part = values[start - rows.start : (slab + 1) * self._height - rows.start]
            best = part.amax(0)
            i, j = true_places(part == best)
            lowest = torch.full_like(self._row[slab], self.shape[0]).scatter_reduce_(0, j, i + start, "amin")
            self._row[slab] = torch.where(best > self._value[slab], lowest, self._row[slab])
            self._value[slab] = torch.maximum(best, self._value[slab])

    def pairs(self) -> Pairs:
        """Those found, and of each row the column of its own number, so that all rows can be paired; each once."""
        n, m = self.shape
        columns, values = (torch.cat(part) for part in zip(*self._of_rows, strict=True))
        numbers = torch.arange(n, device=columns.device)
        best, slab = self._value.topk(min(NEAREST, len(self._value)), dim=0)
        found = [
            (numbers.repeat_interleave(columns.shape[1]), columns.flatten(), values.flatten()),
            (
                self._row.gather(0, slab).flatten(),
                torch.arange(m, device=columns.device).repeat(len(slab)),
                best.flatten(),
            ),
            (numbers, numbers, self._diagonal),
        ]
        return distinct(joined([_pairs(*one) for one in found]), self.shape)


def pairing_across(
    across: CosinesAcross, near: NearPairs, *, absolute: bool = False, tolerance: float = TOLERANCE
) -> FullPairing:
    """The pairing of all features of the first dictionary whose cosines add up to the most, as far as the tolerance.

    Args:
        across: cosines of a dictionary with another that is no smaller.
        near: has seen its products, signed or absolute as the cosines are to be.
        absolute: whether a cosine counts without its sign.
        tolerance: gap between value and bound that is let stand, as a share of the value.
    """

    def exact(i: Tensor, j: Tensor) -> Pairs:
        cosines = across.exact(i, j)
        return _pairs(i, j, cosines.abs() if absolute else cosines)

    def beyond(profits: Floats, prices: Floats) -> Pairs:
        floors, costs = (torch.from_numpy(one).to(across.device, torch.float32) for one in (profits, prices))
        found = []
        for rows, products in across.tiles():
            gains = products.abs() if absolute else products
            lowest, highest = gains.aminmax(dim=1)
            reach = across.reach(torch.maximum(lowest.abs(), highest.abs()))
            gains = gains - costs
            floor = torch.maximum(gains.amax(1) - 2 * reach, floors[rows] - reach)
            i, j = true_places(gains >= floor[:, None])
            found.append((i + rows.start, j))
        likely = exact(*(torch.cat(part) for part in zip(*found, strict=True)))
        is_beyond = likely.values - prices[likely.columns] > profits[likely.rows] + ROUNDING
        return Pairs(likely.rows[is_beyond], likely.columns[is_beyond], likely.values[is_beyond])

    likely = near.pairs()
    few = exact(*(torch.from_numpy(part).to(across.device) for part in (likely.rows, likely.columns)))
    return full_pairing(few, across.shape, beyond, tolerance=tolerance)


def _pairs(i: Tensor, j: Tensor, values: Tensor) -> Pairs:
    return Pairs(i.numpy(force=True), j.numpy(force=True), values.numpy(force=True).astype(np.float64))
