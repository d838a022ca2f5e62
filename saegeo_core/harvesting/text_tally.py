"""What features fire on: while activations are counted, their strongest places, and what they sum up to on each token."""

from dataclasses import dataclass, field

import numpy as np
import torch

from saegeo_core.harvesting.blocks import Unit
from saegeo_core.harvesting.encoding import Dictionary
from saegeo_core.harvesting.strongest import (
    Places,
    TokenSums,
    joined,
    rows_of,
    strongest_places,
    strongest_tokens,
    summed,
)

#: Tokens of a feature that a part of a text hands on; a few are told of at last.
TOKENS_KEPT = 64
#: Rows that wait until they are summed up, and that may be there when they are: 100 MB.
ROWS_WAITING = 1 << 22


@dataclass
class TextOfUnit:
    """What features of a dictionary fire on in one unit, gathered piece by piece.

    Attributes:
        unit: the unit.
        value: float32 tensor (blocks, n_features), the strongest activation in each block, 0 where a feature does not fire.
        place: int64, likewise, the row of it in its block: the first where several are equal.
        sums: what features fired on in each piece.
    """

    unit: Unit
    value: torch.Tensor
    place: torch.Tensor
    sums: list[TokenSums] = field(default_factory=list)

    def add(self, rows: slice, features: slice, fires: torch.Tensor, values: torch.Tensor) -> None:
        """A piece: which of its features fire on which of its rows, (n_rows, n), and how strongly; 0 where they do not."""
        size = self.unit.block_tokens
        blocks = slice(rows.start // size, -(-rows.stop // size))
        value, place = values.view(blocks.stop - blocks.start, -1, values.shape[1]).max(1)
        place = place + rows.start % size
        is_stronger = value > self.value[blocks, features]
        self.value[blocks, features] = torch.where(is_stronger, value, self.value[blocks, features])
        self.place[blocks, features] = torch.where(is_stronger, place, self.place[blocks, features])
        row, column = fires.nonzero(as_tuple=True)
        of_row = row.cpu().numpy() + rows.start
        self.sums.append(
            TokenSums(
                (column + features.start).cpu().numpy().astype(np.int32),
                self.unit.token_ids[of_row],
                np.ones(len(of_row), np.int64),
                values[row, column].double().cpu().numpy(),
            )
        )


class TextTally:
    """What the features of one dictionary fire on, unit by unit.

    Args:
        dictionary: whose features.
        n_contexts: places that are kept of each.
    """

    def __init__(self, dictionary: Dictionary, n_contexts: int) -> None:
        self._dictionary = dictionary
        self._n_contexts = n_contexts
        self._weakest = dictionary.zeros(torch.float32)
        self._most_places = max(ROWS_WAITING, 2 * n_contexts * dictionary.n_features)
        self._places, self._new_places, self._n_new_places = Places.none(), list[Places](), 0
        self._sums, self._new_sums, self._n_new_sums = TokenSums.none(), list[TokenSums](), 0

    def of(self, unit: Unit) -> TextOfUnit:
        """Where what they fire on in `unit` is gathered."""
        blocks = len(unit.token_ids) // unit.block_tokens
        zeros = self._dictionary.zeros
        return TextOfUnit(unit, zeros(torch.float32, blocks), zeros(torch.int64, blocks))

    def add(self, text: TextOfUnit) -> None:
        """What was gathered of a unit."""
        if self._n_contexts:
            self._add_places(text)
        self._new_sums += text.sums
        self._n_new_sums += sum(len(one.feature) for one in text.sums)
        if self._n_new_sums > ROWS_WAITING:
            self._sum_up()

    def result(self) -> tuple[Places, TokenSums]:
        """The strongest places of each feature, and the tokens with the largest sums."""
        if self._n_contexts:
            self._choose()
        self._sum_up()
        return self._places, strongest_tokens(self._sums, TOKENS_KEPT)

    def _add_places(self, text: TextOfUnit) -> None:
        unit = text.unit
        value = text.value[: unit.n_blocks]
        block, feature = (value > self._weakest).nonzero(as_tuple=True)
        of_block = block.cpu().numpy()
        self._new_places.append(
            Places(
                feature.cpu().numpy().astype(np.int32),
                value[block, feature].cpu().numpy(),
                np.array(unit.documents, np.int64)[of_block],
                (np.array(unit.starts)[of_block] + text.place[block, feature].cpu().numpy()).astype(np.int32),
            )
        )
        self._n_new_places += len(of_block)
        # The first blocks bring all that fires; later ones little, so soon as it is known what is too weak.
        if self._n_new_places > min(self._most_places, max(len(self._places.feature), self._dictionary.n_features)):
            self._choose()

    def _choose(self) -> None:
        places = joined([self._places, *self._new_places])
        self._places = rows_of(places, strongest_places(places, self._n_contexts))
        self._new_places, self._n_new_places = [], 0
        weakest = np.zeros(self._dictionary.n_features, np.float32)
        n_kept = np.bincount(self._places.feature, minlength=len(weakest))
        last = np.cumsum(n_kept)[n_kept == self._n_contexts] - 1
        weakest[self._places.feature[last]] = self._places.value[last]
        self._weakest = torch.from_numpy(weakest).to(self._weakest.device)

    def _sum_up(self) -> None:
        sums = summed(joined([self._sums, *self._new_sums]))
        self._sums = sums if len(sums.feature) <= ROWS_WAITING else strongest_tokens(sums, TOKENS_KEPT)
        self._new_sums, self._n_new_sums = [], 0
