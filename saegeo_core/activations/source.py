"""What an activation source is: documents in, activations at named hooks out, token by token.

A source knows nothing of SAEs, blocks or files. Its one promise beyond the numbers is about *which* tokens there are:
special tokens (BOS, CLS, SEP, EOS, PAD) are dropped, never zeroed, and padding never counts; every other token of every
document comes out exactly once, in order. On a CPU a token's activation depends on its document alone, to the last bit,
however the documents are grouped into calls.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from saegeo_core.corpora.corpus import Corpus, Document

if TYPE_CHECKING:
    import torch

OWN_DOCUMENTS = "brings its own documents and reads no others"
NAME_A_MODEL = "name a model, for example --model minilm-l6"


@dataclass(frozen=True)
class ActivationBatch:
    """The activations of consecutive tokens.

    Attributes:
        activations: for each hook a tensor (n_tokens, d_in), on the source's device and in its number type.
        document: int64 array (n_tokens,), `Document.position` of each token; never decreasing, from batch to batch too.
        position: int64 array (n_tokens,), number of the token in its document: 0, 1, 2 … without gaps.
        token_ids: int64 array (n_tokens,), its number in the vocabulary; None where the source knows activations alone.
    """

    activations: "dict[str, torch.Tensor]"
    document: NDArray[np.int64]
    position: NDArray[np.int64]
    token_ids: NDArray[np.int64] | None = None

    @property
    def n_tokens(self) -> int:
        """Number of tokens in the batch, at least one."""
        return len(self.document)


class ActivationSource(Protocol):
    """Activations of a model, computed or stored."""

    @property
    def d_in(self) -> Mapping[str, int]:
        """Width of the activations at each hook, in the order the hooks were asked for."""
        ...

    @property
    def corpus(self) -> Corpus | None:
        """The documents that the source brings with it, or None where it takes any."""
        ...

    def describe(self) -> dict[str, Any]:
        """Plain JSON that decides the numbers: model and tokenizer with digests, hooks, window, number type, layout."""
        ...

    def batches(self, documents: Iterable[Document]) -> Iterator[ActivationBatch]:
        """The activations of `documents`, which are read once, in ascending order of their position, as they are needed.

        A document without tokens appears in no batch. Batches may end in the middle of a document.

        Raises:
            SaegeoError: what the source cannot do for these documents, or NaN or infinity among the activations.
        """
        ...

    def statistics(self) -> dict[str, dict[str, int]]:
        """For each hook, counts over the tokens of the latest `batches`: `tokens`, and `high_norm` (see `TokenCensus`)."""
        ...


@runtime_checkable
class ReadsByLength(Protocol):
    """A source that can also take texts by their number of tokens, many short ones together."""

    def batches_by_length(self, documents: Iterable[Document]) -> Iterator[ActivationBatch]:
        """What `batches` gives, to the rounding of products, with the documents in any order.

        Tokens of one document are in order within a batch; of several batches `position` tells which comes first.

        Raises:
            SaegeoError: as `batches` does.
        """
        ...


@runtime_checkable
class NamesTokens(Protocol):
    """A source whose batches say which tokens they hold."""

    def token_texts(self, token_ids: NDArray[np.int64]) -> list[str]:
        """The text of each of some tokens, int64 (n,), as it stands within a text: with the blank before it where it begins a word.

        Joined, those of consecutive tokens read as the text does. What is part of a character is U+FFFD.
        """
        ...


@runtime_checkable
class LiesInFiles(Protocol):
    """A source whose model can be written to a folder, from which another process opens the same source."""

    def write_to(self, folder: Path) -> None:
        """Write the files of the model, no folders, into a folder that is empty."""
        ...
