"""Incidences drawn anew with both margins kept: as many blocks for every feature, and as many features in every block.

In a curveball trade (Strona et al. 2014) two blocks put together what only one of them has and deal it out again at random, each
getting as much as it gave. Here all blocks trade at once, in random pairs: a global trade (Carstens, Berger and Strona 2018). It
leads back as easily as it led there, so the chain settles at the uniform law over all incidences of these margins: what a feature's
own frequency and a block's own richness make of firing together, on the scale of log odds (the Rasch model given its margins).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from saegeo_core.numerics.arrays import Integers
from saegeo_core.numerics.directions import row_slices

ENTRIES_AT_ONCE, BYTES_AN_ENTRY = 2**17, 8
"""So many entries of pairs, or bytes in which it is looked up who has what, stay near the core."""

BURN_IN, BETWEEN = 24, 4
"""Global trades before the first draw, and from each draw to the next."""


class FiredLists(NamedTuple):
    """What fired in each block: block b has the features `indices[indptr[b]:indptr[b + 1]]`, in any order, each once.

    Attributes:
        indptr: int64 (n_blocks + 1,), from 0.
        indices: int64 (n_fired,).
        n_features: how many there are, N.
    """

    indptr: Integers
    indices: Integers
    n_features: int

    @property
    def n_blocks(self) -> int:
        """Number of blocks, T."""
        return len(self.indptr) - 1


def curveball_draws(
    fired: FiredLists, rng: np.random.Generator, n_draws: int, *, burn_in: int = BURN_IN, between: int = BETWEEN
) -> Iterator[FiredLists]:
    """Incidences of the same margins, each some global trades after the one before, the first after `burn_in`."""
    for draw in range(n_draws):
        for _ in range(between if draw else burn_in):
            fired = global_trade(fired, rng)
        yield fired


def global_trade(fired: FiredLists, rng: np.random.Generator) -> FiredLists:
    """One trade of every block with another, drawn at random; with an odd number of blocks one stays as it is."""
    lengths, indices = np.diff(fired.indptr), fired.indices.copy()
    order = rng.permutation(fired.n_blocks)
    pairs = order[: fired.n_blocks // 2 * 2].reshape(-1, 2)
    pairs = pairs[np.argsort(lengths[pairs].sum(1))]  # those traded together are alike in length
    of_a_pair = max(fired.n_features // BYTES_AN_ENTRY, 2 * len(indices) // max(fired.n_blocks, 1), 1)
    for some in row_slices(len(pairs), max(1, ENTRIES_AT_ONCE // of_a_pair)):
        first, second = pairs[some].T
        _trade(indices, _Lists.of(fired, first), _Lists.of(fired, second), fired.n_features, rng)
    return fired._replace(indices=indices)


class _Lists(NamedTuple):
    """Where the lists of some blocks stand: the place of every entry among `indices`, and which of the blocks has it."""

    place: Integers
    block: Integers
    n_blocks: int

    @classmethod
    def of(cls, fired: FiredLists, blocks: Integers) -> "_Lists":
        starts = fired.indptr[blocks]
        lengths = fired.indptr[blocks + 1] - starts
        before = np.cumsum(lengths) - lengths
        place = np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
        return cls(place, np.repeat(np.arange(len(blocks)), lengths), len(blocks))

    def where(self, chosen: NDArray[np.bool_]) -> "_Lists":
        return self._replace(place=self.place[chosen], block=self.block[chosen])


def _trade(indices: Integers, one: _Lists, other: _Lists, n_features: int, rng: np.random.Generator) -> None:
    """The k-th block of one side trades with the k-th of the other, in place."""
    has = np.zeros(one.n_blocks * n_features, np.uint8)
    entries = [side.block * n_features + indices[side.place] for side in (one, other)]
    for entry in entries:
        has[entry] += 1  # each entry once, so nothing is lost
    one, other = (side.where(has[entry] == 1) for side, entry in zip((one, other), entries, strict=True))

    n_one, n_other = (np.bincount(side.block, minlength=side.n_blocks) for side in (one, other))
    width = int((n_one + n_other).max(initial=0)) + 1
    pool = np.zeros((one.n_blocks, width), indices.dtype)
    columns = np.arange(width)
    is_first, is_filled = columns < n_one[:, None], columns < (n_one + n_other)[:, None]
    pool[is_first] = indices[one.place]
    pool[is_filled & ~is_first] = indices[other.place]

    # As many lots as there are places; a column in the last bits tells equal ones apart, once in 2^40 or less.
    lots = rng.integers(0, 2**63, pool.shape)
    lots &= -(1 << width.bit_length())
    lots |= columns
    lots[~is_filled] = 2**63 - 1
    drawn = np.take_along_axis(np.sort(lots, axis=1), n_one[:, None], axis=1)
    to_one = lots < drawn
    indices[one.place] = pool[to_one]
    indices[other.place] = pool[is_filled & ~to_one]
