"""`saegeo ARGS` in processes of their own, forked from one that has imported what is heavy, and ended where a test says.

Every operation on files below the working folder is told before it is done, through a pipe. So a test ends a
process before the Nth of them, and knows what any process was about to do when it ended. Nothing in saegeo knows of this: it
is an audit hook of Python.
"""

import io
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["saegeo_core.harvesting.engine", "sae_lens", "tests.interruption.imported"])
#: Documents of one shard.
DOCUMENTS = 4
#: What changes files, as Python's audit hooks call it, and what of its arguments is told. "open" includes reading.
OPERATIONS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")


@dataclass(frozen=True)
class Before:
    """Send this signal to the process just before its Nth operation, or before the first that has this text."""

    operation: int | str
    signal: int = signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit status (that of a signal negative), what it said, and the operations it did."""

    status: int
    stdout: str
    stderr: str
    operations: list[str]


class Saegeo:
    """One `saegeo ARGS` that works in a folder. Nothing that it says needs room on a disk.

    Args:
        folder: where.
        arguments: of the command line.
        ended: when it ends itself, if at all.
        first: what the process does before it is saegeo: functions of a module, or `functools.partial` of such.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: object,
        ended: Before | None = None,
        first: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._told = [_Told() for _ in range(3)]
        writers = [one.writer for one in self._told]
        given = (folder, [str(one) for one in arguments], writers, ended, first)
        self.process = PROCESSES.Process(target=_saegeo, args=given)
        self.process.start()
        for writer in writers:
            writer.close()

    def operations(self) -> list[str]:
        """Those done until now."""
        return self._told[2].text().splitlines()

    def wait_for(self, text: str, *, at_least: int = 1) -> None:
        """Wait until so many operations of this text are about to be done, or the process is over."""
        while self.process.is_alive() and sum(text in line for line in self.operations()) < at_least:
            time.sleep(0.002)

    def wait_to_say(self, text: str) -> None:
        """Wait until it has said this on standard error, or is over."""
        while self.process.is_alive() and text not in self._told[1].text():
            time.sleep(0.002)

    def send(self, number: int, *, to_all: bool = False) -> None:
        """Send a signal, if it is not too late; to all processes of its session, which it leads, on demand."""
        if self.process.pid is not None and self.process.is_alive():
            (os.killpg if to_all else os.kill)(self.process.pid, number)

    def end(self) -> Ended:
        """Wait until it is over."""
        self.process.join(300)
        if self.process.is_alive():
            self.process.kill()
            raise RuntimeError("it hangs")
        for told in self._told:
            told.finish()
        stdout, stderr = (told.text() for told in self._told[:2])
        return Ended(self.process.exitcode or 0, stdout, stderr, self.operations())


class _Told:
    """What a process writes into a pipe."""

    def __init__(self) -> None:
        self._reader, self.writer = PROCESSES.Pipe(duplex=False)
        self._content = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while some := os.read(self._reader.fileno(), 1 << 16):
            self._content += some

    def text(self) -> str:
        return self._content.decode(errors="replace")

    def finish(self) -> None:
        self._thread.join(30)
        self._reader.close()


def _saegeo(
    folder: Path,
    arguments: list[str],
    told: list[Connection],
    ended: Before | None,
    first: Sequence[Callable[[], object]],
) -> None:
    os.chdir(folder)
    for number, pipe in zip((1, 2), told[:2], strict=True):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", write_through=True)
    _write_down_operations(str(folder), told[2].fileno(), ended)
    for do in first:
        do()
    from saegeo_core.cli import main
    from saegeo_core.harvesting import portions

    portions.CHARACTERS = DOCUMENTS * portions.CHARACTERS_OF_A_DOCUMENT
    main(arguments, prog_name="saegeo")


def _write_down_operations(folder: str, journal: int, ended: Before | None) -> None:
    n_done = 0
    operation, number = (ended.operation, ended.signal) if ended else (0, 0)
    waiting = [ended] if ended else []

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal n_done
        if event not in OPERATIONS or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if not path.startswith(folder + os.sep):
            return
        n_done += 1
        told = f"{event} {path.removeprefix(folder + os.sep)}"
        os.write(journal, f"{told}\n".encode())
        if waiting and (n_done == operation if isinstance(operation, int) else operation in told):
            waiting.clear()
            os.kill(os.getpid(), number)

    sys.addaudithook(hook)
