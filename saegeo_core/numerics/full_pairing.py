"""Two sets paired one to one so that the values of the pairs add up to the most, from few pairs, beside a bound over all pairs.

A linear assignment over all pairs needs all their values at once. The best pairing uses near pairs only, so it is sought among
few of them, and linear duality tells how far from the best over all pairs it can be. For any prices v of the columns, none below 0
where columns stay without a partner, and any pairing p,

    sum_i c(i, p(i)) = sum_i [c(i, p(i)) - v(p(i))] + sum_i v(p(i)) <= sum_i max_j [c(i, j) - v(j)] + sum_j v(j).

Prices exist at which both sides are equal over the few pairs (Kuhn 1955). One pass over all pairs finds the maxima on the right:
the bound. The pairs that raise them join the few, and so on until value and bound agree (column
generation, Dantzig and Wolfe 1960).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from torch import Tensor

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices

TOLERANCE = 1e-4
"""Gap between value and bound that is let stand, as a share of the value."""
ALL_AT_ONCE = 2**18
"""Entries of a matrix up to which all pairs are taken as they are."""
NEAREST = 12
"""Partners of each row, and of each column, among which a pairing is first sought."""
ENTRIES_AT_ONCE = 2**22
ROUNDING = 1e-12
SINGLE_PRECISION = 1e-6
"""Covers the rounding of a few values below 2 in single precision."""


class Pairs(NamedTuple):
    """Some pairs of a row and a column, and the value of each, all (n_pairs,)."""

    rows: Integers
    columns: Integers
    values: Floats


class Duals(NamedTuple):
    """What the rows and the columns of a pairing are worth.

    Attributes:
        profits: (n_rows,).
        prices: (n_columns,).
    """

    profits: Floats
    prices: Floats


class _Best(NamedTuple):
    """The best pairing among few pairs: the column of each row, the value of each pair, and what they are worth."""

    columns: Integers
    values: Floats
    duals: Duals


@dataclass(frozen=True)
class FullPairing:
    """Every row with a column of its own.

    Attributes:
        columns: int64 (n_rows,), the partner of each row.
        values: float64 (n_rows,), of each pair.
        bound: no pairing has a larger mean; infinity where none was sought.
    """

    columns: Integers
    values: Floats
    bound: float = np.inf

    @property
    def value(self) -> float:
        """The mean of the values."""
        return float(self.values.mean())

    @property
    def gap(self) -> float:
        """How much larger the mean of the best pairing can be, at most."""
        return self.bound - self.value


def full_pairing(
    few: Pairs,
    shape: tuple[int, int],
    beyond: Callable[[Floats, Floats], Pairs] | None,
    *,
    tolerance: float = TOLERANCE,
) -> FullPairing:
    """The pairing of all rows whose values add up to the most, as far as the tolerance.

    Args:
        few: pairs that hold a pairing of all rows, each pair once, values in [-1, 1].
        shape: rows and columns there are, no more rows than columns.
        beyond: as that of `full_pairings`, for the one pairing. None for the best among the few, with no bound.
        tolerance: gap that is let stand, as a share of the mean value.
    """
    if beyond is None:
        return FullPairing(*_best_among(few, shape)[:2])
    return full_pairings([few], shape, lambda duals: {0: beyond(*duals[0])}, tolerance=tolerance)[0]


def full_pairings(
    few: Sequence[Pairs],
    shape: tuple[int, int],
    beyond: Callable[[Mapping[int, Duals]], Mapping[int, Pairs]],
    *,
    tolerance: float = TOLERANCE,
) -> list[FullPairing]:
    """Pairings of the same rows and columns by several values at once, so that one pass serves all.

    Args:
        few: for each, pairs that hold a pairing of all rows, each pair once, values in [-1, 1].
        shape: rows and columns there are, no more rows than columns.
        beyond: given the profits u and the prices v of those not settled, by their places in `few`, gives for each
            pairs of c(i, j) - v(j) > u(i): of each row that has such pairs at least the one of the largest difference. Others
            that come near save rounds, for they may be beyond the next prices.
        tolerance: gap that is let stand, as a share of the mean value.
    """
    candidates, settled = dict(enumerate(few)), dict[int, FullPairing]()
    while candidates:
        best = {place: _best_among(one, shape) for place, one in candidates.items()}
        found = beyond({place: one.duals for place, one in best.items()})
        for place, (columns, values, (profits, prices)) in best.items():
            more, most = found[place], profits.copy()
            np.maximum.at(most, more.rows, more.values - prices[more.columns])
            bound = max(float(most.mean() + prices.sum() / len(most)), float(values.mean()))
            pairing = FullPairing(columns, values, bound)
            if not (most > profits + ROUNDING).any() or pairing.gap <= tolerance * abs(pairing.value):
                settled[place] = pairing
                del candidates[place]
            else:
                candidates[place] = distinct(joined([candidates[place], more]), shape)
    return [settled[place] for place in range(len(few))]


def full_pairing_of(values: Tensor, *, tolerance: float = TOLERANCE) -> FullPairing:
    """The same from the matrix of all values, (n_rows, n_columns) in [-1, 1], no more rows than columns; small ones exactly."""
    shape = (values.shape[0], values.shape[1])
    if values.numel() <= ALL_AT_ONCE:
        dense = values.numpy(force=True).astype(np.float64)
        rows, columns = linear_sum_assignment(dense, maximize=True)
        paired = dense[rows, columns]
        return FullPairing(columns.astype(np.int64), paired, float(paired.mean()))
    near = values.topk(min(NEAREST, shape[1]), dim=1)
    n, numbers = shape[0], torch.arange(shape[0], device=values.device)
    rows, columns = [numbers.repeat_interleave(near.indices.shape[1]), numbers], [near.indices.flatten(), numbers]
    if 2 * shape[0] > shape[1]:  # else there are columns enough for every row to choose from
        of_columns = values.topk(min(NEAREST, n), dim=0).indices
        rows.append(of_columns.flatten())
        columns.append(torch.arange(shape[1], device=values.device).repeat(len(of_columns)))
    i, j = torch.cat(rows), torch.cat(columns)

    def taken(i: Tensor, j: Tensor) -> Pairs:
        return Pairs(i.numpy(force=True), j.numpy(force=True), values[i, j].double().numpy(force=True))

    def beyond(profits: Floats, prices: Floats) -> Pairs:
        floors, costs = (torch.from_numpy(one).to(values) for one in (profits, prices))
        found = []
        for rows in row_slices(n, max(1, ENTRIES_AT_ONCE // shape[1])):
            gains = values[rows] - costs
            in_question = gains >= torch.maximum(gains.amax(1), floors[rows])[:, None] - SINGLE_PRECISION
            found.append(np.flatnonzero(in_question.numpy(force=True)) + rows.start * shape[1])
        entries = np.concatenate(found)
        likely = taken(*(torch.from_numpy(part).to(values.device) for part in np.divmod(entries, shape[1])))
        is_beyond = likely.values - prices[likely.columns] > profits[likely.rows] + ROUNDING
        return Pairs(likely.rows[is_beyond], likely.columns[is_beyond], likely.values[is_beyond])

    return full_pairing(distinct(taken(i, j), shape), shape, beyond, tolerance=tolerance)


def joined(parts: Sequence[Pairs]) -> Pairs:
    """All pairs of several lists, one after the other."""
    return Pairs(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def distinct(pairs: Pairs, shape: tuple[int, int]) -> Pairs:
    """Each pair once."""
    first = np.unique(pairs.rows * shape[1] + pairs.columns, return_index=True)[1]
    return Pairs(pairs.rows[first], pairs.columns[first], pairs.values[first])


def _best_among(few: Pairs, shape: tuple[int, int]) -> _Best:
    """By what each pair falls short of 2: above 0, for a sparse matrix knows no pair of weight 0."""
    graph = coo_array((2.0 - few.values, (few.rows, few.columns)), shape=shape).tocsr()
    graph.sort_indices()
    columns = np.asarray(min_weight_full_bipartite_matching(graph)[1], np.int64)
    return _Best(columns, *_values_and_duals(graph, columns))


def _values_and_duals(graph: csr_array, partners: Integers) -> tuple[Floats, Duals]:
    """The value of each row's pair, then profits and prices at which no pair of the graph is worth more, and these are worth it.

    The price of a taken column is what the pairing loses without it, at most: the shortest way to a free column, or to any where
    none is free, along which rows change partners (Bellman and Ford, all rows at once).
    """
    n, starts, columns = len(partners), graph.indptr[:-1], graph.indices
    row_of = np.repeat(np.arange(n), np.diff(graph.indptr))
    offered, is_taken = 2.0 - graph.data, columns == partners[row_of]
    values = np.empty(n)
    values[row_of[is_taken]] = offered[is_taken]
    loss = values[row_of] - offered
    prices = np.zeros(graph.shape[1])
    if n < len(prices):
        prices[partners] = 2.0  # no column is worth more where another one is free
    moved = np.inf
    for _ in range(n):
        if moved <= ROUNDING:
            break
        lower = np.minimum(prices[partners], np.minimum.reduceat(loss + prices[columns], starts))
        moved = float((prices[partners] - lower).max())
        prices[partners] = lower
    if n < len(prices):
        np.maximum(prices, 0.0, out=prices)
    return values, Duals(np.maximum.reduceat(offered - prices[columns], starts), prices)
