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

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core.measuring.resampled import GroupsOfBoth
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.grouped_bits import GroupedBits
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_lobes.phi_of_pairs import PhiRows

MIN_IN_STRATUM = 3
DRAWS_AT_ONCE = 2048
ENTRIES_NEAR_THE_CORE = 2**18
"""Among which values of pairs are looked up in a fraction of the time that it takes in the memory beyond."""
FEATURES_AT_ONCE = 1024


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
    means, edges = _StratumMeans(strata), torch.from_numpy(neighbors)
    moved = _MovedEdges(edges, permutations)
    phi_sums, excess_sums = np.zeros(len(strata)), np.zeros(len(strata))
    null_sums = np.zeros(len(permutations))
    for slab in slabs:
        pairs = edges[slab.rows].to(slab.phi.device)
        phi_sums[slab.rows] = _sums(slab.phi.gather(1, pairs))
        excess_sums[slab.rows] = _sums(means.excess(slab, pairs))
        if len(permutations):
            null_sums += moved.sums(slab.rows, means.excess(slab))
    n_neighbors = neighbors.shape[1]
    return NeighborPhi(
        excess=float(excess_sums.mean() / n_neighbors),
        phi=float(phi_sums.mean() / n_neighbors),
        excess_of_feature=excess_sums / n_neighbors,
        null_distribution=null_sums / neighbors.size,
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


def excess_without_groups(
    excess: float, bits: GroupedBits, neighbors: Integers, peers: Integers, groups: GroupsOfBoth
) -> Floats:
    """The excess of phi over neighbors without each group of documents and of kin, (n_groups,).

    Args:
        excess: the estimate, from `neighbor_phi_excess`.
        bits: which blocks fired each feature, by the groups of documents.
        neighbors: int64 (n_features, n_neighbors).
        peers: the same, from `draw_peers`.
        groups: what is left out.
    """
    numbers = np.arange(groups.n_groups)
    # The first has all features, and all blocks.
    features = np.vstack([np.ones(len(neighbors)), groups.of_feature != numbers[:, None]])
    n_blocks = _without_each(np.bincount(groups.of_block)[None])[0]
    near, beside = (_mean_phi(bits, n_blocks, partners, features) for partners in (neighbors, peers))
    values = near - beside
    return np.asarray(values[1:] - values[0] + excess)


class _StratumMeans:
    """By how much each pair exceeds the mean of the other pairs of its row within a stratum."""

    def __init__(self, strata: Integers) -> None:
        sizes = np.bincount(strata)
        if sizes.min() < MIN_IN_STRATUM:
            raise ValueError(f"a stratum of {sizes.min()} features leaves none to compare with; take larger strata")
        self._stratum = torch.from_numpy(strata)
        self._sizes = torch.from_numpy(sizes).float()

    def excess(self, slab: PhiRows, partners: Tensor | None = None) -> Tensor:
        """Of a slab with partners, int64 (n_rows, n_partners), or all features; without meaning where a feature meets itself."""
        rows, phi = slab
        stratum, sizes = self._stratum.to(phi.device), self._sizes.to(phi.device)
        row = torch.arange(len(phi), device=phi.device)
        own = stratum[rows]
        sums = torch.zeros(len(phi), len(sizes), device=phi.device).index_add_(1, stratum, phi)
        sums[row, own] -= phi[row, row + rows.start]
        others = sizes.repeat(len(phi), 1)
        others[row, own] -= 1
        scale, shift = others / (others - 1), sums / (others - 1)  # phi - (sum - phi) / (others - 1)
        if partners is None:
            return phi * scale[:, stratum] - shift[:, stratum]
        theirs = stratum[partners]
        return phi.gather(1, partners) * scale.gather(1, theirs) - shift.gather(1, theirs)


class _MovedEdges:
    """The edges of a graph of the dictionary, between the features that permutations put at their ends.

    Numbers are 32-bit and few at a time: most of what this costs is reading and writing them.
    """

    def __init__(self, edges: Tensor, permutations: NDArray[np.integer[Any]]) -> None:
        self._edges = edges.int()
        self._moved = torch.from_numpy(permutations.astype(np.int32, copy=False))
        places = np.empty(permutations.shape, np.int32)
        np.put_along_axis(places, permutations, np.arange(permutations.shape[1], dtype=np.int32)[None], axis=1)
        self._place_of = torch.from_numpy(places)

    def sums(self, rows: slice, values: Tensor) -> Floats:
        """Sums over edges that begin in `rows`, of the values (n_rows, n_features) of their pairs: (n_permutations,)."""
        n = values.shape[1]
        at_once = max(1, min(DRAWS_AT_ONCE, 2**31 // n))
        pieces = list(row_slices(rows.stop, max(1, ENTRIES_NEAR_THE_CORE // n), rows.start))
        sums = torch.zeros(len(pieces), len(self._moved), dtype=torch.float64)

        def add_up(number: int) -> None:
            some = pieces[number]
            near = values[some.start - rows.start : some.stop - rows.start].cpu().flatten()
            row = torch.arange(some.stop - some.start, dtype=torch.int32)[:, None]
            for draws in row_slices(len(self._moved), at_once):
                places = self._place_of[draws, some]
                ends = self._edges.index_select(0, places.flatten()).view(len(places), -1)
                ends += torch.arange(len(places), dtype=torch.int32)[:, None] * n
                partners = self._moved[draws].view(-1).index_select(0, ends.flatten()).view(*places.shape, -1)
                partners += row * n
                sums[number, draws] = near.index_select(0, partners.flatten()).view(len(places), -1).double().sum(1)

        side_by_side(add_up, range(len(pieces)), "cpu")
        return sums.sum(0).numpy()


def _mean_phi(bits: GroupedBits, n_blocks: Integers, partners: Integers, features: Floats) -> Floats:
    """Mean phi over features, of weight (n_sets, n_features), and their partners, where blocks are `n_blocks` (n_sets,)."""
    total, counts = np.zeros(len(n_blocks)), _without_each(bits.counts())
    for some in row_slices(len(partners), FEATURES_AT_ONCE):
        i, j = np.repeat(np.arange(some.start, some.stop), partners.shape[1]), partners[some].ravel()
        together, one, other = _without_each(bits.together(i, j)), counts[i], counts[j]
        spread = np.sqrt(one * (n_blocks - one)) * np.sqrt(other * (n_blocks - other))
        phi = np.divide(n_blocks * together - one * other, spread, out=np.zeros_like(spread), where=spread > 0)
        total += (phi * features.T[i]).sum(0)
    means: Floats = total / features.sum(1) / partners.shape[1]
    return means


def _without_each(counts: Integers) -> Integers:
    """Of counts in each group (n, n_groups) those in all groups, and without each: (n, 1 + n_groups)."""
    total = counts.sum(1, keepdims=True)
    return np.hstack([total, total - counts])


def _sums(values: Tensor) -> Floats:
    return values.double().sum(1).numpy(force=True)
