"""Do neighbors in the dictionary fire together more than their firing frequencies explain? The question without clusters.

A feature's neighbors fire about as often as it does where the dictionary leans on frequency, and features that fire often
fire together in any rich block. So each neighbor j of i is compared with its peers, the other features of j's stratum of
like frequency:

    excess of (i, j) = phi_ij - mean of phi_il over l in stratum(j), l other than i and j

and the null gives the features of each stratum new places in the dictionary, which keeps all that frequency does.

How well the excess is known says a jackknife over documents and kin at once. Leaving documents out changes the counts of all pairs,
but only few pairs are asked about: each neighbor, and beside it one peer, drawn once and kept. Replicates therefore spread a
little more than the excess itself, which averages over all of the stratum, and they are centered on it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.measuring.resampled import GroupsOfBoth
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.cooccurrence import WeightedCounts
from saegeo_core.numerics.directions import row_slices
from saegeo_lobes.phi_of_pairs import PhiRows

FiredIn = Callable[[Integers], NDArray[np.uint8]]

MIN_IN_STRATUM = 3
DRAWS_AT_ONCE = 64
FEATURES_AT_ONCE = 1024
PAIRS_AT_ONCE = 1024


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
    excess_of_feature: Floats
    null_distribution: Floats


def neighbor_phi_excess(
    slabs: Iterable[PhiRows],
    neighbors: Integers,
    strata: Integers,
    permutations: NDArray[np.integer[Any]],
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
    means = _StratumMeans(strata)
    edges = torch.from_numpy(neighbors)
    moved = torch.from_numpy(permutations)
    place_of = torch.empty_like(moved).scatter_(
        1, moved.long(), torch.arange(len(strata)).to(moved.dtype).expand_as(moved)
    )
    phi_sums, excess_sums = np.zeros(len(strata)), np.zeros(len(strata))
    null_sums = torch.zeros(len(permutations), dtype=torch.float64)
    for slab in slabs:
        excess = means.excess(slab)
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


def draw_peers(neighbors: Integers, strata: Integers, rng: np.random.Generator) -> Integers:
    """For each neighbor another feature of its stratum, neither it nor the feature itself, (n_features, n_neighbors).

    Args:
        neighbors: int64 (n_features, n_neighbors).
        strata: int64 (n_features,), from 0, at least three features in each.
        rng: draws them, uniformly.
    """
    order = np.argsort(strata, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    sizes = np.bincount(strata)
    first = (np.cumsum(sizes) - sizes)[strata[neighbors]]
    size = sizes[strata[neighbors]]
    feature = np.arange(len(strata))[:, None]
    own, other = place[feature] - first, place[neighbors] - first
    inside = (own >= 0) & (own < size)  # the feature itself belongs to the stratum
    low, high = np.minimum(own, other), np.maximum(own, other)
    drawn: Integers = rng.integers(0, size - 1 - inside)
    drawn += drawn >= np.where(inside, low, other)
    drawn += inside & (drawn >= high)
    peers: Integers = order[first + drawn]
    return peers


def pack_by_feature(fired_in: FiredIn, n_features: int) -> NDArray[np.uint8]:
    """One bit for each block, uint8 (n_features, ceil(n_blocks / 8)): the whole incidence, in an eighth of a byte an entry.

    Args:
        fired_in: maps numbers of features to whether each block fired them, uint8 (n_blocks, n_some) of 0 and 1, as
            `Incidence.block_tile` does for all blocks.
        n_features: how many there are.
    """
    numbers = np.arange(n_features)
    return np.concatenate(
        [np.packbits(fired_in(numbers[some]).T, axis=1) for some in row_slices(n_features, FEATURES_AT_ONCE)]
    )


def excess_without_groups(
    excess: float,
    packed: NDArray[np.uint8],
    neighbors: Integers,
    peers: Integers,
    groups: GroupsOfBoth,
    *,
    device: str | torch.device = "cpu",
) -> Floats:
    """The excess of phi over neighbors without each group of documents and of kin, (n_groups,).

    Cost: 2 x n_features x n_neighbors x n_blocks x n_groups products.

    Args:
        excess: the estimate, from `neighbor_phi_excess`.
        packed: which blocks fired each feature, from `pack_by_feature`.
        neighbors: int64 (n_features, n_neighbors).
        peers: the same, from `draw_peers`.
        groups: what is left out.
        device: where the arithmetic is done.
    """
    n_features, numbers = len(neighbors), np.arange(groups.n_groups)
    # The first has all blocks and all features.
    blocks = np.vstack([np.ones_like(groups.of_block), groups.blocks_left])
    features = np.vstack([np.ones(n_features), groups.of_feature != numbers[:, None]])
    pairs = _WeightedPairs(packed, blocks, device)
    values = pairs.mean_phi(neighbors, features) - pairs.mean_phi(peers, features)
    return np.asarray(values[1:] - values[0] + excess)


class _StratumMeans:
    """By how much each pair exceeds the mean of the other pairs of its row within a stratum."""

    def __init__(self, strata: Integers) -> None:
        sizes = np.bincount(strata)
        if sizes.min() < MIN_IN_STRATUM:
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


class _WeightedPairs:
    """Phi of chosen pairs under many weights of blocks at once."""

    def __init__(self, packed: NDArray[np.uint8], weights: Integers, device: str | torch.device) -> None:
        self._packed, self._blocks = packed, WeightedCounts(weights, device)
        self._n_blocks = torch.from_numpy(weights.sum(1).astype(np.float64)).to(device)
        self._counts = torch.cat([self._blocks.of(packed[some]) for some in row_slices(len(packed), PAIRS_AT_ONCE)])

    def mean_phi(self, partners: Integers, features: Floats) -> Floats:
        """Mean over features, of weight (n_sets, n_features), and their partners (n_features, n_partners): (n_sets,)."""
        feature, partner = np.repeat(np.arange(len(partners)), partners.shape[1]), partners.ravel()
        total, weights = torch.zeros_like(self._n_blocks), torch.from_numpy(features.T).to(self._n_blocks)
        for some in row_slices(len(feature), PAIRS_AT_ONCE):
            i, j = feature[some], partner[some]
            together = self._blocks.of(self._packed[i] & self._packed[j])
            one, other = self._counts[i], self._counts[j]
            spread = (one * (self._n_blocks - one)).sqrt() * (other * (self._n_blocks - other)).sqrt()
            phi = ((self._n_blocks * together - one * other) / spread).nan_to_num_(0.0)
            total += (phi * weights[torch.from_numpy(i)]).sum(0)
        means: Floats = (total / weights.sum(0) / partners.shape[1]).numpy(force=True)
        return means


def _sums(values: Tensor) -> Floats:
    return values.sum(1, dtype=torch.float64).numpy(force=True)
