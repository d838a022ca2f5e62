"""What is kept of the activations: which features fired in which blocks, and for each feature how often and how strongly.

Sums are kept where the activations are, in float64, and only what is final leaves the device; so encoding never waits.
"""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.firing.incidence import Incidence, concatenate, from_dense
from saegeo_core.harvesting.blocks import Unit
from saegeo_core.harvesting.encoding import Dictionary, Encoder
from saegeo_core.harvesting.text_tally import TextOfUnit, TextTally

#: Entries of the block-by-feature matrix that wait on the device until they are packed together.
ENTRIES_WAITING = 2**24


@dataclass(frozen=True, eq=False)
class Tallied:
    """The firing of one dictionary in some blocks. Of features that never fired, only that is kept.

    Attributes:
        fired: which feature fired in which block.
        features: int32, the features that fired, ascending; the arrays below are aligned with it.
        token_counts: int64, tokens each fired on.
        activation_sum, activation_sum_of_squares: float64, over these tokens.
        activation_max: float32.
    """

    fired: Incidence
    features: NDArray[np.int32]
    token_counts: NDArray[np.int64]
    activation_sum: NDArray[np.float64]
    activation_sum_of_squares: NDArray[np.float64]
    activation_max: NDArray[np.float32]

    def per_feature(self) -> dict[str, NDArray[Any]]:
        """The arrays that are aligned with `features`, and these, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "fired"}


class _Sums(NamedTuple):
    """Sums over tokens, one number a feature, where the activations are."""

    token_counts: torch.Tensor
    activation_sum: torch.Tensor
    activation_sum_of_squares: torch.Tensor
    activation_max: torch.Tensor

    @classmethod
    def zeros(cls, dictionary: Dictionary) -> "_Sums":
        return cls(*(dictionary.zeros(dtype) for dtype in (torch.int64, torch.float64, torch.float64, torch.float32)))

    def plus(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.token_counts + other.token_counts,
            self.activation_sum + other.activation_sum,
            self.activation_sum_of_squares + other.activation_sum_of_squares,
            torch.maximum(self.activation_max, other.activation_max),
        )


class FiringTally:
    """Counts the firing of one dictionary, unit by unit.

    Args:
        encoder: encodes the units.
        fires_above: a feature fires on a token where its activation is strictly greater; not negative.
        texts: gathers what features fire on; None where that is not kept.
    """

    def __init__(self, encoder: Encoder, fires_above: float, texts: TextTally | None = None) -> None:
        self._encoder = encoder
        self._fires_above = fires_above
        self.texts = texts
        self._sums = _Sums.zeros(encoder.dictionary)
        self._waiting = [encoder.dictionary.zeros(torch.bool, 0)]
        self._packed: list[Incidence] = []

    def add(self, unit: Unit) -> None:
        """Encode and count the blocks of `unit`; where memory is short, in smaller pieces from then on.

        Raises:
            SaegeoError: there is no memory even for one token.
        """
        while True:
            text = None if self.texts is None else self.texts.of(unit)
            try:
                fired, sums = self._count(unit, text)
                break
            except torch.OutOfMemoryError:
                self._encoder.halve()
        if self.texts is not None and text is not None:
            self.texts.add(text)
        self._sums = self._sums.plus(sums)
        self._waiting.append(fired[: unit.n_blocks])
        if sum(waiting.numel() for waiting in self._waiting) > ENTRIES_WAITING:
            self._pack()

    def result(self) -> Tallied:
        """Everything counted so far."""
        self._pack()
        features = torch.nonzero(self._sums.token_counts).squeeze(1)
        sums = (values[features].cpu().numpy() for values in self._sums)
        return Tallied(concatenate(self._packed), features.cpu().numpy().astype(np.int32), *sums)

    def _count(self, unit: Unit, text: TextOfUnit | None) -> tuple[torch.Tensor, _Sums]:
        """Which features fired in which blocks, bool (blocks of the unit, n_features), and their sums."""
        dictionary, size = self._encoder.dictionary, unit.block_tokens
        rows_of_unit = unit.activations[dictionary.hook]
        counting = unit.counting(len(rows_of_unit))
        fired = dictionary.zeros(torch.bool, len(rows_of_unit) // size)
        sums = _Sums.zeros(dictionary)
        for rows, features, activations in self._encoder.pieces(rows_of_unit):
            fires = activations > self._fires_above
            if counting is not None:
                fires &= counting[rows].to(fires.device)
            blocks = slice(rows.start // size, -(-rows.stop // size))
            fired[blocks, features] |= fires.view(blocks.stop - blocks.start, -1, fires.shape[1]).any(1)
            sums.token_counts[features] += fires.sum(0, dtype=torch.int32)
            values = torch.where(fires, activations, 0.0)
            if text is not None:
                text.add(rows, features, fires, values)
            sums.activation_sum[features] += values.sum(0, dtype=torch.float64)
            sums.activation_max[features] = torch.maximum(sums.activation_max[features], values.amax(0))
            sums.activation_sum_of_squares[features] += values.square_().sum(0, dtype=torch.float64)
        return fired, sums

    def _pack(self) -> None:
        fired = torch.cat(self._waiting)
        self._packed.append(from_dense(fired.cpu().numpy()))
        self._waiting = [fired[:0]]
