"""Phi of all pairs, a few rows at a time, and what is read off it without keeping the matrix.

How phi rises with cosine is the curve behind `neighbor_phi_excess`, over all pairs instead of the nearest ones. The features
that stand for a lobe are those that fire most alike with the rest of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_lobes.affinities import CountTile

ENTRIES_AT_ONCE = 2**23
ENTRIES_NEAR_THE_CORE = 2**17
"""Whatever goes over them several times takes a third to a quarter of the time that it takes with a whole slab."""


class PhiRows(NamedTuple):
    """Phi of the features `rows` with all features, float32 (n_rows, n_features); 1 where a feature meets itself."""

    rows: slice
    phi: Tensor


def phi_rows(count_tile: CountTile, counts: Tensor, n_blocks: int, *, height: int | None = None) -> Iterator[PhiRows]:
    """All rows in order.

    Args:
        count_tile: maps two ranges of features to the co-occurrence counts between them.
        counts: integers (n_features,), blocks each feature fired in.
        n_blocks: T.
        height: rows at a time; by default 32 MB of them. Higher where each tile must be counted first.
    """
    fired = counts.double()
    inverse = _inverse_spread(fired, n_blocks)
    scale, by_chance = n_blocks * inverse, fired * inverse
    for rows in _slabs(len(counts), height):
        together = count_tile(rows, slice(0, len(counts)))
        phi = torch.empty(together.shape, device=together.device)

        def fill(some: slice, rows: slice = rows, together: Tensor = together, phi: Tensor = phi) -> None:
            of_rows = slice(rows.start + some.start, rows.start + some.stop)
            values = (
                together[some]
                .to(torch.float64, copy=True)
                .mul_(scale)
                .addcmul_(fired[of_rows, None], by_chance, value=-1)
            )
            phi[some] = values.mul_(inverse[of_rows, None])

        side_by_side(fill, _near_the_core(phi), phi.device)
        yield PhiRows(rows, phi)


@dataclass(frozen=True)
class PhiByCosine:
    """Pairs of features in bins of their cosine.

    Attributes:
        edges: float64 (n_bins + 1,).
        n_pairs: int64 (n_bins,).
        mean_phi: float64 (n_bins,); NaN where a bin has no pair.
    """

    edges: Floats
    n_pairs: Integers
    mean_phi: Floats


def phi_by_cosine(
    slabs: Iterable[PhiRows], cosines_from: Callable[[slice], Tensor], *, n_bins: int = 40
) -> PhiByCosine:
    """Mean phi of the pairs in equal bins of cosine from -1 to 1.

    Args:
        slabs: phi of all pairs, from `phi_rows`.
        cosines_from: maps a range of features to their cosines with these and all that follow, float32 (n_rows, n_features -
            start), on the device of the slabs, as a tensor that may be written over.
        n_bins: how many.
    """
    counts, sums = torch.zeros(n_bins, dtype=torch.int64), torch.zeros(n_bins, dtype=torch.float64)
    for rows, phi in slabs:
        cosines = cosines_from(rows)
        counted: dict[int, tuple[Tensor, Tensor]] = {}

        def count(
            some: slice,
            rows: slice = rows,
            phi: Tensor = phi,
            cosines: Tensor = cosines,
            counted: dict[int, tuple[Tensor, Tensor]] = counted,
        ) -> None:
            place = cosines[some].add_(1).mul_(n_bins / 2).long().clamp_(0, n_bins - 1)
            first = place[:, : some.stop]
            first.masked_fill_(torch.ones_like(first, dtype=torch.bool).tril_(some.start), n_bins)
            place, values = place.flatten(), phi[some, rows.start :].flatten().double()
            counted[some.start] = (
                torch.bincount(place, minlength=n_bins + 1)[:n_bins].cpu(),
                torch.bincount(place, values, minlength=n_bins + 1)[:n_bins].cpu(),
            )  # each pair once, itself never

        side_by_side(count, _near_the_core(cosines), cosines.device)
        for start in sorted(counted):  # in one order, so that threads change no bit
            counts += counted[start][0]
            sums += counted[start][1]
    n_pairs = counts.numpy()
    mean = np.divide(sums.numpy(), n_pairs, out=np.full(n_bins, np.nan), where=n_pairs > 0)
    return PhiByCosine(np.linspace(-1, 1, n_bins + 1), n_pairs, mean)


def _inverse_spread(fired: Tensor, n_blocks: int) -> Tensor:
    """1 / sqrt(C (T - C)) of counts C, float64 (n_features,); 0 for features that fire never or always, whose phi is 0."""
    spread = fired.sqrt() * (n_blocks - fired).sqrt()
    return torch.where(spread > 0, 1 / spread, 0.0)


def _slabs(n: int, height: int | None) -> Iterator[slice]:
    return row_slices(n, height or max(1, ENTRIES_AT_ONCE // n))


def _near_the_core(slab: Tensor) -> Iterator[slice]:
    height = slab.shape[0] if slab.device.type != "cpu" else max(1, ENTRIES_NEAR_THE_CORE // slab.shape[1])
    return row_slices(len(slab), height)


def mean_phi_within(
    count_tile: CountTile, counts: Tensor, n_blocks: int, lobes: NDArray[np.integer[Any]], *, height: int | None = None
) -> Floats:
    """Mean phi of each feature with the other features of its lobe, float64 (n_features,); 0 for the only one of a lobe.

    The sum of phi over a lobe is linear in counts: one product with them, and phi of no pair.

    Args:
        count_tile, counts, n_blocks, height: as for `phi_rows`.
        lobes: integers (n_features,), the lobe of each, from 0.
    """
    lobe, fired = torch.from_numpy(np.asarray(lobes, np.int64)).to(counts.device), counts.double()
    inverse = _inverse_spread(fired, n_blocks)
    members = torch.nn.functional.one_hot(lobe) * inverse[:, None]
    by_chance, n_others = fired @ members, torch.bincount(lobe)[lobe] - 1
    sums = torch.empty_like(fired)
    for rows in _slabs(len(counts), height):
        together = count_tile(rows, slice(0, len(counts))).double() @ members
        own_lobe = (n_blocks * together - fired[rows, None] * by_chance).gather(1, lobe[rows, None])
        sums[rows] = inverse[rows] * own_lobe[:, 0]
    own = (inverse > 0).double()
    return ((sums - own) / n_others.clamp_min(1)).where(n_others > 0, 0.0).numpy(force=True)


def typical_features(within: Floats, lobes: NDArray[np.integer[Any]], n_typical: int) -> dict[int, Integers]:
    """For each lobe its features of largest `mean_phi_within`, at most `n_typical`, the most typical first."""
    order = np.lexsort((-within, lobes))
    return {int(lobe): order[lobes[order] == lobe][:n_typical] for lobe in np.unique(lobes)}
