"""What features fire on, as a shard has it: their strongest places with the tokens around, and the tokens with the largest sums."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from saegeo_core.activations.source import ActivationBatch
from saegeo_core.firing.contexts import AROUND
from saegeo_core.harvesting.strongest import (
    Places,
    TokenSums,
    joined,
    rows_of,
    strongest_places,
    strongest_tokens,
    summed,
)
from saegeo_core.harvesting.text_tally import TOKENS_KEPT

#: Behind a dictionary's name, the names of its places and of its tokens in a shard.
PLACES, TOKENS = ".places", ".tokens"
#: In place of a token where the text begins or ends.
NO_TOKEN = -1

Arrays = Mapping[str, NDArray[Any]]


class Texts(NamedTuple):
    """What features fire on.

    Attributes:
        places: their strongest places.
        around: int64 (n_places, 2 AROUND + 1), the tokens around each, that on which a feature fires in the middle; NO_TOKEN beyond
            the text.
        sums: the tokens with the largest sums.
    """

    places: Places
    around: NDArray[np.int64]
    sums: TokenSums

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """As they are stored for the dictionary of that name."""
        places = {f"{name}{PLACES}/{column}": values for column, values in self.places._asdict().items()}
        sums = {f"{name}{TOKENS}/{column}": values for column, values in self.sums._asdict().items()}
        return places | {f"{name}{PLACES}/around": self.around} | sums

    @classmethod
    def from_arrays(cls, places: Arrays, sums: Arrays) -> "Texts":
        """Those of a shard: arrays by the names behind the slash."""
        return cls(
            Places(*(places[name] for name in Places._fields)),
            places["around"],
            TokenSums(*(sums[name] for name in TokenSums._fields)),
        )

    def plus(self, other: "Texts", n_contexts: int) -> "Texts":
        """What features fire on in both of two parts of a text."""
        places, sums = joined([self.places, other.places]), joined([self.sums, other.sums])
        kept = strongest_places(places, n_contexts)
        around = np.concatenate([self.around, other.around])[kept]
        return Texts(rows_of(places, kept), around, strongest_tokens(summed(sums), TOKENS_KEPT))


class TokensRead:
    """The tokens of a portion, batch by batch."""

    def __init__(self) -> None:
        self._token_ids: list[NDArray[np.int64]] = []
        self._document: list[NDArray[np.int64]] = []

    def add(self, batch: ActivationBatch) -> None:
        """A batch that says which tokens it holds."""
        if batch.token_ids is not None:
            self._token_ids.append(batch.token_ids)
            self._document.append(batch.document)

    def around(self, places: Places) -> NDArray[np.int64]:
        """The tokens around each place; see `Texts`."""
        if not len(places.feature):
            return np.empty((0, 2 * AROUND + 1), np.int64)
        token_ids, document = np.concatenate(self._token_ids), np.concatenate(self._document)
        first = np.searchsorted(document, places.document)[:, None]
        end = np.searchsorted(document, places.document, "right")[:, None]
        wanted = first + places.position[:, None] + np.arange(-AROUND, AROUND + 1)
        is_there = (wanted >= first) & (wanted < end)
        return np.where(is_there, token_ids[np.where(is_there, wanted, 0)], NO_TOKEN)
