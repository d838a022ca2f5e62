"""Graphs that join each feature to the few most like it: what is left of a matrix of affinities that does not fit in memory."""

import torch
from torch import Tensor

from saegeo_core.numerics.directions import row_slices

COLUMN_BITS = 32
COLUMN_MASK = 2**COLUMN_BITS - 1
ENTRIES_AT_ONCE = 2**23


class LargestPartners:
    """For each feature the partners with the largest positive values, from tiles of a symmetric matrix in any order.

    Values are float32. A value and its partner are packed into one 64-bit key: the bits of positive floats order as integers
    do, and below them stands the partner's number, negated. So the largest keys are the largest values, among equal ones the
    lowest partners, and neither tiles nor devices change the answer.

    Args:
        n_features: side of the matrix.
        n_partners: how many to keep for each feature.
        device: where tiles come from.
    """

    def __init__(self, n_features: int, n_partners: int, device: str | torch.device = "cpu") -> None:
        self._keys = torch.zeros(n_features, n_partners, dtype=torch.int64, device=device)

    def offer(self, rows: slice, columns: slice, values: Tensor) -> None:
        """Let the features `columns` compete as partners of the features `rows`; each pair may be offered once.

        Args:
            rows: a range with start and stop.
            columns: another. A feature is no partner of itself.
            values: (n_rows, n_columns), rounded to float32; those not above 0 do not compete.
        """
        numbers = torch.arange(columns.start, columns.stop, device=values.device)
        height = max(1, ENTRIES_AT_ONCE // values.shape[1])
        for some in row_slices(rows.stop, height, rows.start):
            positive = values[some.start - rows.start : some.stop - rows.start].float().clamp_min(0)
            own = torch.arange(some.start, some.stop, device=values.device)[:, None] == numbers
            bits = positive.masked_fill_(own, 0).contiguous().view(torch.int32).long()
            keys = torch.cat([self._keys[some], (bits << COLUMN_BITS) | (COLUMN_MASK - numbers)], dim=1)
            self._keys[some] = keys.topk(self._keys.shape[1], dim=1, sorted=False).values

    def graph(self) -> Tensor:
        """The symmetric graph of all kept pairs."""
        partners = COLUMN_MASK - (self._keys & COLUMN_MASK)
        values = (self._keys >> COLUMN_BITS).int().view(torch.float32)
        return symmetric_graph(partners, values)


def symmetric_graph(partners: Tensor, values: Tensor) -> Tensor:
    """The graph in which i and j are joined if either has the other among its partners: sparse COO (n, n), float32.

    Args:
        partners: integers (n, n_partners).
        values: (n, n_partners), the weight of each edge, the same seen from both ends; edges not above 0 are left out.
    """
    n = len(partners)
    feature = torch.arange(n, device=partners.device)[:, None].expand_as(partners)
    weighty = values > 0
    low = torch.minimum(feature, partners)[weighty]
    high = torch.maximum(feature, partners)[weighty]
    pairs, edge_of = torch.unique(low * n + high, return_inverse=True)
    weights = torch.zeros(len(pairs), device=values.device).index_put_((edge_of,), values[weighty].float())
    low, high = pairs // n, pairs % n
    ends = torch.stack([torch.cat([low, high]), torch.cat([high, low])])
    return torch.sparse_coo_tensor(ends, weights.repeat(2), (n, n), check_invariants=True).coalesce()
