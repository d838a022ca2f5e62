"""The affinities that are clustered: how alike two features fire, from counts of blocks alone, and the paper's of directions.

Of T blocks, feature i fires in C_i, feature j in C_j, both in C_ij. Every measure is a function of these four numbers, and
maps a tile of pairs at once:

    measure(together, left, right, n_blocks) -> float64 (n_rows, n_columns)

with `together` the counts C_ij (n_rows, n_columns), `left` the C_i of the rows, `right` the C_j of the columns. Where a
measure is 0/0 (a feature that never fires, or always) it is 0, as published. Never more than two counts are multiplied: the
product of four, as in the published phi, overflows 64-bit integers from some 110,000 blocks on.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.neighbor_graph import LargestPartners
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.numerics.upper_tiles import upper_tiles

Measure = Callable[[Tensor, Tensor, Tensor, int], Tensor]
CountTile = Callable[[slice, slice], Tensor]
"""Maps a range of rows and one of columns to the co-occurrence counts (n_rows, n_columns) between them."""

SIDE = 256
"""Of a tile of a measure, half a megabyte of float64, which is gone over several times near the core."""
PARTNER_ROWS_AT_ONCE = 512
ANGLE_SIDE = 2048
"""Of a tile of angles: each pair is multiplied once, and its angle written on both sides of the diagonal."""

ROUNDING_OF_ANGLES = 2.0**-19
"""Of an angle in units of pi, of its cosine, and of the lengths of rows: float32 is off by less than a tenth of that in each."""


def simple_matching(together: Tensor, left: Tensor, right: Tensor, n_blocks: int) -> Tensor:
    """Share of blocks on which both agree, (n11 + n00) / T, in [0, 1]."""
    both, one, other = _as_floats(together, left, right)
    return both.mul_(2).add_(n_blocks - one).sub_(other).div_(n_blocks)


def jaccard(together: Tensor, left: Tensor, right: Tensor, n_blocks: int) -> Tensor:  # noqa: ARG001
    """Blocks with both over blocks with either, n11 / (n11 + n10 + n01), in [0, 1]."""
    both, one, other = _as_floats(together, left, right)
    return both.div_((_not_zero(one) + _not_zero(other)).sub_(both))


def dice(together: Tensor, left: Tensor, right: Tensor, n_blocks: int) -> Tensor:  # noqa: ARG001
    """2 n11 / (C_i + C_j), in [0, 1]."""
    both, one, other = _as_floats(together, left, right)
    return both.mul_(2).div_(_not_zero(one) + _not_zero(other))


def overlap(together: Tensor, left: Tensor, right: Tensor, n_blocks: int) -> Tensor:  # noqa: ARG001
    """Blocks with both over those of the rarer feature, n11 / min(C_i, C_j), in [0, 1]."""
    both, one, other = _as_floats(together, left, right)
    return both.div_(torch.minimum(_not_zero(one), _not_zero(other)))


def phi(together: Tensor, left: Tensor, right: Tensor, n_blocks: int) -> Tensor:
    """Correlation of the two firing indicators, (T C_ij - C_i C_j) / (s_i s_j) with s = sqrt(C (T - C)), in [-1, 1]."""
    both, one, other = _as_floats(together, left, right)
    spread_one = one.sqrt() * (n_blocks - one).sqrt()
    spread_other = other.sqrt() * (n_blocks - other).sqrt()
    return both.mul_(n_blocks).addcmul_(one, other, value=-1).div_(_not_zero(spread_one) * _not_zero(spread_other))


def positive_phi(together: Tensor, left: Tensor, right: Tensor, n_blocks: int) -> Tensor:
    """max(phi, 0): the affinity that is clustered. Adding 1 instead lets frequency and block richness lead."""
    return phi(together, left, right, n_blocks).clamp_(min=0)


def shifted_phi(together: Tensor, left: Tensor, right: Tensor, n_blocks: int) -> Tensor:
    """Phi + 1, the affinity the paper clusters."""
    return phi(together, left, right, n_blocks).add_(1)


def pmi(together: Tensor, left: Tensor, right: Tensor, n_blocks: int) -> Tensor:
    """Pointwise mutual information, ln (T C_ij / (C_i C_j)); -inf for two features that fire, but never together."""
    both, one, other = _as_floats(together, left, right)
    return (both.log() + math.log(n_blocks) - one.log() - other.log()).nan_to_num_(0.0, neginf=-torch.inf)


def positive_pmi(together: Tensor, left: Tensor, right: Tensor, n_blocks: int) -> Tensor:
    """max(PMI, 0)."""
    return pmi(together, left, right, n_blocks).clamp_(min=0)


MEASURES: dict[str, Measure] = {
    "phi": positive_phi,
    "jaccard": jaccard,
    "dice": dice,
    "overlap": overlap,
    "smc": simple_matching,
    "ppmi": positive_pmi,
}
"""What can be clustered, all of it at least 0."""


def affinity_matrix(counts: Tensor, n_blocks: int, measure: Measure, *, reuse_memory: bool = False) -> Tensor:
    """One measure of all pairs, float32 (n_features, n_features), computed in float64 tile by tile, each pair once.

    Args:
        counts: co-occurrence, integers (n_features, n_features), `counts` of each feature on the diagonal.
        n_blocks: T.
        measure: which.
        reuse_memory: write over int32 `counts`, which are lost, so that the two never lie in memory side by side.
    """
    fired = counts.diagonal().clone()
    in_place = reuse_memory and counts.dtype == torch.int32
    affinity = counts.view(torch.float32) if in_place else torch.empty(counts.shape, device=counts.device)

    def fill(tile: tuple[slice, slice]) -> None:
        rows, columns = tile
        values = measure(counts[rows, columns], fired[rows], fired[columns], n_blocks).float()
        affinity[rows, columns] = values
        if rows != columns:
            affinity[columns, rows] = values.T

    side_by_side(fill, upper_tiles(len(counts), SIDE), counts.device)
    return affinity


def fits_densely(n_features: int, max_bytes: int) -> bool:
    """Whether a float32 matrix of all pairs takes at most `max_bytes`."""
    return 4 * n_features**2 <= max_bytes


def neighbor_affinity(
    count_tile: CountTile, counts: Tensor, n_blocks: int, measure: Measure, *, n_partners: int = 30, side: int = 8192
) -> Tensor:
    """The symmetric graph that joins each feature to the `n_partners` most alike ones, weighted by the measure.

    For dictionaries so wide that the dense matrix exceeds the memory allowed. Counts are made and forgotten tile by tile; each
    pair is counted once and offered to both its features. Pairs whose measure is not above 0 are never joined.

    Args:
        count_tile: counts pairs, as `FiringStatistics.cooccurrence_tile` does.
        counts: integers (n_features,), blocks each feature fired in.
        n_blocks: T.
        measure: which, at least 0.
        n_partners: how many each feature chooses; an edge needs to be chosen from one end.
        side: features on a side of a tile of counts, 4 bytes an entry. Larger tiles read the incidence less often.

    Returns:
        Sparse COO tensor (n_features, n_features), float32, where `counts` lie.
    """
    n = len(counts)
    partners = LargestPartners(n, n_partners, counts.device)
    for rows, columns in upper_tiles(n, side):
        together = count_tile(rows, columns)
        for some in row_slices(rows.stop, PARTNER_ROWS_AT_ONCE, rows.start):
            here = together[some.start - rows.start : some.stop - rows.start]
            values = measure(here, counts[some], counts[columns], n_blocks)
            partners.offer(some, columns, values)
            if rows != columns:
                partners.offer(columns, some, values.T)
    return partners.graph()


def angular_affinity(rows: Tensor) -> Tensor:
    """1 - arccos(w_i . w_j) / pi of all pairs, float32 (n_features, n_features), in [0, 1].

    The paper's geometry: its text says cosine, its code takes the arc cosine. Between directions in many dimensions all angles lie
    near a right one and all affinities near one half, so that the clusters follow what all features share rather than who is
    near whom.

    Args:
        rows: (n_features, d_in), multiplied as they are: give unit rows. Products beyond -1 and 1 are clipped, as published.
    """
    rows = rows.float()
    affinity = torch.empty(len(rows), len(rows), device=rows.device)
    for some, others in upper_tiles(len(rows), ANGLE_SIDE):
        tile = (rows[some] @ rows[others].T).clamp_(-1, 1).acos_().div_(-torch.pi).add_(1)
        affinity[some, others] = tile
        affinity[others, some] = tile.T
    return affinity


def cosines_of(angular: Tensor) -> Tensor:
    """The cosines that angular affinities come from."""
    return (angular * torch.pi).cos_().neg_()


def least_as_near(angular: Tensor, d_in: int) -> Tensor:
    """Angular affinities below which no pair lies whose cosine is as large as that of pairs of these.

    A product of float32 unit rows is off by (d_in + 4) 2^-24 at most (`numerics.closer_products`); `ROUNDING_OF_ANGLES` covers the
    length of these rows, and the angle. Of two pairs either is off by so much.
    """
    error = (d_in + 4) * 2.0**-24 + ROUNDING_OF_ANGLES
    floor = (cosines_of(angular.double()) - 2 * error).clamp_(-1, 1)
    return floor.acos_().div_(-torch.pi).add_(1 - ROUNDING_OF_ANGLES).float()


def _as_floats(together: Tensor, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The counts of pairs as a tensor that may be written over, and those of rows and columns."""
    return together.to(torch.float64, copy=True), left.double()[:, None], right.double()


def _not_zero(denominators: Tensor) -> Tensor:
    """1 for 0: what is divided by it is 0 as well."""
    return torch.where(denominators > 0, denominators, 1.0)
