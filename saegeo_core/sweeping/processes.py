"""Work in several processes of this machine, each doing one thing after another.

Every process has a pipe of its own, so that what a dying one was doing is known, and the others notice nothing.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from saegeo_core.full_disk import NoRoom
from saegeo_core.sweeping.executor import Given, Share, Work
from saegeo_core.sweeping.worker import Place, perform_quietly

log = logging.getLogger(__name__)


@dataclass
class ProcessExecutor:
    """So many worker processes, started when there is work for them, and kept for more."""

    n: int
    share: Share
    _idle: "list[_Process]" = field(default_factory=list)
    _busy: "dict[Connection, _Process]" = field(default_factory=dict)
    _without_room: list[NoRoom] = field(default_factory=list)

    def perform(self, work: Iterable[Given], common: Any = None) -> Iterator[tuple[Given, Any]]:
        """See `Executor`."""
        for process in self._idle:
            process.place = None  # what was common to earlier work is not to this
        waiting, place = iter(work), Place(os.getcwd(), self.share.threads)
        ahead = next(waiting, None)
        try:
            while ahead is not None or self._busy:
                while ahead is not None and len(self._busy) < self.n - len(self._without_room):
                    process = self._idle.pop() if self._idle else _Process.start()
                    process.give(ahead, common, place)
                    self._busy[process.pipe] = process
                    ahead = next(waiting, None)
                if not self._busy:
                    raise self._without_room[-1].unfinished()
                for pipe in wait(list(self._busy)):
                    process = self._busy.pop(pipe)  # type: ignore[call-overload]
                    done, came = process.taken()
                    if isinstance(came, NoRoom):
                        log.warning("%s: one worker less", came)
                        self._without_room.append(came)
                    self._idle += [process] * process.process.is_alive()
                    yield done, came
        finally:
            self._end(self._busy.values())  # nobody listens to them any more
            self._busy = {}

    def close(self) -> None:
        """See `Executor`."""
        self._end([*self._idle, *self._busy.values()])
        self._idle, self._busy = [], {}

    @staticmethod
    def _end(processes: "Iterable[_Process]") -> None:
        for process in processes:
            process.end()


@dataclass
class _Process:
    """One process, the pipe to it, what it is doing, and where it was told to work with what is common to all work."""

    process: BaseProcess
    pipe: Connection
    work: Work | None = None
    place: Place | None = None

    @classmethod
    def start(cls) -> "_Process":
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _keyboard_held_back():
            process.start()
        theirs.close()
        return cls(process, ours)

    def give(self, work: Work, common: Any, place: Place) -> None:
        news = None if place == self.place else (common, place)
        self.work, self.place = work, place
        with contextlib.suppress(OSError):  # one that has died is noticed when its answer is taken
            self.pipe.send(
                (work, news)
            )  # in one piece, so that nobody waits until a new process has understood the first

    def taken(self) -> tuple[Any, Any]:
        """What the worker was given, and what came of it."""
        if self.work is None:
            raise RuntimeError("nothing was given to this worker")
        work, self.work = self.work, None
        try:
            return work, self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            self.pipe.close()
            return work, work.lost(_end_in_words(self.process.exitcode))

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


@contextlib.contextmanager
def _keyboard_held_back() -> Iterator[None]:
    """Have Ctrl-C wait until the end of the block, and for ever in processes that are started within it.

    A terminal sends it to all of them, and a worker would answer with a traceback for as long as it imports what it needs.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # otherwise it is started within the block, and lets Ctrl-C in
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection) -> None:
    """What a worker does until nobody gives it anything more: its parent gone, the pipe ends.

    What is common to all work, and where it is done, is told with the first, and holds until it is told anew.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends this process
    where: Any = None
    with contextlib.suppress(EOFError, OSError):
        while True:
            work, news = pipe.recv()
            where = news or where
            pipe.send(perform_quietly(work, *where))


def _end_in_words(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"the process was ended by {signal.Signals(-exit_code).name}" + " (out of memory?)" * (exit_code == -9)
    return f"the process ended by itself, with status {exit_code}"
