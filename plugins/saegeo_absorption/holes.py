"""Holes: tokens on which a feature fires and its more frequent kin does not.

Where firing is known token by token, the hole rate of a parent p and a child c is

    P(p off | c on) = 1 - n_pc / n_c,

with n the tokens on which features fire, n_pc those on which both do. Of two features of one kin the one that fires on more tokens
is the parent.
"""

from collections.abc import Iterable

import numpy as np
import scipy.sparse
import torch

from saegeo_core.measuring.counted_rows import CountedRows
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices

PAIRS_AT_ONCE = 256


def parent_and_child(first: Integers, second: Integers, tokens: Integers) -> tuple[Integers, Integers]:
    """Of each pair of features, (n_pairs,), the one that fires on more of the `tokens`, (n_features,), and the other."""
    is_parent = tokens[first] >= tokens[second]
    return np.where(is_parent, first, second), np.where(is_parent, second, first)


def hole_rates(together: Integers, child_tokens: Integers) -> Floats:
    """P(parent off | child on), float64 in [0, 1], from tokens on which both fire and those of the child, > 0, both (n_pairs,)."""
    return np.asarray(1 - together / child_tokens)


def fired_together(
    fired: scipy.sparse.csc_array, first: Integers, second: Integers, group_of_token: Integers
) -> Integers:
    """Tokens of each group on which both features of each pair fire, int64 (n_groups, n_pairs).

    Args:
        fired: of 0 and 1, (n_tokens, n_features).
        first, second: the pairs, (n_pairs,).
        group_of_token: from 0, (n_tokens,).
    """
    n_groups = int(group_of_token.max(initial=0)) + 1
    found = np.empty((n_groups, len(first)), np.int64)
    for some in row_slices(len(first), PAIRS_AT_ONCE):
        both = fired[:, first[some]].multiply(fired[:, second[some]]).tocoo()
        place = group_of_token[both.coords[0]] * both.shape[1] + both.coords[1]
        found[:, some] = np.bincount(place, minlength=n_groups * both.shape[1]).reshape(n_groups, -1)
    return found


def counts_of_pairs(counted: Iterable[CountedRows], first: Integers, second: Integers) -> Integers:
    """What counts of all pairs, some rows at a time in order, have for some pairs of any shape: int64 of that shape."""
    order = np.argsort(first, axis=None, kind="stable")
    rows, columns = first.ravel()[order], second.ravel()[order]
    found = np.empty(first.size, np.int64)
    for tile_rows, tile in counted:
        some = slice(*np.searchsorted(rows, (tile_rows.start, tile_rows.stop)))
        row, column = (torch.from_numpy(one).to(tile.device) for one in (rows[some] - tile_rows.start, columns[some]))
        found[order[some]] = tile[row, column].numpy(force=True)
    return found.reshape(first.shape)
