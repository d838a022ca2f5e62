"""Of many records the strongest of each feature: of places where it fired, and of tokens that it fired on.

Places of several parts of a text are the strongest of all its places, however it was cut: what is left out in a part is left out
in the whole. Sums over tokens are not, so that more of them are kept than are told of.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Columns = TypeVar("Columns", "Places", "TokenSums")


class Places(NamedTuple):
    """Tokens on which features fired, a row each.

    Attributes:
        feature: int32.
        value: float32, how strongly it fired.
        document: int64, number of the document.
        position: int32, number of the token in it.
    """

    feature: NDArray[np.int32]
    value: NDArray[np.float32]
    document: NDArray[np.int64]
    position: NDArray[np.int32]

    @classmethod
    def none(cls) -> Self:
        """No row."""
        return cls(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64), np.empty(0, np.int32))


class TokenSums(NamedTuple):
    """What features fired on, token by token of the vocabulary, a row each.

    Attributes:
        feature: int32.
        token: int64, number in the vocabulary.
        times: int64, how often the feature fired on it.
        activation_sum: float64, over these times.
    """

    feature: NDArray[np.int32]
    token: NDArray[np.int64]
    times: NDArray[np.int64]
    activation_sum: NDArray[np.float64]

    @classmethod
    def none(cls) -> Self:
        """No row."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


def strongest_places(places: Places, most: int) -> NDArray[np.int64]:
    """Which rows are the strongest places of their features, at most so many of each and one of each document.

    Features ascend; of one feature the strongest comes first, of equal ones that of the earlier document and token.
    """
    feature, value, document, position = places
    ranked = np.lexsort((position, document, -value, feature))
    of_pair = np.lexsort(
        (document[ranked], feature[ranked])
    )  # stable: of a feature and a document the strongest stays first
    pair = ranked[of_pair]
    is_first = np.ones(len(pair), bool)
    is_first[1:] = (feature[pair][1:] != feature[pair][:-1]) | (document[pair][1:] != document[pair][:-1])
    once = ranked[np.sort(of_pair[is_first])]
    return once[_number_in_group(feature[once]) < most]


def summed(sums: TokenSums) -> TokenSums:
    """One row for each feature and token, in their order; what stood in several rows is added in the order of these."""
    order = np.lexsort((sums.token, sums.feature))
    feature, token, times, total = rows_of(sums, order)
    is_first = np.ones(len(order), bool)
    is_first[1:] = (feature[1:] != feature[:-1]) | (token[1:] != token[:-1])
    starts = np.flatnonzero(is_first)
    if not len(starts):
        return sums
    return TokenSums(feature[starts], token[starts], np.add.reduceat(times, starts), np.add.reduceat(total, starts))


def strongest_tokens(sums: TokenSums, most: int) -> TokenSums:
    """Of each feature the tokens with the largest sums of activations, at most so many; of equal ones that of the lower number."""
    order = np.lexsort((sums.token, -sums.activation_sum, sums.feature))
    kept = order[_number_in_group(sums.feature[order]) < most]
    return rows_of(sums, kept)


def rows_of(columns: Columns, index: NDArray[Any]) -> Columns:
    """Some of the rows, by their numbers."""
    return type(columns)(*(column[index] for column in columns))


def joined(parts: Sequence[Columns]) -> Columns:
    """The rows of all parts, at least one, in their order."""
    return type(parts[0])(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _number_in_group(sorted_: NDArray[np.int32]) -> NDArray[np.int64]:
    """For each of some sorted numbers how many of its like stand before it."""
    return np.arange(len(sorted_)) - np.searchsorted(sorted_, sorted_)
