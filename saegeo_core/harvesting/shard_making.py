"""One portion of the corpus to the contents of one shard: text in, what fired out."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.activations.source import ActivationBatch, ActivationSource
from saegeo_core.corpora.corpus import Document
from saegeo_core.errors import SaegeoError
from saegeo_core.harvesting.blocks import BlockCutter
from saegeo_core.harvesting.dictionaries import is_control
from saegeo_core.harvesting.encoding import Dictionary, Encoder, Layout
from saegeo_core.harvesting.portions import Portion
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.harvesting.shard_texts import Texts, TokensRead
from saegeo_core.harvesting.shards import BLOCKS, FIRED, Arrays, ShardRecord
from saegeo_core.harvesting.tally import FiringTally
from saegeo_core.harvesting.text_tally import TextTally


def unwatched(documents: int, tokens: int) -> None:
    """Tells nobody."""


class ShardMaker:
    """Harvests portions for several dictionaries at once.

    Args:
        dictionaries: what is harvested, by the names that shards have for them.
        source: gives the activations.
        settings: the rules.
        layout: how much is encoded at once.
    """

    def __init__(
        self,
        dictionaries: Mapping[str, Dictionary],
        source: ActivationSource,
        settings: HarvestSettings,
        layout: Layout,
    ) -> None:
        self._source = source
        self._settings = settings
        self._layout = layout
        self._encoders = {name: Encoder(dictionary, layout) for name, dictionary in dictionaries.items()}

    @torch.no_grad()
    def make(
        self, portion: Portion, most_tokens: int | None, watch: Callable[[int, int], None] = unwatched
    ) -> tuple[ShardRecord, Arrays]:
        """Harvest a portion.

        Args:
            portion: the documents.
            most_tokens: where to stop; None for all of them.
            watch: told after every batch how many documents of the corpus, and tokens of the portion, are done.

        Raises:
            SaegeoError: whatever the source raises, or no memory to encode a token.
        """
        settings = self._settings
        reading = _Reading(portion.documents, most_tokens, watch)
        cutter = BlockCutter(settings.block_tokens, self._layout.n_blocks, settings.keep_tails)
        tallies = {name: self._tally(name, encoder) for name, encoder in self._encoders.items()}
        document_of_block: list[int] = []
        tokens_of_block: list[int] = []
        with closing(reading.batches(self._source)) as batches:
            for unit in cutter.units(batches):
                for tally in tallies.values():
                    tally.add(unit)
                document_of_block += unit.documents
                tokens_of_block += unit.tokens
        documents = reading.documents
        labels = sorted({document.label for document in documents if document.label is not None})
        record = ShardRecord(
            first_document=documents[0].position,
            next_document=documents[-1].position + 1,
            is_last=portion.is_last or reading.has_enough,
            n_blocks=len(document_of_block),
            n_documents_without_block=len(documents) - len(set(document_of_block)),
            n_tokens=reading.n_tokens,
            n_tails=cutter.n_tails,
            n_tail_tokens=cutter.n_tail_tokens,
            n_skipped=portion.n_skipped,
            labels=tuple(labels),
            high_norm_tokens={hook: counts["high_norm"] for hook, counts in self._source.statistics().items()},
            most_tokens=most_tokens,
        )
        arrays: Arrays = {
            f"{BLOCKS}/document_of_block": np.array(document_of_block, np.int64),
            f"{BLOCKS}/tokens_of_block": np.array(tokens_of_block, np.int32),
            f"{BLOCKS}/label_of_block": _label_numbers(documents, document_of_block, labels),
            f"{BLOCKS}/group_of_document": np.array([_digest(document.group) for document in documents], np.int64),
        }
        for name, tally in tallies.items():
            arrays |= _named(name, tally, reading.tokens)
        return record, arrays

    def _tally(self, name: str, encoder: Encoder) -> FiringTally:
        """Of controls nobody asks what they fire on."""
        n_contexts = None if is_control(name) else self._settings.contexts
        texts = None if n_contexts is None else TextTally(encoder.dictionary, n_contexts)
        return FiringTally(encoder, self._settings.fires_above, texts)


class _Reading:
    """The batches of one portion on their way to the blocks: counted, watched, and cut where enough tokens are seen."""

    def __init__(self, documents: list[Document], most: int | None, watch: Callable[[int, int], None]) -> None:
        self._documents = documents
        self._most = most
        self._watch = watch
        self._last_document = documents[0].position
        self.n_tokens = 0
        self.tokens = TokensRead()

    @property
    def has_enough(self) -> bool:
        """Whether as many tokens are seen as were asked for."""
        return self._most is not None and self.n_tokens >= self._most

    @property
    def documents(self) -> list[Document]:
        """The documents of the portion, up to the one that the limit cuts."""
        if not self.has_enough:
            return self._documents
        return [document for document in self._documents if document.position <= self._last_document]

    def batches(self, source: ActivationSource) -> Generator[ActivationBatch, None, None]:
        for batch in self._first_tokens(source.batches(self._documents)):
            self.n_tokens += batch.n_tokens
            self._last_document = int(batch.document[-1])
            self.tokens.add(batch)
            yield batch
            self._watch(self._last_document + 1, self.n_tokens)

    def _first_tokens(self, batches: Iterable[ActivationBatch]) -> Iterator[ActivationBatch]:
        for batch in batches:
            if self._most is None:
                yield batch
                continue
            n = min(batch.n_tokens, self._most - self.n_tokens)
            kept = {hook: rows[:n] for hook, rows in batch.activations.items()}
            _refuse_non_finite(kept)  # a source looks when it has given its last batch: it may not get there
            token_ids = None if batch.token_ids is None else batch.token_ids[:n]
            yield ActivationBatch(kept, batch.document[:n], batch.position[:n], token_ids)
            if self.has_enough:
                return


def _refuse_non_finite(activations: Mapping[str, torch.Tensor]) -> None:
    for hook, rows in activations.items():
        if not rows.isfinite().all():
            raise SaegeoError(f"activations at {hook} hold NaN or infinity", "in float16, type --dtype bfloat16")


def _named(name: str, tally: FiringTally, tokens: TokensRead) -> Arrays:
    counted = tally.result()
    arrays = {f"{name}/{array}": values for array, values in counted.per_feature().items()}
    arrays |= {f"{name}{FIRED}/{array}": values for array, values in counted.fired.arrays.items()}
    if tally.texts is not None:
        places, sums = tally.texts.result()
        arrays |= Texts(places, tokens.around(places), sums).arrays(name)
    return arrays


def _label_numbers(documents: list[Document], document_of_block: list[int], labels: list[str]) -> NDArray[np.int32]:
    number = {document.position: labels.index(document.label) for document in documents if document.label is not None}
    return np.array([number.get(document, -1) for document in document_of_block], np.int32)


def _digest(group: str) -> int:
    """64 bits that stand for a name: among ten million names two are confused with a chance of one in 300,000."""
    name = group.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little", signed=True)
