"""Whole commands that take minutes to hours, one at a time: `python -m benchmarks.largest NAME --folder DIR`.

The dictionaries of `whole_analyses`, as many of them on top of each other as there are rows; where firing is read it is over 20,000
blocks. Data are made once and stay in DIR, up to 3.2 GB. What the command tells goes to stderr as it comes, its plan of cost first.
`--rows` takes fewer, a multiple of 16,384, to try it; other options are those of the command, for example
`--set redundancy.max_rows=20000`.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch
from numpy.lib.format import open_memmap
from safetensors.torch import save_file

from benchmarks.whole_analyses import N_BLOCKS, N, rows
from saegeo_core.synthetic.firing import plant_firing


class Case(NamedTuple):
    """What is run on how many rows of how many dimensions; `is_whole` brings encoders and firing."""

    options: tuple[str, ...]
    n: int
    d: int
    is_whole: bool = False


CASES = {
    "all-16k": Case(("--all",), N, 2304, is_whole=True),
    "all-65k": Case(("--all",), 4 * N, 2304, is_whole=True),
    "redundancy-262k": Case(("--plugin", "redundancy"), 16 * N, 1024),
    "cosine-tails-1m": Case(("--plugin", "cosine-tails"), 64 * N, 768),
    "power-law-1m": Case(("--plugin", "power-law"), 64 * N, 768),
}


def main() -> int:
    """Make what is not there, run the command, and say what it took; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.largest", description=__doc__)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--folder", type=Path, required=True, help="where data are made, and stay")
    parser.add_argument("--rows", type=int, help="so many instead, a multiple of 16,384")
    options, added = parser.parse_known_args()
    case = CASES[options.case]
    if options.rows is not None and (options.rows < N or options.rows % N):
        parser.error(f"--rows takes a multiple of {N}, not {options.rows}")
    case = case._replace(n=options.rows or case.n)

    options.folder.mkdir(parents=True, exist_ok=True)
    typed = [sys.executable, "-m", "saegeo_core", "run", *case.options, *data_of(case, options.folder), *added]
    start = time.perf_counter()
    with TemporaryDirectory(dir=options.folder) as out:
        ended = subprocess.run(
            [*typed, "--json", "--out", out],
            env={**os.environ, "SAEGEO_CACHE": ""},
            stdout=subprocess.PIPE,
            check=False,
        )
    spent, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    for report in _reports(ended.stdout):
        print(f"{report['analysis']['name']}: {report['duration_seconds']:.1f} s")
    print(
        f"{options.case}, {case.n:,} x {case.d:,}: {wall:,.0f} s, of processor time {spent.ru_utime:,.0f} and of the system's "
        f"{spent.ru_stime:,.0f} s, {spent.ru_maxrss * 1024 / 1e6:,.0f} MB, exit status {ended.returncode}"
    )
    return ended.returncode


def data_of(case: Case, folder: Path) -> list[str]:
    """What names the data of a case in a command; made where they are not there yet."""
    name = f"{case.n}x{case.d}"
    if not case.is_whole:
        stored = folder / f"{name}.npy"
        if not stored.exists():
            unfinished = stored.with_suffix(".part")
            made = open_memmap(unfinished, "w+", np.float32, (case.n, case.d))
            for seed in range(case.n // N):
                made[seed * N : (seed + 1) * N] = rows(seed, case.d)
            made.flush()
            unfinished.rename(stored)
        return [str(stored)]
    stored, firing = folder / f"{name}.safetensors", folder / f"firing-{case.n}"
    if not stored.exists():
        decoder = torch.from_numpy(np.concatenate([rows(seed, case.d) for seed in range(case.n // N)]))
        encoder = (
            torch.randn(case.n, case.d, generator=torch.Generator().manual_seed(2)).div_(case.d**0.5).add_(decoder)
        )
        save_file({"W_dec": decoder, "W_enc": encoder.T.contiguous()}, stored)
    if not firing.exists():
        planted = plant_firing(
            np.random.default_rng(0),
            n_features=case.n,
            n_blocks=N_BLOCKS,
            n_topics=64,
            topic_strength=20,
            richness_spread=0.5,
            rates=(0.003, 0.1),
            d_in=16,
        )
        planted.firing.write(firing)
    return [str(stored), "--firing", str(firing)]


def _reports(told: bytes) -> list[dict]:
    """Of `--json`: one report, or a list of them; none where the command failed."""
    try:
        found = json.loads(told)
    except json.JSONDecodeError:
        return []
    return found if isinstance(found, list) else [found]


if __name__ == "__main__":
    sys.exit(main())
