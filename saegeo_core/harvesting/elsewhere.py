"""Shards made ahead by workers, so that the harvest finds them there. What it finds it checks, and what is missing it makes itself.

So a harvest on many workers is a serial one that goes on where others have been, with all its guards. Portions are cut by the
text alone, and a shard depends on nothing but its portion: who made it, and when, changes no bit of it (on a CPU).
"""

import logging
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from saegeo_core.errors import SaegeoError, Unfinished
from saegeo_core.full_disk import NoRoom
from saegeo_core.harvesting.opening import Opening, Sent
from saegeo_core.harvesting.portions import PortionReader
from saegeo_core.harvesting.shard_work import Failed, Lacking, Made, Order, ShardWork
from saegeo_core.harvesting.shards import ShardFolder, ShardRecord

if TYPE_CHECKING:
    from saegeo_core.sweeping.executor import Executor

log = logging.getLogger(__name__)

MADE = "made-elsewhere-"
MOST_FRUITLESS = 5
"""After so many rounds in a row in which every portion lost its worker it is given up."""


@dataclass(frozen=True)
class Workers:
    """Who makes shards, and how they open what is read."""

    executor: "Executor"
    opening: Opening


def folder_of_workers(shards: ShardFolder) -> Path:
    """An empty folder beside the shards, of a name that no other has; those of earlier calls are taken away.

    Raises:
        OSError: it cannot be made.
    """
    for earlier in shards.folder.glob(f"{MADE}*"):
        shutil.rmtree(earlier, ignore_errors=True)
    made = shards.folder / f"{MADE}{uuid.uuid4().hex}"
    made.mkdir()
    return made


@dataclass
class MadeElsewhere:
    """Has shards made that are not there.

    Attributes:
        shards: where they are kept.
        reader: cuts the corpus.
        order: what they are made of.
        sent: makes what workers are sent that have not all.
        watch: told after each how many documents and tokens are harvested, and how many of these tokens now.
    """

    shards: ShardFolder
    reader: PortionReader
    order: Order
    sent: Callable[[], Sent]
    watch: Callable[[int, int, int], None]
    n_tokens_made: int = 0
    _is_lacking: bool = False
    _records: dict[int, ShardRecord] = field(default_factory=dict)

    def by(self, executor: "Executor") -> None:
        """Have all of them made, but for one that a limit of tokens cuts: only when all before are there it is known where.

        Raises:
            SaegeoError: what a worker or the corpus refuses, or a full disk of this process.
            Unfinished: portions whose workers died again and again, or had no room; an error that is nobody's mistake.
        """
        fruitless = 0
        while fruitless < MOST_FRUITLESS:
            n_before = len(self._records)
            trouble = self._round(executor)
            if trouble is None:
                return
            log.debug("again: %s", trouble)
            fruitless = 0 if len(self._records) > n_before else fruitless + 1
        raise Unfinished(
            f"{fruitless} times in a row no worker came through with its portion; the last time {trouble}",
            "what was finished is kept: type the same command to go on, with fewer workers if memory is short",
        )

    def _round(self, executor: "Executor") -> str | None:
        """Have made what is missing; what kept some of it from it, or None where all is there."""
        trouble = None
        for work, came in executor.perform(self._missing(), self.order):
            if isinstance(came, Made):
                self._keep(work.number, came)
            elif isinstance(came, Failed):
                raise _error(came)
            elif isinstance(came, Lacking):
                trouble = f"the worker on {came.machine} could not harvest: {came.what}"
                if self.order.sent is not None:
                    raise SaegeoError(trouble, "let all machines have the same")
                self._is_lacking = True
            else:
                trouble = str(came) if isinstance(came, NoRoom) else came.why
        if self._is_lacking and self.order.sent is None:
            log.info("%s; SAEs, model and controls are sent to it", trouble)
            self.order, self._is_lacking = replace(self.order, sent=self.sent()), False
        return trouble

    def _keep(self, number: int, made: Made) -> None:
        if made.content is None:
            self.shards.take(number, ShardFolder(self.order.made))
        else:
            self.shards.keep(number, made.record, made.content)
        self._records[number] = made.record
        self.n_tokens_made += made.record.n_tokens
        records = self._records.values()
        self.watch(sum(one.next_document - one.first_document for one in records), self._n_tokens, self.n_tokens_made)

    @property
    def _n_tokens(self) -> int:
        return sum(record.n_tokens for record in self._records.values())

    def _missing(self) -> Iterator[ShardWork]:
        """The portions that there is no shard of, up to the end or the limit."""
        limit = self.order.settings.tokens
        number, document, is_last = 0, 0, False
        while not (is_last or self._is_lacking or (limit is not None and self._n_tokens >= limit)):
            record = self._records.get(number) or self.shards.find(number, document)
            if record is not None and record.first_document == document:
                self._records[number] = record
                document, is_last = record.next_document, record.is_last
            else:
                portion = self.reader.portion_from(document)
                yield ShardWork(number, portion, None if limit is None else limit - self._n_tokens_before(number))
                document, is_last = portion.documents[-1].position + 1, portion.is_last
            number += 1

    def _n_tokens_before(self, number: int) -> int:
        """Tokens that are known to lie before a shard; there may be more."""
        return sum(record.n_tokens for before, record in self._records.items() if before < number)


def _error(failed: Failed) -> SaegeoError:
    if failed.is_mistake:
        return SaegeoError(failed.message, failed.hint)
    log.debug("%s", failed.hint)
    return Unfinished(f"a worker failed: {failed.message}", "-v shows where; what was finished is kept")
