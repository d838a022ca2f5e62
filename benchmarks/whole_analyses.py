"""Whole analyses of a dictionary of the usual size, default parameters, nothing read from the cache: what a user waits for.

Unit rows, 16,384 x 2,304: a spectrum that falls as rank^-1/2, and 800 families of five.
"""

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.measure import Work
from saegeo_core import FeatureCloud, run

N, D, FAMILIES, SIZE = 16_384, 2304, 800, 5
NO_PLAIN_WAY = "has no null"


def dictionary(seed: int = 0) -> FeatureCloud:
    """The rows."""
    generator = torch.Generator().manual_seed(seed)
    rows, centers = torch.randn(N, D, generator=generator), torch.randn(FAMILIES, D, generator=generator)
    related = rows[: FAMILIES * SIZE]
    related *= 0.6
    related += 0.8 * centers.repeat_interleave(SIZE, 0)
    rows *= torch.arange(1, D + 1) ** -0.25
    return FeatureCloud.from_array(rows.div_(rows.norm(dim=1, keepdim=True)))


def whole(analysis: str, metric: str, cloud: FeatureCloud) -> float:
    """One metric of a report of the calibrated preset."""
    os.environ["SAEGEO_CACHE"] = ""
    return run(analysis, cloud).metric(metric).value or 0.0


def dictionary_file() -> Path:
    """The rows as a file."""
    path = Path(tempfile.mkdtemp()) / "dictionary.npy"
    np.save(path, dictionary().vectors.numpy())
    return path


def whole_command(analysis: str, metric: str, path: Path) -> float:
    """The same from the start of a process to the stored report; its memory is that of another process, and not told."""
    command = [sys.executable, "-m", "saegeo_core", "run", "--plugin", analysis, str(path), "--json"]
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            [*command, "--out", folder], env={**os.environ, "SAEGEO_CACHE": ""}, capture_output=True, check=True
        ).stdout
    return next(float(one["estimate"]) for one in json.loads(told)["metrics"] if one["name"] == metric)


ROWS = [
    Work(
        "saegeo run --plugin cosine-tails, 16,384 x 2,304",
        dictionary_file,
        NO_PLAIN_WAY,
        partial(whole_command, "cosine-tails", "tail_excess"),
        full=True,
    ),
    *(
        Work(f"whole {analysis}, 16,384 x 2,304", dictionary, NO_PLAIN_WAY, partial(whole, analysis, metric), full=True)
        for analysis, metric in (
            ("cosine-tails", "tail_excess"),
            ("entropy", "negentropy"),
            ("power-law", "alpha"),
            ("redundancy", "family_share"),
        )
    ),
]
