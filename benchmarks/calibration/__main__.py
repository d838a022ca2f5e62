"""Run what is missing of the calibration suite, then write its page."""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks.calibration.cells import all_cells, ready_process, run_of_cell
from benchmarks.calibration.kept import read_kept, write_kept
from benchmarks.calibration.page import page
from benchmarks.calibration.records import Records


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument(
        "--runs",
        type=int,
        default=500,
        help="runs of each cell; 0 makes none and draws the page of those there are (default: %(default)s)",
    )
    parser.add_argument("--only", metavar="TEXT", default="", help="only cells whose name holds TEXT")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path("calibration-runs"), help="where runs are kept")
    parser.add_argument("--page", type=Path, help="write the page here; it is printed otherwise")
    parser.add_argument(
        "--keep", action="store_true", help="write all runs to the table that comes with the repository"
    )
    options = parser.parse_args()
    if options.keep and options.only:
        parser.error("--keep keeps the runs of all cells: leave --only out")

    cells = all_cells()
    chosen = [place for place, cell in enumerate(cells) if options.only in cell.name]
    if not chosen:
        parser.error(f"no cell of that name; known: {', '.join(cell.name for cell in cells)}")
    kept = read_kept()
    records = {
        place: Records(options.folder, cell, kept.get((cell.analysis, cell.version, cell.law)))
        for place, cell in ((place, cells[place]) for place in chosen)
    }
    made = {place: records[place].read().keys() for place in chosen}
    # Round by round, so that wherever it is stopped every cell has as many runs.
    missing = [(place, number) for number in range(options.runs) for place in chosen if number not in made[place]]
    console = Console(stderr=True)
    with ProcessPoolExecutor(options.workers, get_context("spawn"), initializer=ready_process) as workers:
        running = {workers.submit(run_of_cell, place, number): (place, number) for place, number in missing}
        for done in track(as_completed(running), "runs", total=len(running), console=console):
            place, number = running[done]
            records[place].add(number, done.result())
    runs = [(cells[place], records[place].read()) for place in chosen]
    if options.keep:
        write_kept(runs)
    text = page(runs)
    if options.page:
        options.page.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
