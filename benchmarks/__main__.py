"""Print the table of benchmarks: work, the plain published way, ours, their ratio and the memory of each."""

import argparse
import importlib
import os
import pkgutil
import sys

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.measure import Measurement, Work, measure

SAME_ANSWER = 0.01
"""Relative difference from which two ways have not done the same work (float32 rounding moves a few pairs)."""


def main() -> int:
    """Run the benchmarks asked for; 1 when the two ways disagree on an answer."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="also what takes minutes")
    parser.add_argument("--only", metavar="NAME", default="", help="only work whose name holds NAME")
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count(), help="threads for each way (default: %(default)s)"
    )
    parser.add_argument(
        "--repeats", type=int, default=3, help="runs of each way, the best counts (default: %(default)s)"
    )
    options = parser.parse_args()

    chosen = [work for work in all_work() if options.only in work.name and (options.full or not work.full)]
    if not chosen:
        parser.error(f"no work of that name; known: {'; '.join(work.name for work in all_work())}")

    table = Table(title=f"{options.threads} threads, best of {options.repeats}; memory above that of the data")
    for heading in ("work", "plain published way", "ours", "ratio", "memory, plain", "memory, ours"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    disagreements = []
    with Console(stderr=True).status("") as status:
        for work in chosen:
            status.update(work.name)
            repeats = 1 if work.full else options.repeats
            plain = measure(work.make, work.plain, options.threads, repeats) if callable(work.plain) else None
            ours = measure(work.make, work.ours, options.threads, repeats)
            table.add_row(work.name, *cells(work, plain, ours))
            if plain and abs(ours.answer - plain.answer) > SAME_ANSWER * abs(plain.answer):
                disagreements.append(f"{work.name}: the plain way finds {plain.answer}, ours {ours.answer}")
    Console().print(table)
    for disagreement in disagreements:
        print(disagreement, file=sys.stderr)
    return 1 if disagreements else 0


def all_work() -> list[Work]:
    """The rows of every module of this package."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_")]
    modules = [importlib.import_module(f"benchmarks.{name}") for name in sorted(names)]
    return [work for module in modules for work in getattr(module, "ROWS", [])]


def cells(work: Work, plain: Measurement | None, ours: Measurement) -> list[str]:
    """The row's texts after its name."""
    if plain is None:
        return [str(work.plain), f"{ours.seconds:.1f} s", "", "", megabytes(ours.peak_bytes)]
    ratio = f"{plain.seconds / ours.seconds:.1f}"
    times = [f"{plain.seconds:.1f} s", f"{ours.seconds:.1f} s", ratio]
    return [*times, megabytes(plain.peak_bytes), megabytes(ours.peak_bytes)]


def megabytes(n_bytes: int | None) -> str:
    """Bytes as whole megabytes."""
    return "unknown" if n_bytes is None else f"{n_bytes / 1e6:,.0f} MB"


if __name__ == "__main__":
    sys.exit(main())
