"""Activations that are made up, for analyses that read a model: every text has the vectors that a function gives it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.activations.source import ActivationBatch
from saegeo_core.activations.text_activations import TextActivations
from saegeo_core.corpora.corpus import Document

TokensOf = Callable[[str], NDArray[np.float32]]
HOOK = "made-up.hook"
CHARACTERS = 4
"""Of a token of `made_up_tokens`, at most."""


def made_up_activations(tokens_of: TokensOf, d_in: int, name: str = "made-up") -> TextActivations:
    """What a model would be that computes `tokens_of(text)`, (n_tokens, d_in), for a text, at every hook.

    `name` stands for the model in reports: functions that give other numbers must have other names.
    """

    def source(hook: str) -> _MadeUp:
        return _MadeUp(tokens_of, d_in, hook, name)

    return TextActivations(name, HOOK, source(HOOK), source)


def made_up_tokens(d_in: int, seed: int = 0) -> TokensOf:
    """Standard normal vectors, one for every four characters of a text; the same text has the same ones."""

    def tokens_of(text: str) -> NDArray[np.float32]:
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        n_tokens = -(-len(text) // CHARACTERS)
        return np.random.default_rng((seed, number)).standard_normal((n_tokens, d_in), np.float32)

    return tokens_of


@dataclass(frozen=True)
class _MadeUp:
    """A source at one hook, as `ActivationSource` says."""

    tokens_of: TokensOf
    width: int
    hook: str
    name: str
    corpus: None = None

    @property
    def d_in(self) -> dict[str, int]:
        return {self.hook: self.width}

    def describe(self) -> dict[str, Any]:
        return {"kind": "made-up", "name": self.name, "hook": self.hook, "d_in": self.width}

    def batches(self, documents: Iterable[Document]) -> Iterator[ActivationBatch]:
        for document in documents:
            rows = np.asarray(self.tokens_of(document.text), np.float32)
            if len(rows):
                of_document = np.full(len(rows), document.position)
                yield ActivationBatch({self.hook: torch.from_numpy(rows)}, of_document, np.arange(len(rows)))

    def statistics(self) -> dict[str, dict[str, int]]:
        return {}
