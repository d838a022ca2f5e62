"""Do neighbors in the dictionary fire together more than their firing frequencies explain? The question without clusters.

A feature's neighbors fire about as often as it does where the dictionary leans on frequency, and features that fire often
fire together in any rich block. So each neighbor j of i is compared with the other features of j's stratum of like
frequency:

    excess of (i, j) = phi_ij - mean of phi_il over l in stratum(j), l other than i and j

and the null gives the features of each stratum new places in the dictionary, which keeps all that frequency does.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.numerics.directions import row_slices
from saegeo_lobes.phi_rows import PhiRows

LEAST_IN_STRATUM = 3
DRAWS_AT_ONCE = 64


@dataclass(frozen=True)
class NeighborPhi:
    """How neighbors in the dictionary fire together.

    Attributes:
        excess: mean excess over all features and neighbors, in [-2, 2]; 0 is expected of a dictionary that knows nothing
            but frequency.
        phi: mean phi over the same pairs.
        excess_of_feature: float64 (n_features,), mean over the neighbors of each.
        null_distribution: float64 (n_permutations,), the mean excess when features change places within strata.
    """

    excess: float
    phi: float
    excess_of_feature: NDArray[np.float64]
    null_distribution: NDArray[np.float64]


def neighbor_phi_excess(
    slabs: Iterable[PhiRows],
    neighbors: NDArray[np.int64],
    strata: NDArray[np.int64],
    permutations: NDArray[np.integer],
) -> NeighborPhi:
    """Mean excess of phi over neighbors, and its distribution when features change places in the dictionary.

    Args:
        slabs: phi of all pairs, from `phi_rows`.
        neighbors: int64 (n_features, n_neighbors), the nearest in the dictionary.
        strata: int64 (n_features,), from 0, at least three features in each.
        permutations: integers (n_permutations, n_features), each row a permutation that keeps strata.

    Raises:
        ValueError: a stratum too small to hold a comparison.
    """
    compared = _Compared(strata)
    edges = torch.from_numpy(neighbors)
    moved = torch.from_numpy(permutations)
    place_of = torch.empty_like(moved).scatter_(
        1, moved.long(), torch.arange(len(strata)).to(moved.dtype).expand_as(moved)
    )
    phi_sums, excess_sums = np.zeros(len(strata)), np.zeros(len(strata))
    null_sums = torch.zeros(len(permutations), dtype=torch.float64)
    for slab in slabs:
        excess = compared.excess(slab)
        pairs = edges[slab.rows].to(excess.device)
        phi_sums[slab.rows] = _sums(slab.phi.gather(1, pairs))
        excess_sums[slab.rows] = _sums(excess.gather(1, pairs))
        for draws in row_slices(len(moved), DRAWS_AT_ONCE):
            sources = edges[place_of[draws, slab.rows].long()]
            partners = moved[draws].long().gather(1, sources.flatten(1)).reshape(sources.shape)
            entries = torch.arange(len(excess))[:, None] * len(strata) + partners
            null_sums[draws] += excess.take(entries.to(excess.device)).sum((1, 2), dtype=torch.float64).cpu()
    n_neighbors = neighbors.shape[1]
    return NeighborPhi(
        excess=float(excess_sums.mean() / n_neighbors),
        phi=float(phi_sums.mean() / n_neighbors),
        excess_of_feature=excess_sums / n_neighbors,
        null_distribution=null_sums.numpy() / neighbors.size,
    )


class _Compared:
    """What each pair exceeds the other pairs of its row within a stratum by."""

    def __init__(self, strata: NDArray[np.int64]) -> None:
        sizes = np.bincount(strata)
        if sizes.min() < LEAST_IN_STRATUM:
            raise ValueError(f"a stratum of {sizes.min()} features leaves none to compare with; take larger strata")
        self._stratum = torch.from_numpy(strata)
        self._sizes = torch.from_numpy(sizes).float()

    def excess(self, slab: PhiRows) -> Tensor:
        """(n_rows, n_features); without meaning where a feature meets itself."""
        rows, phi = slab
        stratum, sizes = self._stratum.to(phi.device), self._sizes.to(phi.device)
        row = torch.arange(len(phi), device=phi.device)
        own = stratum[rows]
        sums = torch.zeros(len(phi), len(sizes), device=phi.device).index_add_(1, stratum, phi)
        sums[row, own] -= phi[row, row + rows.start]
        others = sizes.repeat(len(phi), 1)
        others[row, own] -= 1
        scale, shift = others / (others - 1), sums / (others - 1)  # phi - (sum - phi) / (others - 1)
        return phi * scale[:, stratum] - shift[:, stratum]


def _sums(values: Tensor) -> NDArray[np.float64]:
    return values.sum(1, dtype=torch.float64).numpy(force=True)
