"""A process that tries what it is told, a line for each, and answers in JSON. It may hang, crash or swell."""

import json
import resource
import sys
from dataclasses import asdict, replace
from pathlib import Path

from tests.fuzz.readers import READERS, reader_of
from tests.fuzz.trial import N_BYTES, tried, untouched

LEAST_ADDRESSES = 5 << 29
"""Room for addresses beyond those in use: whoever asks for more gets a MemoryError, and this machine keeps its memory."""


def main():
    """Say when everything is imported, then answer numbers of trials until there are no more."""
    seed = int(sys.argv[1])
    for reader in READERS:
        untouched(reader)
    print("ready", flush=True)
    for line in sys.stdin:
        number = int(line)
        reader = reader_of(number)
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
