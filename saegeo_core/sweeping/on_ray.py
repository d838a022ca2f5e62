"""Work on a Ray cluster: as many workers as its machines have room for, each an actor that does one thing after another."""

import contextlib
import logging
import os
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from saegeo_core.errors import Unfinished
from saegeo_core.full_disk import NoRoom
from saegeo_core.sweeping.executor import Given, Share, Work
from saegeo_core.sweeping.ray_cluster import SECONDS_BETWEEN_LOOKS, RayCluster, first_line
from saegeo_core.sweeping.worker import Place, Worker

log = logging.getLogger(__name__)

FAILED_STARTS = 10
"""So many workers that died before they did anything, and none that did: then none can be started."""


@dataclass
class RayExecutor:
    """Workers on a cluster, started as there is room, also on machines that join while they work. One that dies is replaced."""

    share: Share
    cluster: RayCluster
    _idle: list[Any] = field(default_factory=list)
    _busy: dict[Any, tuple[Any, Work | None]] = field(default_factory=dict)
    _without_room: list[tuple[Any, NoRoom]] = field(default_factory=list)
    _failed_starts: int = 0

    @classmethod
    def joining(cls, where: str | None, share: Share) -> "RayExecutor":
        """Join the cluster at an address, or one of this machine, which is started where there is none.

        Raises:
            SaegeoError: nobody answers at the address, or no machine of the cluster has what a worker takes.
        """
        cluster = RayCluster.joined(where)
        try:
            cluster.refuse_without_room(share)
        except BaseException:
            cluster.leave()
            raise
        return cls(share, cluster)

    def perform(self, work: Iterable[Given], common: Any = None) -> Iterator[tuple[Given, Any]]:
        """See `Executor`."""
        with _full_store_told():
            yield from self._perform(work, common)

    def _perform(self, work: Iterable[Given], common: Any) -> Iterator[tuple[Given, Any]]:
        import ray

        waiting, place = iter(work), Place(os.getcwd(), self.share.threads)
        ahead = next(waiting, None)
        if ahead is None:
            return
        here, first = Path(place.folder), ahead
        self.cluster.look(here, first)
        handed = ray.put(common)
        try:
            while ahead is not None or any(given is not None for _, given in self._busy.values()):
                if ahead is not None:
                    self._start_workers()
                while ahead is not None and self._idle:
                    worker = self._idle.pop()
                    self._busy[worker.perform.remote(ahead, handed, place)] = worker, ahead
                    ahead = next(waiting, None)
                ended, _ = ray.wait(list(self._busy), num_returns=1, timeout=SECONDS_BETWEEN_LOOKS)
                for reference in ended:
                    given, came = self._taken(reference)
                    if given is not None:
                        yield given, came
                self.cluster.look_again(here, first)
        finally:
            self._end([worker for worker, _ in self._busy.values()])  # nobody listens to them any more
            self._busy = {}

    def close(self) -> None:
        """See `Executor`. A cluster that was there before stays."""
        self._end([worker for worker, _ in (*self._busy.values(), *self._without_room)] + self._idle)
        self._idle, self._busy, self._without_room = [], {}, []
        self.cluster.leave()

    def _start_workers(self) -> None:
        """Start workers where there is room. They are idle when they have answered."""
        import ray

        room = self.cluster.room(self.share)
        if not room and not self._busy:
            raise Unfinished(
                "the cluster has lost the machines that had room for a worker",
                "what was finished is kept: start machines, and type the same command",
            )
        if not self._idle and not self._busy and room <= len(self._without_room):
            raise self._without_room[-1][1].unfinished()
        takes = {"num_cpus": self.share.cpus, "num_gpus": self.share.gpus}
        if self.share.memory is not None:
            takes["memory"] = self.share.memory
        wanted = room - len(self._idle) - len(self._busy) - len(self._without_room)
        if wanted > 0:
            self.cluster.wait_for_head()
        for _ in range(wanted):
            worker: Any = ray.remote(Worker).options(**takes, max_restarts=0).remote()
            self._busy[worker.is_ready.remote()] = worker, None

    def _taken(self, reference: Any) -> tuple[Any, Any]:
        """What a worker was given, if anything, and what came of it."""
        import ray
        from ray.exceptions import RayError

        worker, given = self._busy.pop(reference)
        try:
            came = ray.get(reference)
        except RayError as error:
            self.cluster.wait_for_head()  # it may have died with its machine, and that may have been the head
            self._end([worker])
            why = first_line(getattr(error, "cause", None) or error)
            if given is not None:
                return given, given.lost(f"its worker was lost: {why}")
            self._failed_starts += 1
            if self._failed_starts >= FAILED_STARTS:
                raise Unfinished(f"no worker can be started: {why}", "look into the logs of Ray") from error
            return None, None
        if isinstance(came, NoRoom):  # it lives on, and keeps its place, so that Ray starts no other there
            log.warning("%s: one worker less", came)
            self._without_room.append((worker, came))
        else:
            self._idle.append(worker)
        if given is not None:
            self._failed_starts = 0
        return given, came

    def _end(self, workers: list[Any]) -> None:
        import ray

        if not self.cluster.is_lost:
            for worker in workers:
                ray.kill(worker)


@contextlib.contextmanager
def _full_store_told() -> Iterator[None]:
    """Raise Unfinished where Ray has no place to keep what is sent to workers."""
    from ray.exceptions import ObjectStoreFullError, OutOfDiskError

    try:
        yield
    except (ObjectStoreFullError, OutOfDiskError) as error:
        raise Unfinished(
            f"Ray's object store on {socket.gethostname()} is full, and so is the disk that it goes on with",
            "what was finished is kept: make room where Ray has its folder (RAY_TMPDIR, or /tmp/ray), and type the same command",
        ) from error
