"""One file spoiled, read, and judged."""

import contextlib
import io
import signal
import tempfile
import time
import warnings
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.fuzz import of_bytes, of_headers, of_places, of_texts
from tests.fuzz.reader import alike

SECONDS, CLOCK_SECONDS = 10, 60
"""Of the processor, which may have other work besides, and of the clock: what waits takes none of the processor's."""
N_BYTES = 500 << 20
GOOD = ("refused", "untouched", "as the bytes say")
TEXTUAL = (".json", ".jsonl", ".yaml", ".csv", ".tsv", ".txt")
PACKED = (".gz", ".zst")
INFLATES = (".npz", ".gz", ".zst")


class TooSlow(BaseException):
    """Ends what takes too long; no handler of errors catches it."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file: how it was spoiled, whether it was answered well, and what else happened."""

    kind: str
    change: str
    answer: str
    detail: str = ""

    @property
    def is_good(self):
        return self.answer in GOOD


def tried(reader, number, seed):
    """Spoil an example of a reader, the one that belongs to these numbers, and judge what becomes of it."""
    rng = of_bytes.seeded(seed, number, zlib.crc32(reader.kind.encode()))
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "f"
        put(example(reader), folder)
        change = spoil(folder, reader, rng)
        answer, detail = judged(reader, folder)
    return Outcome(reader.kind, change, answer, detail)


@cache
def example(reader):
    return reader.example()


@cache
def untouched(reader):
    """The numbers of the sound example.

    Raises:
        AssertionError: another reader finds others in it.
    """
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "f"
        put(example(reader), folder)
        numbers = reader.numbers(folder)
        assert reader.says is None or alike(numbers, reader.says(folder)), (
            f"{reader.kind}: the example itself is read wrongly"
        )
    return numbers


def put(files, folder):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def spoil(folder, reader, rng):
    """Spoil one of the files in a folder; the kind of change."""
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _is_spoiled(path.relative_to(folder).as_posix(), reader)
    ]
    path = of_bytes.chosen(files, rng)
    if rng.random() < 0.06:
        of_places.put(path, rng)
        return "no plain file"
    if path.suffix in INFLATES and rng.random() < 0.02:
        path.write_bytes(_without_end(path.suffix))
        return "inflates without end"
    if path.suffix in of_headers.KINDS and rng.random() < 0.5:
        path.write_bytes(of_headers.KINDS[path.suffix](path.read_bytes(), rng))
        return "lies in a header"
    inner = Path(path.stem).suffix if path.suffix in PACKED else path.suffix
    if path.suffix in PACKED and rng.random() < 0.5:
        change, content = _spoiled(inner, _unpacked(path), rng)
        path.write_bytes(_packed(path.suffix, content))
        return change
    change, content = _spoiled(path.suffix, path.read_bytes(), rng)
    path.write_bytes(content)
    return change


def _is_spoiled(name, reader):
    return name.startswith(reader.spoiled) and not name.endswith(".lock")


@cache
def _without_end(suffix):
    return of_headers.without_end(suffix)


def _unpacked(path):
    from tests.fuzz.independent import unpacked

    return unpacked(path)


def _packed(suffix, content):
    if suffix == ".gz":
        import gzip

        return gzip.compress(content, mtime=0)
    import zstandard

    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def _spoiled(suffix, content, rng):
    """A change to a text, where the file is one, or to bytes."""
    if suffix in TEXTUAL and rng.random() < 0.6:
        kinds = of_texts.KINDS | ({"YAML": of_texts.yaml_of_another_world} if suffix == ".yaml" else {})
        kind = of_bytes.chosen(list(kinds), rng)
        changed = of_texts.applied(kinds[kind], content, rng)
        if changed is not None:
            return kind, changed
    kind = of_bytes.chosen(list(of_bytes.KINDS), rng)
    return kind, of_bytes.KINDS[kind](content, rng) if content else rng.bytes(8)


def judged(reader, folder):
    """What a reader makes of a folder: an answer and, where it is no good one, what happened."""
    from saegeo_core import SaegeoError

    wanted = untouched(reader)
    started = time.monotonic()
    try:
        with in_time(), warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("error")
            numbers = reader.numbers(folder)
    except SaegeoError as error:
        if out_of_memory := next((one for one in chain(error) if isinstance(one, MemoryError)), None):
            return "memory", repr(out_of_memory)
        return ("refused", "") if str(error).strip() else ("no sentence", repr(error))
    except TooSlow:
        return "too slow", f"{time.monotonic() - started:.0f} s"
    except Exception as error:
        import traceback

        return "traceback", "".join(traceback.format_exception(error))[-3000:]
    if alike(numbers, wanted):
        return "untouched", ""
    if reader.says is None:
        return "wrong", f"{numbers}"[:2000]
    try:
        said = reader.says(folder)
    except Exception as error:
        return "wrong", f"another reader refuses it: {error!r}; given {numbers}"[:2000]
    return (
        ("as the bytes say", "")
        if alike(numbers, said)
        else ("wrong", f"given {numbers}, another reader has {said}"[:2000])
    )


def chain(error):
    """An error and those that it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextlib.contextmanager
def in_time():
    """Raise TooSlow after so many seconds."""

    def end(*_):
        raise TooSlow

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, SECONDS), (signal.SIGALRM, signal.ITIMER_REAL, CLOCK_SECONDS))
    before = [signal.signal(number, end) for number, _, _ in timers]
    for _, timer, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
