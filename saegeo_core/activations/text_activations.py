"""What a model computes for texts at one hook: the form in which activations reach an analysis.

A source gives tokens in batches of its own making; whoever measures words wants the tokens of one text together.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.activations.place import bos_of, hook_of, refuse_other_model
from saegeo_core.activations.source import (
    NAME_A_MODEL,
    OWN_DOCUMENTS,
    ActivationBatch,
    ActivationSource,
    ReadsByLength,
)
from saegeo_core.activations.source_kind import SourceKind, SourceRequest, is_language_model, open_source
from saegeo_core.cloud.description import SaeDescription
from saegeo_core.corpora.corpus import Corpus, Document
from saegeo_core.errors import MissingInput, SaegeoError

log = logging.getLogger(__name__)
EMBEDDING_HOOK = "blocks.0.hook_resid_pre"
CHARACTERS_AT_ONCE = 2**16
"""Of texts whose activations are held together."""


@dataclass(frozen=True, eq=False)
class TextActivations:
    """The activations of one model at one hook.

    Attributes:
        model: what the user typed after --model.
        hook: where in the model, in the words of TransformerLens.
        source: opened at that hook alone.
        reopen: opens the same model at another hook.
    """

    model: str
    hook: str
    source: ActivationSource
    reopen: Callable[[str], ActivationSource]

    @property
    def d_in(self) -> int:
        """Width of the activations."""
        return self.source.d_in[self.hook]

    @property
    def corpus(self) -> Corpus | None:
        """The documents that the source brings with it, which are then all it can read; None where it reads any text."""
        return self.source.corpus

    def describe(self) -> dict[str, Any]:
        """Plain JSON that decides the numbers."""
        return self.source.describe()

    def pieces(self, documents: Iterable[Document]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The activations (n_tokens, d_in) of consecutive tokens of one document, and its position; special tokens are left out.

        A long document comes in several pieces, one without tokens in none. Documents are read as they are needed, once, in order
        of their position; the model answers for all pieces only when the last of them has been taken.

        Raises:
            SaegeoError: the model fails on them, or gives what is not finite.
        """
        for document, _, rows in self._pieces_of(self.source.batches(documents)):
            yield document, rows

    def of(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """For each text, in order, the activations (n_tokens, d_in) of its tokens, special ones left out.

        Texts of as many tokens go through the model together where the source can do that. Their activations are those of each
        text alone to the rounding of the products, 1e-5 of the largest in float32.

        Raises:
            SaegeoError: the model fails on them, or gives what is not finite.
            MissingInput: the source brings its own documents and reads no others.
        """
        if self.corpus is not None:
            raise MissingInput(f"{self.model} {OWN_DOCUMENTS}", NAME_A_MODEL)
        batches_of = self.source.batches_by_length if isinstance(self.source, ReadsByLength) else self.source.batches
        for some in _few_at_a_time(texts):
            documents = [Document(text, None, str(position), position) for position, text in enumerate(some)]
            pieces: list[list[tuple[int, NDArray[np.float32]]]] = [[] for _ in some]
            for document, start, rows in self._pieces_of(batches_of(documents)):
                pieces[document].append((start, rows))
            for of_text in pieces:
                in_order = [rows for _, rows in sorted(of_text, key=itemgetter(0))]
                yield np.concatenate(in_order) if in_order else np.empty((0, self.d_in), np.float32)

    def _pieces_of(self, batches: Iterable[ActivationBatch]) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
        """Consecutive tokens of one document: its position, the number of the first token in it, and their activations."""
        for batch in batches:
            rows = batch.activations[self.hook].float().numpy(force=True)
            starts = np.flatnonzero(np.diff(batch.document, prepend=-1))
            yield from zip(
                batch.document[starts].tolist(),
                batch.position[starts].tolist(),
                np.split(rows, starts[1:]),
                strict=True,
            )

    def embeddings(self) -> "TextActivations":
        """The same model where its first block reads: the embeddings of the tokens."""
        return replace(self, hook=EMBEDDING_HOOK, source=self.reopen(EMBEDDING_HOOK))


def _few_at_a_time(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, thousands of words or some long texts together."""
    some: list[str] = []
    n_characters = 0
    for text in texts:
        some.append(text)
        n_characters += len(text)
        if n_characters >= CHARACTERS_AT_ONCE:
            yield some
            some, n_characters = [], 0
    if some:
        yield some


def open_text_activations(
    sae: SaeDescription,
    model: str,
    *,
    layer: int | None = None,
    hook: str | None = None,
    force_model: bool = False,
    device: str = "cpu",
    kinds: Sequence[SourceKind],
) -> TextActivations:
    """The activations of `model` where the SAE reads, or after block number `layer`, or at `hook`.

    They are those that the SAE was trained on: without their mean where it was trained on a model of centered writing weights.

    Raises:
        SaegeoError: no such model or hook, the SAE does not say where it reads, it was trained on another model (unless
            `force_model`), or its directions are of another width.
    """
    if not force_model and is_language_model(model, kinds):
        refuse_other_model([sae], model)
    hook_given = hook is not None or layer is not None
    hook = hook_of(sae, hook if layer is None else f"blocks.{layer}.hook_resid_post")

    def opened(at: str) -> ActivationSource:
        centered = frozenset([at] if sae.is_centered else [])
        also_called = {} if hook_given or at != hook or sae.hf_hook_name is None else {at: sae.hf_hook_name}
        request = SourceRequest((at,), centered, device, prepend_bos=bos_of([sae]), also_called=also_called)
        return open_source(model, request, kinds)

    activations = TextActivations(model, hook, opened(hook), opened)
    log.debug("%s is read at %s: width %d, %s", model, hook, activations.d_in, device)
    if activations.d_in != sae.d_in:
        raise SaegeoError(
            f"the directions of {sae.spec} have width {sae.d_in}; the activations of {model} at {hook} have width "
            f"{activations.d_in}",
            "SAE and model do not belong together: name the model that it was trained on",
        )
    return activations
