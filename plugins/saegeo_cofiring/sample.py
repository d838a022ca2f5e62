"""Some features, drawn at random, in which incidences are drawn anew and documents left out: of all it would take minutes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from saegeo_cofiring.curveball import FiredLists
from saegeo_cofiring.graph import least_score
from saegeo_cofiring.margins import MarginsKept, upper_normal_score
from saegeo_cofiring.phi import mean_squared_phi, phi, upper
from saegeo_core import FiringStatistics
from saegeo_core.numerics.arrays import Integers
from saegeo_core.numerics.cooccurrence import FiredBlocks, count_cooccurrence
from saegeo_core.numerics.directions import row_slices

MOST_FIRED, FEWEST = 2**21, 100
"""Entries of the incidence of the sample, and features that it has in any case."""
ENTRIES_AT_ONCE = 2**26


class PairsSeen(NamedTuple):
    """What one incidence shows of the pairs of the sample.

    Attributes:
        mean_squared_phi: over the pairs.
        phis: float32 (n_features, n_features).
        scores: likewise, how far each count is beyond what both margins explain.
    """

    mean_squared_phi: float
    phis: torch.Tensor
    scores: torch.Tensor

    def least(self, fdr: float) -> float:
        """The least score found at a false-discovery rate; infinite where none is."""
        return least_score(upper(self.scores), fdr)

    def n_beyond(self, least: float) -> int:
        """Pairs that score so much."""
        return int(np.count_nonzero(upper(self.scores) >= least))


@dataclass(frozen=True, eq=False)
class Sample:
    """Features with what both margins make of their pairs.

    Attributes:
        places: which of the live features they are, ascending, int64 (n_features,).
        firing: theirs.
        mean, variance: of the counts of their pairs, (n_features, n_features).
    """

    places: Integers
    firing: FiringStatistics
    mean: torch.Tensor
    variance: torch.Tensor

    @classmethod
    def of(cls, firing: FiringStatistics, rng: np.random.Generator, most: int, device: str) -> "Sample":
        """So many of the features at most: fewer, where they fire so often that trades would take long."""
        affordable = max(FEWEST, int(MOST_FIRED // max(1.0, firing.counts.mean())))
        size = min(firing.n_features, most, affordable)
        places = np.sort(rng.choice(firing.n_features, size, replace=False))
        chosen = firing.select(places)
        law = MarginsKept.of(chosen.counts, richness_of(chosen), device)
        return cls(places, chosen, *law.moments(slice(None), slice(None)))

    @property
    def n_pairs(self) -> int:
        """Of its features."""
        return len(self.places) * (len(self.places) - 1) // 2

    def seen(self, counted: torch.Tensor) -> PairsSeen:
        """What counts of all pairs show, (n_features, n_features)."""
        counts = torch.tensor(self.firing.counts).to(counted.device)
        n_blocks, together = self.firing.n_blocks, counted.float()
        return PairsSeen(
            mean_squared_phi(counted, counts, n_blocks),
            phi(together.clone(), counts.float(), counts.float(), n_blocks),
            upper_normal_score(together, self.mean, self.variance),
        )


def richness_of(firing: FiringStatistics) -> Integers:
    """Features that fire in each block, int64 (n_blocks,)."""
    return np.concatenate([tile.sum(1, dtype=np.int64) for _, tile in firing.incidence().tiles()])


def fired_lists(firing: FiringStatistics) -> FiredLists:
    """What fired in each block."""
    pieces = [np.nonzero(tile) for _, tile in firing.incidence().tiles()]
    indptr = np.concatenate([[0], np.cumsum(richness_of(firing))])
    return FiredLists(indptr, np.concatenate([feature for _, feature in pieces]), firing.n_features)


def counted_lists(fired: FiredLists, device: str) -> torch.Tensor:
    """Blocks in which the features of each pair fire, (n_features, n_features)."""

    def dense() -> Iterator[FiredBlocks]:
        for some in row_slices(fired.n_blocks, max(1, ENTRIES_AT_ONCE // fired.n_features)):
            bounds = fired.indptr[some.start : some.stop + 1]
            tile = np.zeros((len(bounds) - 1, fired.n_features), np.uint8)
            block = np.repeat(np.arange(len(tile)), np.diff(bounds))
            tile[block, fired.indices[bounds[0] : bounds[-1]]] = 1
            yield FiredBlocks(tile)

    n = fired.n_features
    return count_cooccurrence(dense(), (n, n), fired.n_blocks, device)
