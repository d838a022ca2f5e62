"""Shards to firing statistics. One shard is in memory at a time; what grows with the corpus grows in files."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property, partial, reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.activations.source import NamesTokens
from saegeo_core.firing.contexts import N_TOP_TOKENS, FiringContexts
from saegeo_core.firing.incidence import Incidence, concatenate, from_stored
from saegeo_core.firing.reflection import Reflection
from saegeo_core.firing.statistics import Control, FiringStatistics
from saegeo_core.harvesting.configuration import corpus_identity, source_at
from saegeo_core.harvesting.control import ControlDictionary, Controls
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.harvesting.shard_texts import NO_TOKEN, PLACES, TOKENS, Texts
from saegeo_core.harvesting.shards import BLOCKS, FIRED, ShardFolder, ShardRecord
from saegeo_core.harvesting.strongest import strongest_tokens

Json = Mapping[str, Any]
REFLECTED = "those of the SAE, reflected with its encoder along the principal axes of the activations"
GAUSSIAN = "angular Gaussian with the decoder's mean and covariance"


class Merger:
    """Joins the shards of one harvest, in their order.

    Args:
        shards: where they are.
        records: of all shards, in order.
        settings: what they were harvested with.
        scratch: a folder for arrays in the making; whoever made it removes it.
    """

    def __init__(
        self, shards: ShardFolder, records: Sequence[ShardRecord], settings: HarvestSettings, scratch: Path
    ) -> None:
        self._shards = shards
        self._records = records
        self._settings = settings
        self._scratch = scratch

    def firing(
        self, dictionary: str, placed: PlacedSae, controls: Controls, source: Json, corpus: Json
    ) -> FiringStatistics:
        """The firing statistics of an SAE and its controls, from what the shards have for `dictionary`.

        `source` and `corpus` are the descriptions of these.

        Raises:
            OSError: the disk is full.
        """
        text = {
            "documents": self._records[-1].next_document,
            "documents_without_block": self._sum("n_documents_without_block"),
            "skipped_lines": self._records[-1].n_skipped,
            "tokens_in_tails": self._sum("n_tail_tokens"),
            "high_norm_tokens": sum(record.high_norm_tokens.get(placed.hook, 0) for record in self._records),
            "hook": placed.hook,
            "text": corpus_identity(corpus),
            "source": source_at(source, placed.hook),
        }
        return FiringStatistics.from_arrays(
            **self._of_features(dictionary, placed.sae.n_features),
            **self._of_blocks,
            sae_digest=placed.sae.cloud.digest,
            corpus=text,
            axes=controls.axes,
            controls_from=tuple(
                partial(self._control, f"{dictionary}.{draw}", control, placed, text | self._facts(controls, draw))
                for draw, control in enumerate(controls.dictionaries)
            ),
        )

    def contexts(self, dictionary: str, placed: PlacedSae, source: NamesTokens) -> FiringContexts:
        """What the features of an SAE fire on, from what the shards have for `dictionary`; `source` knows the texts of tokens."""
        n_contexts = self._settings.contexts or 0
        parts = (
            Texts.from_arrays(
                self._shards.read(number, dictionary + PLACES), self._shards.read(number, dictionary + TOKENS)
            )
            for number in range(len(self._records))
        )
        texts = reduce(lambda before, part: before.plus(part, n_contexts), parts)
        sums = strongest_tokens(texts.sums, N_TOP_TOKENS)
        token_ids = np.union1d(texts.around, sums.token)
        token_ids = token_ids[token_ids != NO_TOKEN]
        text_of = dict(zip(token_ids.tolist(), map(_as_unicode, source.token_texts(token_ids)), strict=True))
        is_there = texts.around != NO_TOKEN
        middle = texts.around.shape[1] // 2
        return FiringContexts.from_columns(
            n_contexts,
            {
                **texts.places._asdict(),
                "tokens": [[text_of[token] for token in row if token != NO_TOKEN] for row in texts.around.tolist()],
                "fired": is_there[:, :middle].sum(1),
            },
            {
                "feature": sums.feature,
                "token": sums.token,
                "count": sums.times,
                "activation_sum": sums.activation_sum,
                "text": [text_of[token] for token in sums.token.tolist()],
            },
            placed.sae.cloud.digest,
        )

    def _control(self, dictionary: str, control: ControlDictionary, placed: PlacedSae, text: Json) -> Control:
        known = self._of_features(dictionary, control.n_features) | {"feature_ids": placed.sae.cloud.feature_ids}
        return Control(control.directions, FiringStatistics.from_arrays(**known, **self._of_blocks, corpus=text))

    def _facts(self, controls: Controls, draw: int) -> dict[str, Any]:
        is_reflected = isinstance(controls.dictionaries[draw].directions, Reflection)
        n_reflected = sum(isinstance(one.directions, Reflection) for one in controls.dictionaries)
        told = {
            "kind": "reflected" if is_reflected else "gaussian",
            "directions": REFLECTED if is_reflected else GAUSSIAN,
            "rates": "those of the SAE's features, feature by feature",
            "calibration_tokens": controls.n_tokens,
            "seed": self._settings.seed,
            "draw": draw if is_reflected else draw - n_reflected,
        }
        return {"control": told}

    @cached_property
    def _of_blocks(self) -> dict[str, Any]:
        """What all dictionaries share, by the names that FiringStatistics has for it."""
        labels = sorted({label for record in self._records for label in record.labels})
        n_blocks, n_documents = self._sum("n_blocks"), self._records[-1].next_document
        merged: dict[str, Any] = {
            "document_of_block": self._array("document_of_block", (n_blocks,), np.int64),
            "label_of_block": self._array("label_of_block", (n_blocks,), np.int32),
            "tokens_of_block": self._array("tokens_of_block", (n_blocks,), np.int32),
            "group_of_document": self._array("group_of_document", (n_documents,), np.int64),
        }
        done = 0
        for number, record in enumerate(self._records):
            stored = self._shards.read(number, BLOCKS)
            blocks = slice(done, done + record.n_blocks)
            done = blocks.stop
            place = np.array([*map(labels.index, record.labels), -1], np.int32)  # no label, -1, stays -1
            merged["label_of_block"][blocks] = place[stored["label_of_block"]]
            merged["document_of_block"][blocks] = stored["document_of_block"]
            merged["tokens_of_block"][blocks] = stored["tokens_of_block"]
            documents = slice(record.first_document, record.next_document)
            merged["group_of_document"][documents] = stored["group_of_document"]
        merged["group_of_document"][:] = _numbered(merged["group_of_document"])
        if not labels:
            merged["label_of_block"] = None
        if not self._settings.keep_tails:
            merged["tokens_of_block"] = None
        return merged | {
            "label_names": tuple(labels),
            "n_tokens": self._sum("n_tokens") - (0 if self._settings.keep_tails else self._sum("n_tail_tokens")),
            "block_tokens": self._settings.block_tokens,
            "fires_above": self._settings.fires_above,
            "tails": "kept" if self._settings.keep_tails else "dropped",
            "n_tails": self._sum("n_tails"),
        }

    def _of_features(self, dictionary: str, n_features: int) -> dict[str, Any]:
        """What is particular to one dictionary, by the names that FiringStatistics has for it."""
        merged: dict[str, Any] = {
            "token_counts": np.zeros(n_features, np.int64),
            "activation_sum": np.zeros(n_features, np.float64),
            "activation_sum_of_squares": np.zeros(n_features, np.float64),
            "activation_max": np.zeros(n_features, np.float32),
        }
        for number in range(len(self._records)):
            stored = self._shards.read(number, dictionary)
            features = stored["features"]
            for name in ("token_counts", "activation_sum", "activation_sum_of_squares"):
                merged[name][features] += stored[name]
            merged["activation_max"][features] = np.maximum(
                merged["activation_max"][features], stored["activation_max"]
            )
        pieces = _Pieces(self._shards, len(self._records), dictionary, n_features)
        fired = concatenate(pieces, lambda name, shape, dtype: self._array(f"{dictionary}.{name}", shape, dtype))
        return {**merged, "fired": fired}

    def _sum(self, name: str) -> int:
        return sum(getattr(record, name) for record in self._records)

    def _array(self, name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
        """An array in a file, unless there is nothing in it: empty files cannot be mapped."""
        if 0 in shape:
            return np.empty(shape, dtype)
        path = self._scratch / f"{name}.npy"
        array: NDArray[Any] = np.lib.format.open_memmap(path, "w+", dtype, shape)
        if hasattr(
            os, "posix_fallocate"
        ):  # a full disk is an error here, and would be a crash when the pages are written
            with path.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        return array


class _Pieces(Sequence[Incidence]):
    """The incidence of one dictionary in every shard, read when asked for."""

    def __init__(self, shards: ShardFolder, n_shards: int, dictionary: str, n_features: int) -> None:
        self._shards = shards
        self._n_shards = n_shards
        self._dictionary = dictionary
        self._n_features = n_features

    def __len__(self) -> int:
        return self._n_shards

    def __getitem__(self, number: Any) -> Any:
        if number >= self._n_shards:
            raise IndexError(number)
        return from_stored(self._shards.read(number, self._dictionary + FIRED), self._n_features)


def _as_unicode(text: str) -> str:
    """The text without halves of characters, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def _numbered(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Equal digests become equal numbers, counted from 0 in the order in which they first appear."""
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return number[group]
