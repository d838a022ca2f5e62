"""Run a piece of work in a process of its own and say how long it took and how much memory it needed.

A process of its own, because the memory of one way would otherwise be at hand for the next. Data are made inside that
process, before the clock starts, and their memory is subtracted.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Work:
    """One row of the table. Every function must stand at the top of its module, for a new process to find it.

    Attributes:
        name: what is done, and on what.
        make: makes the data, with its own seed.
        plain: the straightforward published way, from the data to one number; or why it cannot be run.
        ours: our way to the same number.
        full: takes minutes; left out unless asked for.
    """

    name: str
    make: Callable[[], Any]
    plain: Callable[[Any], float] | str
    ours: Callable[[Any], float]
    full: bool = False


@dataclass(frozen=True)
class Measurement:
    """What running a way took: seconds at best, peak bytes of the first run (None where unknown), and its answer."""

    seconds: float
    peak_bytes: int | None
    answer: float


def measure(make: Callable[[], Any], way: Callable[[Any], float], threads: int, repeats: int) -> Measurement:
    """Run `way(make())` several times in a new process."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(make, way, threads, repeats, sender))
    process.start()
    sender.close()
    try:
        measurement: Measurement = receiver.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"{way.__module__}.{way.__name__} ended with exit status {process.exitcode}") from None
    process.join()
    return measurement


def _run(make: Callable[[], Any], way: Callable[[Any], float], threads: int, repeats: int, sender: Any) -> None:
    import torch

    torch.set_num_threads(threads)
    data = make()
    before = _restart_peak()
    seconds, answer = _time(way, data)
    peak = None if before is None else max(_status_bytes("VmHWM") - before, _peak_of_commands())
    best = min([seconds, *(_time(way, data)[0] for _ in range(repeats - 1))])
    sender.send(Measurement(best, peak, answer))


def _time(way: Callable[[Any], float], data: Any) -> tuple[float, float]:
    start = time.perf_counter()
    answer = way(data)
    return time.perf_counter() - start, answer


def _restart_peak() -> int | None:
    """Let the kernel forget the peak so far; returns the bytes now in memory. None where only Linux could tell."""
    if not sys.platform.startswith("linux"):
        return None
    Path("/proc/self/clear_refs").write_text("5")
    return _status_bytes("VmRSS")


def _peak_of_commands() -> int:
    """Of processes that the work started and waited for: all of their memory."""
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _status_bytes(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))
