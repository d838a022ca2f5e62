"""Harvests that are ended again and again, and then go on to their end: that must be what an undisturbed one comes to."""

import hashlib
import re
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.interruption.commands import Before, Saegeo
from tests.interruption.planted import CONTROLS, HARVEST, save_saes

#: What a hidden file is called that has not taken its place yet.
HALF_WRITTEN = re.compile(r"\..*\.[0-9a-f]{32}")
SENTENCES = {signal.SIGINT: "interrupted: ", signal.SIGTERM: "ended by SIGTERM: ", signal.SIGHUP: "ended by SIGHUP: "}
PARTS = (
    (r"controls-\d+", "calibrating controls"),
    (r"shard-\d+\.(json|npz)\.", "writing a shard"),
    (r"(os\.remove|open) .*shard-\d+\.json", "between shards"),
    (r"merging|open .*shard-\d+\.npz", "adding up shards"),
    (r"controls/\d+/", "writing statistics of a control"),
    (r"/local/", "writing statistics of an SAE"),
    (r"os\.(remove|rmdir) .*\.unfinished", "clearing up"),
    (r"", "beginning"),
)


@dataclass(frozen=True)
class End:
    """One start that was ended: of which harvest, by which signal, doing what, and what is wrong with how it ended."""

    harvest: int
    signal: int
    operation: str
    wrong: str

    @property
    def part(self) -> str:
        """Which part of its work it was at."""
        return part_of(self.operation)


def part_of(operation: str) -> str:
    """The part of a harvest's work that an operation belongs to."""
    return next(part for pattern, part in PARTS if re.search(pattern, operation))


def _of_any_harvest(operation: str) -> str:
    """An operation as any harvest does it: without the digits of hidden files, its folder a field to be filled in."""
    return re.sub(r"\.[0-9a-f]{32}$", ".", operation).replace(" whole", " {out}")


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def half_written(folder: Path) -> list[str]:
    """Hidden files that have not taken their place."""
    return [path.name for path in folder.rglob("*") if HALF_WRITTEN.fullmatch(path.name)]


class EndedHarvests:
    """Harvests of two small SAEs with their controls.

    Args:
        folder: an empty one, to work in.
        signals: one of them ends each start.
        rng: decides which, and when.
    """

    def __init__(self, folder: Path, signals: tuple[int, ...], rng: np.random.Generator) -> None:
        self._folder, self._signals, self._rng = folder, signals, rng
        folder.mkdir(parents=True, exist_ok=True)
        save_saes(folder)
        self._start("warm", None).end()
        started = self._start("whole", None)
        started.wait_for("")
        begun = time.monotonic()
        whole = started.end()
        self._seconds = time.monotonic() - begun
        if whole.status:
            raise RuntimeError(whole.stderr)
        self._operations = [_of_any_harvest(operation) for operation in whole.operations]
        self.expected = digests(folder / "whole")

    def of(self, number: int, ends: int, *, at_moments: bool = False) -> Iterator[End]:
        """A harvest whose starts are ended so many times, if none is over before: at operations, or every third at a moment.

        Raises:
            RuntimeError: what it made in the end is not what an undisturbed harvest makes.
        """
        out = f"h{number}"
        for turn, operation in enumerate(self._drawn_operations(ends)):
            by = self._signals[turn % len(self._signals)]
            end = self._ended(out, number, by, None if at_moments and turn % 3 == 2 else operation.format(out=out))
            if end is None:
                break
            yield end
        last = self._start(out, None).end()
        found = digests(self._folder / out)
        if last.status or found != self.expected:
            differ = sorted(name for name, _ in set(found.items()) ^ set(self.expected.items()))
            raise RuntimeError(f"harvest {number} ended with status {last.status}: {last.stderr}; {differ} differ")
        shutil.rmtree(self._folder / out)

    def _drawn_operations(self, n: int) -> list[str]:
        """Operations of a harvest in their order, drawn so that each part of its work is as likely."""
        parts = sorted({part_of(operation) for operation in self._operations})
        drawn = []
        for part in self._rng.choice(parts, n):
            places = [place for place, operation in enumerate(self._operations) if part_of(operation) == part]
            drawn.append(int(self._rng.choice(places)))
        return [self._operations[place] for place in sorted(drawn)]

    def _ended(self, out: str, number: int, by: int, operation: str | None) -> End | None:
        """One start, ended before an operation or at a moment; None where it was over before."""
        started = self._start(out, None if operation is None else Before(operation, by))
        if operation is None:
            started.wait_for("")
            started.process.join(self._rng.uniform(0, self._seconds))
            operation = (started.operations() or [""])[-1]
            started.send(by)
        ended = started.end()
        return End(number, by, operation, self._wrong(by, ended.status, ended.stderr, out)) if ended.status else None

    def _wrong(self, by: int, status: int, stderr: str, out: str) -> str:
        if by == signal.SIGKILL:
            return "" if status == -by else f"status {status}"
        wrong = [] if status == 128 + by else [f"status {status}"]
        if not stderr.splitlines() or not stderr.splitlines()[-1].startswith(SENTENCES[by]):
            wrong.append(f"it said {stderr!r}")
        return ", ".join(wrong + half_written(self._folder / out))

    def _start(self, out: str, ended: Before | None) -> Saegeo:
        return Saegeo(self._folder, *HARVEST, *CONTROLS, "--out", out, ended=ended)
