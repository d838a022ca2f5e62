"""Activations that lie on disk, from whatever computed them: a layout small enough to write by hand.

    FOLDER/
      about.json              optional: an object with anything that tells where the activations come from
      documents.jsonl         optional: one object a line, {"label": ..., "group": ...}, for documents 0, 1, 2 …
      00000.safetensors       tensors: `document`, and one for each hook under the hook's name
      00001.safetensors

or, instead of a safetensors file, a NumPy file for each of its tensors:

      00000.document.npy
      00000.blocks.3.hook_resid_post.npy

`document` is int64 (n_tokens,), the number of the document of each token, never decreasing, not from shard to shard either; a
hook's tensor is (n_tokens, d_in). Shards are read in the order of their names; where all of these are numbers, none may be missing.
documents.jsonl has as many lines as there are documents. Special tokens must not be among the rows:
nothing here can tell them from others.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.activations.centering import center
from saegeo_core.activations.source import ActivationBatch
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.stored_shards import DOCUMENT, Shard, find_shards
from saegeo_core.activations.token_census import TokenCensus
from saegeo_core.corpora.compressed_lines import read_lines
from saegeo_core.corpora.corpus import Document
from saegeo_core.corpora.file_identity import file_identity
from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.json_text import parsed
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.tensor_files.tensor_file import reading
from saegeo_core.typed_path import typed_path

ROWS_AT_ONCE = 8192
DOCUMENTS_AT_ONCE = 256
#: Documents without tokens are allowed, but where there are more than so many to a token, their numbers are wrong.
DOCUMENTS_OF_A_TOKEN = 100


class Stored:
    """The kind of source that reads activations from disk."""

    name = "stored"
    summary = "activations on disk: safetensors or npy shards with document numbers"

    def open(self, where: str, request: SourceRequest) -> "StoredSource":
        """The activations in the folder `where`.

        Raises:
            SaegeoError: not there, damaged, without one of the hooks, or a window is asked for.
        """
        folder = typed_path(where)
        if not folder.is_dir():
            raise SaegeoError(f"there is no folder {folder} of stored activations", "name the folder with their shards")
        return StoredSource(folder, request)


@dataclass(frozen=True)
class _Span:
    """A shard and the documents in it; `earlier` tokens of its first document lie in shards before."""

    shard: Shard
    first: int
    last: int
    earlier: int

    def documents(self) -> NDArray[np.int64]:
        return _documents_of(self.shard)


class StoredSource:
    """The activations in one folder, given on the device and in the number type of the request."""

    def __init__(self, folder: Path, request: SourceRequest) -> None:
        if request.window_tokens is not None:
            raise SaegeoError(
                "stored activations were cut into windows when they were computed", "leave the window out"
            )
        self._folder = folder
        self._request = request
        shards = find_shards(folder)
        self.d_in = {hook: _width(shards, hook) for hook in request.hooks}
        self._spans = _spans(shards)
        self.corpus = StoredDocuments(folder / "documents.jsonl", self._spans[-1].last + 1)
        self._census = TokenCensus()

    def describe(self) -> dict[str, Any]:
        """What about.json says, the identity of every shard, and the hooks."""
        about = self._folder / "about.json"
        return {
            "kind": Stored.name,
            "about": read_json_object(about) if about.is_file() else {},
            "shards": [file_identity(path, path.name) for span in self._spans for path in span.shard.paths],
            "hooks": {hook: {"centred": hook in self._request.centered_hooks} for hook in self._request.hooks},
            "dtype": self._request.dtype,
        }

    def batches(self, documents: Iterable[Document]) -> Iterator[ActivationBatch]:
        """The stored activations of `documents`, at most 8,192 tokens a batch.

        Raises:
            SaegeoError: a damaged shard, or NaN or infinity (raised after the last batch).
        """
        self._census = TokenCensus()
        remaining = iter(documents)
        while wanted := [document.position for document in islice(remaining, DOCUMENTS_AT_ONCE)]:
            for span in self._spans:
                if span.first <= wanted[-1] and span.last >= wanted[0]:
                    yield from self._batches_of(span, np.array(wanted))
        self._census.refuse_non_finite("they were stored so: compute them again")

    def statistics(self) -> dict[str, dict[str, int]]:
        """Tokens, and tokens of high norm, at each hook in the latest `batches`."""
        return self._census.counts()

    def _batches_of(self, span: _Span, wanted: NDArray[np.int64]) -> Iterator[ActivationBatch]:
        document = span.documents()
        position = np.arange(len(document)) - np.searchsorted(document, document)
        position[document == span.first] += span.earlier
        start, stop = np.searchsorted(document, wanted[0]), np.searchsorted(document, wanted[-1], side="right")
        for begin in range(start, stop, ROWS_AT_ONCE):
            rows = slice(begin, min(begin + ROWS_AT_ONCE, stop))
            among = np.isin(document[rows], wanted)
            if among.any():
                activations = {hook: self._rows(span.shard, hook, rows, among) for hook in self.d_in}
                batch = ActivationBatch(
                    center(activations, self._request.centered_hooks), document[rows][among], position[rows][among]
                )
                self._census.add(batch.activations)
                yield batch

    def _rows(self, shard: Shard, hook: str, rows: slice, among: NDArray[np.bool_]) -> Any:
        import torch

        stored = shard.rows(hook, rows.start, rows.stop)[torch.from_numpy(among)]
        return stored.to(self._request.device, getattr(torch, self._request.dtype))


class StoredDocuments:
    """The documents of stored activations: labels and groups from documents.jsonl where there is one, no text."""

    n_skipped = 0

    def __init__(self, path: Path, n_documents: int) -> None:
        self._path = path
        self._n_documents = n_documents

    def describe(self) -> dict[str, Any]:
        """The number of documents, and the identity of documents.jsonl."""
        labels = file_identity(self._path, self._path.name) if self._path.is_file() else None
        return {"kind": Stored.name, "n_documents": self._n_documents, "documents": labels}

    def documents(self, start: int = 0) -> Iterator[Document]:
        """The documents from number `start` on.

        Raises:
            SaegeoError: documents.jsonl is damaged, or has too few lines.
        """
        self._refuse_other_number()
        facts = self._facts() if self._path.is_file() else repeat({}, self._n_documents)
        position = -1
        for position, fact in enumerate(islice(facts, self._n_documents)):
            if position >= start:
                label = fact.get("label")
                group = str(fact.get("group", f"#{position}"))
                yield Document("", None if label is None else str(label), group, position)

    def _refuse_other_number(self) -> None:
        """Lines that are missing, or documents: a folder that lost its last shard has fewer of these."""
        n_lines = sum(1 for _ in read_lines(self._path)) if self._path.is_file() else self._n_documents
        if n_lines != self._n_documents:
            raise SaegeoError(
                f"{self._path} has {n_lines} lines; the activations are of {self._n_documents} documents",
                "give one line for each document, from number 0 on to the last that has tokens; or is a shard missing?",
            )

    def _facts(self) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(read_lines(self._path), start=1):
            with reading(self._path, f"JSON lines at line {number}"):
                fact = parsed(line)
            if not isinstance(fact, dict):
                raise SaegeoError(f"line {number} of {self._path} is a {type(fact).__name__}, not an object")
            yield fact


def _documents_of(shard: Shard) -> NDArray[np.int64]:
    (n_rows,) = shard.shapes[DOCUMENT]
    document: NDArray[np.int64] = shard.rows(DOCUMENT, 0, n_rows).numpy()
    return document


def _width(shards: Sequence[Shard], hook: str) -> int:
    """Width of the activations at a hook, the same in every shard; one row a token."""
    for shard in shards:
        if hook not in shard.shapes or DOCUMENT not in shard.shapes:
            missing = DOCUMENT if DOCUMENT not in shard.shapes else hook
            raise SaegeoError(f"{shard.paths[0]} holds no {missing!r}", near_matches(missing, list(shard.shapes)))
        shape, (n_rows, *rest) = shard.shapes[hook], shard.shapes[DOCUMENT]
        if rest or len(shape) != 2 or shape[0] != n_rows or shape[1] != shards[0].shapes[hook][1]:
            raise SaegeoError(
                f"{shard.paths[0]}: {hook} has shape {shape} and {DOCUMENT} {shard.shapes[DOCUMENT]}; the first shard has "
                f"{shards[0].shapes[hook]}",
                "a hook has one row for each entry of document, of one width in all shards",
            )
    return shards[0].shapes[hook][1]


def _spans(shards: Sequence[Shard]) -> list[_Span]:
    """The shards that hold tokens, with the documents in each, checked to be in order."""
    spans: list[_Span] = []
    for shard in shards:
        document = _documents_of(shard)
        if document.dtype != np.int64:
            raise SaegeoError(f"{DOCUMENT} of {shard.paths[0]} is {document.dtype}, not int64", "store it as int64")
        if not len(document):
            continue
        before = spans[-1].last if spans else 0
        if document[0] < before or (np.diff(document) < 0).any():
            raise SaegeoError(
                f"{DOCUMENT} of {shard.paths[0]} decreases, or is less than 0 or than in the shard before",
                "store the tokens in the order of their documents",
            )
        earlier = 0
        if spans and document[0] == before:
            last = spans[-1]
            earlier = int((last.documents() == before).sum()) + (last.earlier if last.first == before else 0)
        spans.append(_Span(shard, int(document[0]), int(document[-1]), earlier))
    if not spans:
        raise SaegeoError(f"the shards beside {shards[0].paths[0]} hold no token")
    n_tokens = sum(shard.shapes[DOCUMENT][0] for shard in shards)
    for span in spans:
        if span.last >= DOCUMENTS_OF_A_TOKEN * n_tokens:
            raise SaegeoError(
                f"{DOCUMENT} of {span.shard.paths[0]} goes up to {span.last}, and there are {n_tokens} tokens in all shards",
                "number the documents 0, 1, 2 …; the shard may be damaged",
            )
    return spans
