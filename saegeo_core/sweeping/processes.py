"""Tasks in several processes of this machine, each doing one after the other.

Every process has a pipe of its own, so that what a dying one was doing is known, and the others notice nothing.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from saegeo_core.sweeping.executor import Share
from saegeo_core.sweeping.outcomes import Failed, Outcome
from saegeo_core.sweeping.task import Task
from saegeo_core.sweeping.worker import Place, perform_quietly


@dataclass
class ProcessExecutor:
    """So many worker processes, started when there is work for them, and kept for more."""

    n: int
    share: Share
    _idle: "list[_Worker]" = field(default_factory=list)
    _busy: "dict[Connection, _Worker]" = field(default_factory=dict)

    def perform(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, list[Outcome]]]:
        """See `Executor`."""
        waiting, place = deque(tasks), Place(os.getcwd(), self.share.threads)
        try:
            while waiting or self._busy:
                while waiting and len(self._busy) < self.n:
                    worker = self._idle.pop() if self._idle else _Worker.start()
                    worker.give(waiting.popleft(), place)
                    self._busy[worker.pipe] = worker
                for pipe in wait(list(self._busy)):
                    worker = self._busy.pop(pipe)  # type: ignore[call-overload]
                    task, outcomes = worker.taken()
                    self._idle += [worker] * worker.process.is_alive()
                    yield task, outcomes
        finally:
            self._end(self._busy.values())  # nobody listens to them any more
            self._busy = {}

    def close(self) -> None:
        """See `Executor`."""
        self._end([*self._idle, *self._busy.values()])
        self._idle, self._busy = [], {}

    @staticmethod
    def _end(workers: "Iterable[_Worker]") -> None:
        for worker in workers:
            worker.end()


@dataclass
class _Worker:
    """One process, the pipe to it, and what it is doing."""

    process: BaseProcess
    pipe: Connection
    task: Task | None = None

    @classmethod
    def start(cls) -> "_Worker":
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _keyboard_held_back():
            process.start()
        theirs.close()
        return cls(process, ours)

    def give(self, task: Task, place: Place) -> None:
        self.task = task
        with contextlib.suppress(OSError):  # one that has died is noticed when its answer is taken
            self.pipe.send((task, place))

    def taken(self) -> tuple[Task, list[Outcome]]:
        """What the worker was given, and what became of it."""
        if self.task is None:
            raise RuntimeError("nothing was given to this worker")
        task, self.task = self.task, None
        try:
            return task, self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            self.pipe.close()
            return task, [Failed(task.spec, None, None, _end_in_words(self.process.exitcode))]

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
    """What a worker does until nobody gives it anything more: its parent gone, the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends this process
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(perform_quietly(*pipe.recv()))


def _end_in_words(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"the process was ended by {signal.Signals(-exit_code).name}" + " (out of memory?)" * (exit_code == -9)
    return f"the process ended by itself, with status {exit_code}"
