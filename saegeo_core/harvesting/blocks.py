"""Tokens to blocks: documents cut into consecutive blocks of equal length, gathered into units of one fixed shape.

A unit is what is encoded at once. Its shape never changes and it is filled in the order of the tokens, whatever batches
they came in: matrix products of another shape, or of memory that lies otherwise, differ in their last bits, and a token near
a threshold would then fire or not by the batch size. What a unit lacks at the end is padding, and does not count.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.activations.source import ActivationBatch


@dataclass(frozen=True)
class Unit:
    """Some consecutive blocks.

    Attributes:
        activations: for each hook a tensor (n_rows, d_in); block b starts at row b * block_tokens. The memory is used again
            for the next unit.
        documents: for each block the position of its document in the corpus.
        tokens: for each block its number of tokens; rows behind them, and behind the last block, are padding.
        block_tokens: rows of a block.
        starts: for each block the number in its document of its first token.
        token_ids: int64 array (n_rows,), the numbers of the tokens in the vocabulary where the source says them; 0 for padding.
    """

    activations: dict[str, torch.Tensor]
    documents: list[int]
    tokens: list[int]
    block_tokens: int
    starts: list[int]
    token_ids: NDArray[np.int64]

    @property
    def n_blocks(self) -> int:
        """Number of blocks, at least one."""
        return len(self.documents)

    def counting(self, n_rows: int) -> torch.Tensor | None:
        """Which of the rows are tokens, bool (n_rows, 1), or None where all are."""
        if sum(self.tokens) == n_rows:
            return None
        lengths = torch.zeros(n_rows // self.block_tokens, 1, dtype=torch.int64)
        lengths[: self.n_blocks, 0] = torch.tensor(self.tokens)
        return (torch.arange(self.block_tokens) < lengths).reshape(n_rows, 1)


class BlockCutter:
    """Cuts one run of documents into blocks, and counts what does not fill one.

    Args:
        block_tokens: tokens in a block.
        blocks_at_once: blocks in a unit.
        keep_tails: whether what a document leaves over makes a shorter block, or is dropped.

    Attributes:
        n_tails: documents that left tokens over.
        n_tail_tokens: how many tokens they left.
    """

    def __init__(self, block_tokens: int, blocks_at_once: int, keep_tails: bool) -> None:
        self.block_tokens = block_tokens
        self.n_rows = block_tokens * blocks_at_once
        self.keep_tails = keep_tails
        self.n_tails = 0
        self.n_tail_tokens = 0
        self._stage: dict[str, torch.Tensor] = {}
        self._token_ids = np.zeros(self.n_rows, np.int64)
        self._next_row = 0
        self._document = -1
        self._documents: list[int] = []
        self._tokens: list[int] = []
        self._starts: list[int] = []
        self._n_blocks_of_document = 0

    def units(self, batches: Iterable[ActivationBatch]) -> Iterator[Unit]:
        """The blocks of all documents in `batches`, in order; only the last unit may hold fewer than the others."""
        for batch in batches:
            if not self._stage:
                self._make_stage(batch)
            ends = [*(np.flatnonzero(np.diff(batch.document)) + 1).tolist(), batch.n_tokens]
            for start, stop in zip([0, *ends], ends, strict=False):
                yield from self._take(batch, start, stop)
        yield from self._end_document()
        if self._documents:
            yield self._unit()

    def _make_stage(self, batch: ActivationBatch) -> None:
        for hook, rows in batch.activations.items():
            self._stage[hook] = rows.new_zeros((self.n_rows, rows.shape[1]))

    def _take(self, batch: ActivationBatch, start: int, stop: int) -> Iterator[Unit]:
        """Rows start to stop of a batch, which belong to one document."""
        document = int(batch.document[start])
        if document != self._document:
            yield from self._end_document()
            self._document, self._n_blocks_of_document = document, 0
        while start < stop:
            n = min(stop - start, self.n_rows - self._next_row)
            for hook, rows in batch.activations.items():
                self._stage[hook][self._next_row : self._next_row + n] = rows[start : start + n]
            if batch.token_ids is not None:
                self._token_ids[self._next_row : self._next_row + n] = batch.token_ids[start : start + n]
            start += n
            self._next_row += n
            n_complete = self._next_row // self.block_tokens - len(self._documents)
            yield from self._add_blocks(n_complete, self.block_tokens)

    def _end_document(self) -> Iterator[Unit]:
        n_left = self._next_row % self.block_tokens
        if n_left:
            self.n_tails += 1
            self.n_tail_tokens += n_left
            self._next_row -= n_left
            if self.keep_tails:
                self._next_row += self.block_tokens
                yield from self._add_blocks(1, n_left)

    def _add_blocks(self, n_blocks: int, n_tokens: int) -> Iterator[Unit]:
        self._documents += [self._document] * n_blocks
        self._tokens += [n_tokens] * n_blocks
        first, self._n_blocks_of_document = self._n_blocks_of_document, self._n_blocks_of_document + n_blocks
        self._starts += [self.block_tokens * number for number in range(first, self._n_blocks_of_document)]
        if self._next_row == self.n_rows:
            yield self._unit()

    def _unit(self) -> Unit:
        unit = Unit(self._stage, self._documents, self._tokens, self.block_tokens, self._starts, self._token_ids.copy())
        self._documents, self._tokens, self._starts, self._next_row = [], [], [], 0
        return unit
