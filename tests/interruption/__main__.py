"""`python -m tests.interruption --kills 100`: harvests ended at random moments, and a table of what they were at.

Two of three ends are before an operation on files, each part of a harvest as likely; one is at a moment drawn over its time.
"""

import argparse
import signal
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from tests.interruption.ended_harvests import PARTS, End, EndedHarvests

ENDS_OF_A_HARVEST = 5


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.interruption", description=__doc__)
    asked.add_argument("--kills", type=int, default=100, help="how often in all")
    asked.add_argument("--signals", default="SIGKILL", help="which end them in turn, for example SIGINT,SIGTERM,SIGHUP")
    asked.add_argument("--seed", type=int, default=0, help="decides the moments")
    options = asked.parse_args()
    signals = tuple(signal.Signals[name].value for name in options.signals.split(","))
    ends: list[End] = []
    with tempfile.TemporaryDirectory() as folder:
        harvests = EndedHarvests(Path(folder, "work"), signals, np.random.default_rng(options.seed))
        n_harvests = 0
        while len(ends) < options.kills:
            ends += harvests.of(n_harvests, min(ENDS_OF_A_HARVEST, options.kills - len(ends)), at_moments=True)
            n_harvests += 1
            print(f"{n_harvests} harvests, {len(ends)} ends", flush=True)
    at = Counter((end.part, signal.Signals(end.signal).name) for end in ends)
    print(f"\n{'ended while':34}{'by':10}{'times':>6}")
    for _, part in sorted(PARTS, key=lambda one: one[1] != "beginning"):
        for (at_part, by), n in sorted(at.items()):
            if at_part == part:
                print(f"{part:34}{by:10}{n:6}")
    wrong = [end for end in ends if end.wrong]
    print(f"\n{len(ends)} ends of {n_harvests} harvests; {len(wrong)} ended otherwise than they should")
    print(f"every harvest made the same {len(harvests.expected)} files as one that nobody ended")
    for end in wrong:
        print(f"{signal.Signals(end.signal).name} before {end.operation!r}: {end.wrong}")


if __name__ == "__main__":
    main()
