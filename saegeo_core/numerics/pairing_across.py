"""Features of two dictionaries paired one to one, at a size at which the cosines of all pairs cannot be held.

The pairs worth a thought are found by their products as these pass by; what the pairing and its bound (`full_pairing`) rest on are
cosines in float64.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics import Watch
from saegeo_core.numerics.across import CosinesAcross
from saegeo_core.numerics.full_pairing import (
    NEAREST,
    TOLERANCE,
    Duals,
    FullPairing,
    Pairs,
    distinct,
    full_pairings,
    joined,
)
from saegeo_core.numerics.gathered import Gathered
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
        self.shape, self.absolute = shape, absolute
        self._height = -(-shape[0] // SLABS)
        n_near = min(NEAREST, shape[1])
        self._near_column = torch.empty((shape[0], n_near), dtype=torch.int64, device=device)
        self._near_value = torch.empty((shape[0], n_near), device=device)
        slabs = -(-shape[0] // self._height)
        self._value = torch.full((slabs, shape[1]), -torch.inf, device=device)
        self._row = torch.zeros((slabs, shape[1]), dtype=torch.int64, device=device)
        self._diagonal = torch.empty(shape[0], device=device)

    def look(self, rows: slice, values: Tensor) -> None:
        """See the values of some rows, (n_rows, n_columns), rows in ascending order."""
        values = values.abs() if self.absolute else values
        near = values.topk(self._near_column.shape[1], dim=1)
        self._near_column[rows], self._near_value[rows] = near.indices, near.values
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
        columns, values = self._near_column, self._near_value
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


def pairings_across(
    across: CosinesAcross, near: Sequence[NearPairs], *, tolerance: float = TOLERANCE, watch: Watch = iter
) -> list[FullPairing]:
    """Pairings of all features of the first dictionary whose cosines add up to the most, as far as the tolerance.

    Args:
        across: cosines of a dictionary with another that is no smaller.
        near: for each pairing, what has seen the products: signed or absolute, as its cosines are to be.
        tolerance: gap between value and bound that is let stand, as a share of the value.
        watch: wraps each pass over tiles (`saegeo_core.numerics`).
    """

    def exact(i: Tensor, j: Tensor, *, absolute: bool) -> Pairs:
        cosines = across.exact(i, j)
        return _pairs(i, j, cosines.abs() if absolute else cosines)

    def beyond(duals: Mapping[int, Duals]) -> dict[int, Pairs]:
        worth = {
            place: [torch.from_numpy(part).to(across.device, torch.float32) for part in one]
            for place, one in duals.items()
        }
        likely = {place: Gathered([torch.int64, torch.int64], across.device) for place in duals}
        for rows, products in across.tiles(watch):
            sizes = products.abs()
            reach = across.reach(sizes.amax(1))
            for place, (profits, prices) in worth.items():
                gains = (sizes if near[place].absolute else products) - prices
                i, j = true_places(gains >= (profits[rows] - reach)[:, None])
                likely[place].add(i + rows.start, j)
        return {place: exact(*one.columns, absolute=near[place].absolute) for place, one in likely.items()}

    few = []
    for one in near:
        likely = one.pairs()
        i, j = (torch.from_numpy(part).to(across.device) for part in (likely.rows, likely.columns))
        few.append(exact(i, j, absolute=one.absolute))
    return full_pairings(few, across.shape, beyond, tolerance=tolerance)


def _pairs(i: Tensor, j: Tensor, values: Tensor) -> Pairs:
    return Pairs(i.numpy(force=True), j.numpy(force=True), values.numpy(force=True).astype(np.float64))
