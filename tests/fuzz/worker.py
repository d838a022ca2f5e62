"""A process that tries what it is told, a line for each, and answers with a line of JSON. It may hang, crash or swell: others go on."""

import json
import resource
import sys
from dataclasses import asdict, replace
from pathlib import Path

from tests.fuzz.readers import reader_of
from tests.fuzz.trial import N_BYTES, tried, untouched

LEAST_ADDRESSES = 5 << 29
"""Room for addresses beyond those in use: whoever asks for more gets a MemoryError, and this machine keeps its memory."""


def main():
    """Answer numbers of trials until there are no more."""
    seed = int(sys.argv[1])
    for line in sys.stdin:
        number = int(line)
        reader = reader_of(number)
        untouched(reader)  # what it imports is no part of the trial
        before = peak()
        limit_addresses()
        outcome = tried(reader, number, seed)
        if peak() - before > N_BYTES:
            outcome = replace(outcome, answer="memory", detail=f"{(peak() - before) >> 20} MB, {outcome.answer}")
        print(json.dumps(asdict(outcome)), flush=True)


def peak():
    """The most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def limit_addresses():
    """As many addresses as are in use now, and a few more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + LEAST_ADDRESSES, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
