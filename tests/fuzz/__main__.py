"""Spoil files of every kind that saegeo reads and see that each is refused in a sentence, or gives the numbers it holds.

Every trial has a number, and what it tries follows from that and the seed alone: `--only NUMBER` tries one again.
"""

import argparse
import json
import os
import select
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path
from queue import SimpleQueue

from tests.fuzz.counts import Counts
from tests.fuzz.readers import reader_of
from tests.fuzz.trial import CLOCK_SECONDS

ROOT = Path(__file__).parents[2]
PATIENCE = 3 * CLOCK_SECONDS
"""Seconds for a process that starts and does not answer: what stops at nothing is ended from here."""
MOST_TEXT = 64 << 20
"""SAEGEO_MAX_BYTES of the trials: what inflates need not be gigabytes to be refused."""


class Worker:
    """A process that tries one file after the other, started anew when it is lost."""

    def __init__(self, seed):
        self.seed = seed
        self.process = None

    def tried(self, number):
        """What became of a trial, as plain values."""
        if self.process is None:
            known = {
                "SAEGEO_MAX_BYTES": str(MOST_TEXT),
                "SAEGEO_CACHE": "",
                "HF_HUB_OFFLINE": "1",
                "OMP_NUM_THREADS": "1",
            }
            path = os.pathsep.join([str(ROOT), str(ROOT / "plugins"), os.environ.get("PYTHONPATH", "")])
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.worker", str(self.seed)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env={**os.environ, **known, "PYTHONPATH": path},
                text=True,
            )
            if self.process.stdout.readline() != "ready\n":
                raise SystemExit("a process of the trials does not start: python -m tests.fuzz.worker 0 says why")
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        answered, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if answered else ""
        if line:
            outcome = json.loads(line)
            if outcome["answer"] == "memory":  # its peak is no measure any more
                self.end()
            return outcome
        what = "crash" if answered else "hang"
        code = self.end()
        return {"kind": reader_of(number).kind, "change": "unknown", "answer": what, "detail": f"exit status {code}"}

    def end(self):
        """End the process; its exit status."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        ended = process.poll()
        process.kill()
        process.communicate()
        return ended if ended is not None else process.returncode


def main():
    """Try as many files as are asked for; 1 where one of them was not answered well."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--mutations", type=int, default=1000, help="how many files (default: %(default)s)")
    parser.add_argument("--minutes", type=float, help="as many as can be tried in that time")
    parser.add_argument("--seed", type=int, default=0, help="which files (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="this trial alone")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="go on behind what this file tells, and tell it there"
    )
    parser.add_argument("--page", type=Path, metavar="FILE", help="draw the tables into this page")
    options = parser.parse_args()

    counts = Counts.kept(options.keep, options.seed)
    for number, outcome in trials(options, counts.following):
        counts.add(number, outcome)
        if counts.findings and counts.findings[-1]["number"] == number:
            print(json.dumps(counts.findings[-1]), file=sys.stderr, flush=True)
        if options.keep is not None and number % 500 == 0:
            counts.keep(options.keep)
    if options.keep is not None:
        counts.keep(options.keep)
    print("\n".join(counts.lines()))
    if options.page is not None:
        counts.draw(options.page)
    return 1 if counts.findings else 0


def trials(options, first):
    """Numbers and outcomes, in the order in which they come."""
    workers = SimpleQueue()
    for _ in range(options.workers):
        workers.put(Worker(options.seed))
    end = None if options.minutes is None else time.monotonic() + 60 * options.minutes

    def trial(number):
        worker = workers.get()
        try:
            return number, worker.tried(number)
        finally:
            workers.put(worker)

    numbers = count(first) if end else range(first, first + options.mutations)
    if options.only is not None:
        numbers = [options.only]
    try:
        with ThreadPoolExecutor(options.workers) as pool:
            batch = 50 * options.workers
            waiting = iter(numbers)
            while some := list(islice(waiting, batch)):
                yield from pool.map(trial, some)
                if end and time.monotonic() > end:
                    return
    finally:
        while not workers.empty():
            workers.get().end()


if __name__ == "__main__":
    sys.exit(main())
