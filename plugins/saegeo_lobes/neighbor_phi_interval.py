"""How well the neighbor-phi excess is known: the same documents drawn again, each as often as chance has it.

Drawing documents anew changes the counts of all pairs, but only few pairs are asked about: each neighbor, and beside it one
control from the neighbor's stratum, drawn once and kept. Replicates therefore spread a little more than the excess itself,
which averages over all of the stratum, and they are centered on it.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from saegeo_core import SaegeoError
from saegeo_core.numerics.directions import row_slices
from saegeo_core.statistics.resampling import Resampled

Integers = NDArray[np.int64]
FiredIn = Callable[[Integers], NDArray[np.uint8]]

FEATURES_AT_ONCE = 1024
PAIRS_AT_ONCE = 1024
METHOD = "document bootstrap, percentile"


def draw_controls(neighbors: Integers, strata: Integers, rng: np.random.Generator) -> Integers:
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
    drawn = rng.integers(0, size - 1 - inside)
    drawn += drawn >= np.where(inside, low, other)
    drawn += inside & (drawn >= high)
    return order[first + drawn]


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


def neighbor_phi_interval(
    excess: float,
    packed: NDArray[np.uint8],
    neighbors: Integers,
    controls: Integers,
    *,
    document_of_block: Integers,
    rng: np.random.Generator,
    n_resamples: int = 200,
    level: float = 0.95,
    device: str | torch.device = "cpu",
) -> Resampled:
    """Document bootstrap of the excess of phi over neighbors.

    Cost: 2 x n_features x n_neighbors x n_blocks x n_resamples products.

    Args:
        excess: the estimate, from `neighbor_phi_excess`.
        packed: which blocks fired each feature, from `pack_by_feature`.
        neighbors: int64 (n_features, n_neighbors).
        controls: the same, from `draw_controls`.
        document_of_block: int64 (n_blocks,), pieces of one source being one document.
        rng: draws the documents.
        n_resamples: how many.
        level: nominal coverage.
        device: where the arithmetic is done.

    Raises:
        SaegeoError: fewer than two documents.
    """
    names, document = np.unique(document_of_block, return_inverse=True)
    if len(names) < 2:
        raise SaegeoError(f"a bootstrap draws among documents, and there is {len(names)}", "harvest more documents")
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), n_resamples)
    weights = np.vstack([np.ones(len(names), np.int64), drawn])[:, document]  # the first are the documents as they are
    pairs = _WeightedPairs(packed, torch.from_numpy(weights.T.astype(np.float32)).to(device))
    values = pairs.mean_phi(neighbors) - pairs.mean_phi(controls)
    replicates = values[1:] - values[0] + excess
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return Resampled(excess, float(replicates.std(ddof=1)), (float(low), float(high)), level, METHOD, replicates)


class _WeightedPairs:
    """Phi of chosen pairs under many weights of blocks at once; counts are sums of whole numbers, exact in float32."""

    def __init__(self, packed: NDArray[np.uint8], weights: Tensor) -> None:
        self._packed, self._weights = packed, weights
        self._n_blocks = weights.sum(0, dtype=torch.float64)
        self._counts = torch.cat([self._weighted(packed[some]) for some in row_slices(len(packed), PAIRS_AT_ONCE)])

    def mean_phi(self, partners: Integers) -> NDArray[np.float64]:
        """Mean over features and their partners (n_features, n_partners), for each set of weights: (n_sets,)."""
        feature, partner = np.repeat(np.arange(len(partners)), partners.shape[1]), partners.ravel()
        total = torch.zeros_like(self._n_blocks)
        for some in row_slices(len(feature), PAIRS_AT_ONCE):
            i, j = feature[some], partner[some]
            together = self._weighted(self._packed[i] & self._packed[j])
            one, other = self._counts[i], self._counts[j]
            spread = (one * (self._n_blocks - one)).sqrt() * (other * (self._n_blocks - other)).sqrt()
            total += ((self._n_blocks * together - one * other) / spread).nan_to_num_(0.0).sum(0)
        return (total / len(feature)).numpy(force=True)

    def _weighted(self, packed: NDArray[np.uint8]) -> Tensor:
        fired = torch.from_numpy(np.unpackbits(packed, axis=1, count=len(self._weights)))
        return (fired.to(self._weights.device, torch.float32) @ self._weights).double()
