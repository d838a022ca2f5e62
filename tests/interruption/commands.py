"""`saegeo ARGS` in processes of their own, forked from one that has imported what is heavy, and ended where a test says.

Every operation on files below the working folder is written down before it is done, in a journal outside of it. So a test ends a
process before the Nth of them, and knows what any process was about to do when it ended. Nothing in saegeo knows of this: it
is an audit hook of Python.
"""

import io
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["saegeo_core.harvesting.engine", "sae_lens", "tests.interruption.imported"])
#: Documents of one shard.
DOCUMENTS = 4
#: What changes files, as Python's audit hooks call it, and what of its arguments is told. "open" includes reading.
OPERATIONS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")


@dataclass(frozen=True)
class Before:
    """Send this signal to the process just before its Nth operation."""

    operation: int
    signal: int = signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit status (that of a signal negative), what it said, and the operations it did."""

    status: int
    stdout: str
    stderr: str
    operations: list[str]


class Saegeo:
    """One `saegeo ARGS` that works in a folder.

    Args:
        folder: where; what it prints and does is written down beside it.
        arguments: of the command line.
        ended: when it ends itself, if at all.
        first: what the process does before it is saegeo: a function of a module, or a `functools.partial` of one.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: object,
        ended: Before | None = None,
        first: Sequence[Callable[[], object]] = (),
        name: str = "saegeo",
    ) -> None:
        self._told = [folder.with_name(f"{folder.name}-{name}.{what}") for what in ("stdout", "stderr", "operations")]
        for path in self._told:
            path.unlink(missing_ok=True)
        given = (folder, [str(one) for one in arguments], self._told, ended, first)
        self.process = PROCESSES.Process(target=_saegeo, args=given)
        self.process.start()

    def operations(self) -> list[str]:
        """Those done until now."""
        journal = self._told[2]
        return journal.read_text(errors="replace").splitlines() if journal.exists() else []

    def wait_for(self, text: str) -> None:
        """Wait until an operation of this text is about to be done, or the process is over."""
        while self.process.is_alive() and not any(text in line for line in self.operations()):
            time.sleep(0.002)

    def send(self, number: int) -> None:
        """Send a signal, if it is not too late."""
        if self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, number)

    def end(self) -> Ended:
        """Wait until it is over."""
        self.process.join(300)
        if self.process.is_alive():
            self.process.kill()
            raise RuntimeError("it hangs")
        stdout, stderr = (path.read_text(errors="replace") for path in self._told[:2])
        return Ended(self.process.exitcode or 0, stdout, stderr, self.operations())


def _saegeo(
    folder: Path,
    arguments: list[str],
    told: list[Path],
    ended: Before | None,
    first: Sequence[Callable[[], object]],
) -> None:
    os.chdir(folder)
    for number, path in zip((1, 2), told[:2], strict=True):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", write_through=True)
    _write_down_operations(str(folder), os.open(told[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND), ended)
    for do in first:
        do()
    from saegeo_core.cli import main
    from saegeo_core.harvesting import portions

    portions.CHARACTERS = DOCUMENTS * portions.CHARACTERS_OF_A_DOCUMENT
    main(arguments, prog_name="saegeo")


def _write_down_operations(folder: str, journal: int, ended: Before | None) -> None:
    n_done = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal n_done
        if event not in OPERATIONS or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if not path.startswith(folder + os.sep):
            return
        n_done += 1
        os.write(journal, f"{event} {path.removeprefix(folder + os.sep)}\n".encode())
        if ended is not None and n_done == ended.operation:
            os.kill(os.getpid(), ended.signal)

    sys.addaudithook(hook)
