"""Which blocks fired each feature, one bit each, the blocks of a group side by side.

Statistics of a few chosen pairs without each group of documents need no more: 16,384 features with ten partners each, counted in
twenty groups of 20,000 blocks, take a second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.arrays import Integers
from saegeo_core.numerics.directions import row_slices

FiredIn = Callable[[Integers], NDArray[np.uint8]]
WORD = 64
FEATURES_AT_ONCE = 1024
PAIRS_AT_ONCE = 4096


@dataclass(frozen=True)
class GroupedBits:
    """Firing of features, packed.

    Attributes:
        words: uint64 (n_features, n_words); each group of blocks begins a word of its own.
        first_word: int64 (n_groups,), that of each group.
    """

    words: NDArray[np.uint64]
    first_word: Integers

    @classmethod
    def of(cls, fired_in: FiredIn, n_features: int, group_of_block: Integers) -> "GroupedBits":
        """Pack an incidence.

        Args:
            fired_in: maps numbers of features to whether each block fired them, uint8 (n_blocks, n_some) of 0 and 1, as
                `Incidence.block_tile` does for all blocks.
            n_features: how many there are.
            group_of_block: int64 (n_blocks,), from 0, none of them empty.
        """
        sizes = np.bincount(group_of_block)
        n_words = -(-sizes // WORD)
        first_word = np.cumsum(n_words) - n_words
        order = np.argsort(group_of_block, kind="stable")
        place = np.repeat(first_word * WORD - (np.cumsum(sizes) - sizes), sizes) + np.arange(len(order))
        words = np.empty((n_features, n_words.sum()), np.uint64)
        for some in row_slices(n_features, FEATURES_AT_ONCE):
            fired = fired_in(np.arange(some.start, some.stop))
            spaced = np.zeros((fired.shape[1], n_words.sum() * WORD), np.uint8)
            spaced[:, place] = fired[order].T
            words[some] = np.packbits(spaced, axis=1).view(np.uint64)
        return cls(words, first_word)

    def counts(self) -> Integers:
        """Blocks of each group that each feature fired in, int64 (n_features, n_groups)."""
        return self._counted(self.words)

    def together(self, one: NDArray[np.integer[Any]], other: NDArray[np.integer[Any]]) -> Integers:
        """Blocks of each group that both features of each pair fired in, int64 (n_pairs, n_groups)."""
        return np.concatenate(
            [
                self._counted(self.words[one[some]] & self.words[other[some]])
                for some in row_slices(len(one), PAIRS_AT_ONCE)
            ]
        )

    def _counted(self, words: NDArray[np.uint64]) -> Integers:
        counts: Integers = np.add.reduceat(np.bitwise_count(words), self.first_word, axis=1, dtype=np.int64)
        return counts
