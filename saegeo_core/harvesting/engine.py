"""The harvest: one pass over a corpus, and for each of several SAEs which features fired where.

The corpus is taken portion by portion. Each portion becomes a shard on disk, and at the end the shards become the firing
statistics of each SAE. Whatever ends a harvest early (a signal, a full disk, a broken line, a power cut), the shards that
are finished stay, and the same command goes on behind them: nothing is lost and nothing counted twice, since nothing is ever
added up before the end. The numbers depend neither on interruptions nor, on a CPU, on the sizes of batches.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from saegeo_core.activations.source import ActivationSource, NamesTokens
from saegeo_core.corpora.corpus import Corpus
from saegeo_core.errors import SaegeoError
from saegeo_core.firing.store import firing_folder
from saegeo_core.harvesting.calibration import controls_of
from saegeo_core.harvesting.configuration import configuration_of, refuse_differences
from saegeo_core.harvesting.control import Controls
from saegeo_core.harvesting.dictionaries import dictionaries_of
from saegeo_core.harvesting.elsewhere import MadeElsewhere, Workers, folder_of_workers
from saegeo_core.harvesting.encoding import Layout
from saegeo_core.harvesting.finished import Harvested, read_finished, write_finished
from saegeo_core.harvesting.merging import Merger
from saegeo_core.harvesting.opening import Sent
from saegeo_core.harvesting.placed_sae import PlacedSae, refuse_other_width
from saegeo_core.harvesting.portions import PortionReader
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.harvesting.shard_making import ShardMaker
from saegeo_core.harvesting.shard_work import Order
from saegeo_core.harvesting.shards import ShardFolder, ShardRecord, alone, disk_errors_explained, unfinished_folder

#: Told after every batch: documents and tokens since the beginning of the corpus, and how many of these tokens this call did.
Watch = Callable[[int, int, int], None]


def unwatched(documents: int, tokens: int, tokens_now: int) -> None:
    """Tells nobody."""


def harvest(
    saes: Sequence[PlacedSae],
    source: ActivationSource,
    corpus: Corpus,
    out: str | Path,
    settings: HarvestSettings | None = None,
    *,
    device: str = "cpu",
    watch: Watch = unwatched,
    workers: Workers | None = None,
) -> list[Harvested]:
    """Harvest the firing of SAEs over a corpus, or go on with a harvest that was interrupted.

    Args:
        saes: the SAEs, on `device`, with the hooks they read.
        source: gives the activations at these hooks, on `device`.
        corpus: the documents.
        out: a folder; the statistics of an SAE will lie at `<out>/<release>/<sae_id>`.
        settings: the rules; by default blocks of 256 tokens, all documents, no control.
        device: "cpu", "cuda" or "cuda:i".
        watch: told how far it is.
        workers: who makes the shards; None for this process. On a CPU the result is the same, whoever they are.

    Returns:
        For each SAE where its firing statistics lie, and these.

    Raises:
        SaegeoError: an SAE of another width; a folder with a harvest of other settings (the difference is named), or one in
            which another process harvests an SAE of these; an empty corpus, one whose documents are all shorter than a block, or
            one that was changed meanwhile; a full disk; whatever source and corpus raise.
        Unfinished: workers died, or failed by nobody's mistake; the same call goes on.
    """
    return _Harvest(
        saes=saes,
        source=source,
        corpus=corpus,
        out=Path(out),
        settings=settings or HarvestSettings(),
        device=torch.device(device),
        watch=watch,
        workers=workers,
    ).run()


@dataclass(frozen=True, eq=False, kw_only=True)
class _Harvest:
    """One call of `harvest`."""

    saes: Sequence[PlacedSae]
    source: ActivationSource
    corpus: Corpus
    out: Path
    settings: HarvestSettings
    device: torch.device
    watch: Watch
    workers: Workers | None

    def run(self) -> list[Harvested]:
        refuse_other_width(self.saes, self.source)
        if self.settings.contexts is not None and not isinstance(self.source, NamesTokens):
            raise SaegeoError(
                "the source gives activations and no text, so that it cannot be told what features fire on",
                "leave out --contexts, or name a model and a corpus",
            )
        with ExitStack() as held:
            for name in sorted(set(self.names)):
                held.enter_context(alone(self.out, *name))
            return self._run_alone()

    def _run_alone(self) -> list[Harvested]:
        there = [
            read_finished(sae.description.spec, folder, configuration, with_contexts=self.settings.contexts is not None)
            for sae, folder, configuration in zip(self.saes, self.folders, self._configurations, strict=True)
        ]
        finished = [harvested for harvested in there if harvested]
        if len(finished) == len(self.saes):
            self.shards.remove()  # a harvest may end between writing and clearing up
            return finished
        self._begin()
        controls = controls_of(self.saes, self.source, self.corpus, self.settings, self.shards.folder)
        n_made = 0 if self.workers is None else self._make_shards_elsewhere(self.workers, controls)
        records = list(self._make_shards(controls, n_made))
        self._refuse_without_blocks(records)
        self._refuse_changed_text()
        harvested = self._merge(records, controls)
        self.shards.remove()
        return harvested

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        return [(sae.description.release, sae.description.sae_id) for sae in self.saes]

    @cached_property
    def folders(self) -> list[Path]:
        return [firing_folder(self.out, *name) for name in self.names]

    @cached_property
    def shards(self) -> ShardFolder:
        return ShardFolder(unfinished_folder(self.out, self.names))

    @cached_property
    def layout(self) -> Layout:
        return Layout.on(self.device.type, self.settings.block_tokens)

    @cached_property
    def _described(self) -> dict[str, dict[str, Any]]:
        """What source and corpus say of themselves."""
        return {"source": self.source.describe(), "corpus": self.corpus.describe()}

    @cached_property
    def _configurations(self) -> list[dict[str, Any]]:
        """For each SAE everything that decides its numbers."""
        device, settings = self.device.type, self.settings
        return [
            configuration_of(sae, settings=settings, device=device, layout=self.layout, **self._described)
            for sae in self.saes
        ]

    def _begin(self) -> None:
        """Make the folder of the shards, or see that those in it were made with just this configuration.

        Where there are none, nothing keeps a user from thinking better of it.
        """
        configuration = {":".join(name): one for name, one in zip(self.names, self._configurations, strict=True)}
        before = self.shards.read_configuration() if self.shards.has_any() else None
        if before is None:
            self.shards.remove()
            self.shards.write_configuration(configuration)
        else:
            refuse_differences(before, configuration, "a harvest of these SAEs was begun", self.shards.folder)
            self.shards.clear_leftovers()

    def _make_shards_elsewhere(self, workers: Workers, controls: Sequence[Controls]) -> int:
        """Have workers make what shards they can; how many tokens these hold."""
        with disk_errors_explained(self.shards.folder):
            made = folder_of_workers(self.shards)
        elsewhere = MadeElsewhere(
            self.shards,
            PortionReader(self.corpus, self.settings.documents),
            Order(
                opening=workers.opening,
                configurations=self._configurations,
                corpus=self._described["corpus"],
                settings=self.settings,
                device=str(self.device),
                folder=self.shards.folder.absolute(),
                made=made.absolute(),
            ),
            lambda: Sent.of(self.saes, self.source, controls),
            self.watch,
        )
        elsewhere.by(workers.executor)
        return elsewhere.n_tokens_made

    def _make_shards(self, controls: Sequence[Controls], n_made: int) -> Iterator[ShardRecord]:
        """The records of all shards, in order: of those on disk, `n_made` of whose tokens are new, and of those made now."""
        n_found, limit = -n_made, self.settings.tokens
        remaining, maker = PortionReader(self.corpus, self.settings.documents), None
        number, document, n_tokens, is_last = 0, 0, 0, False

        def watch(documents: int, tokens: int) -> None:
            self.watch(documents, n_tokens + tokens, n_tokens + tokens - n_found)

        while not is_last:
            left = None if limit is None else limit - n_tokens
            record = self.shards.find(number, document)
            if record is None or not record.fits(left):
                maker = maker or self._maker(controls)
                record, arrays = maker.make(remaining.portion_from(document), left, watch)
                self.shards.write(number, record, arrays)
            else:
                n_found += record.n_tokens
            yield record
            number, document, n_tokens = number + 1, record.next_document, n_tokens + record.n_tokens
            is_last = record.is_last
            if not n_made:
                watch(document, 0)

    def _maker(self, controls: Sequence[Controls]) -> ShardMaker:
        dictionaries = dictionaries_of(self.saes, controls, self.settings.fires_above, self.device)
        return ShardMaker(dictionaries, self.source, self.settings, self.layout)

    def _refuse_without_blocks(self, records: Sequence[ShardRecord]) -> None:
        if not sum(record.n_blocks for record in records):
            self.shards.remove()
            raise SaegeoError(
                f"none of the {records[-1].next_document} documents fills a block of {self.settings.block_tokens} tokens",
                "type a smaller --block-tokens, or --keep-tails to keep shorter blocks",
            )

    def _refuse_changed_text(self) -> None:
        """Shards of which some are of one text and some of another are worth nothing."""
        if self.corpus.describe() != self._described["corpus"]:
            self.shards.remove()
            raise SaegeoError(
                "the text was changed while it was harvested, so that what was found is of both",
                "leave it as it is, and type the same command: it begins anew",
            )

    def _merge(self, records: Sequence[ShardRecord], controls: Sequence[Controls]) -> list[Harvested]:
        harvested = []
        with self.shards.scratch() as scratch:
            merger = Merger(self.shards, records, self.settings, scratch)
            for number, (placed, drawn) in enumerate(zip(self.saes, controls, strict=True)):
                firing = merger.firing(f"{number}", placed, drawn, **self._described)
                contexts = None
                if self.settings.contexts is not None and isinstance(self.source, NamesTokens):
                    contexts = merger.contexts(f"{number}", placed, self.source)
                name, folder, configuration = (
                    placed.description.spec,
                    self.folders[number],
                    self._configurations[number],
                )
                harvested.append(write_finished(name, folder, configuration, firing, contexts))
        return harvested
