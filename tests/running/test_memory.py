"""Analyses of large dictionaries never hold one number for each pair: 65,536 features are measured in two gigabytes."""

import subprocess
import sys

import numpy as np
import pytest

from saegeo_core import FiringStatistics

N, D = 65_536, 64
LIMIT = 2 * 2**30

MEASURE = f"""
import resource, sys
import torch

resource.setrlimit(resource.RLIMIT_DATA, ({LIMIT}, {LIMIT}))
try:
    torch.zeros({N}, {N}, dtype=torch.bool)
except RuntimeError:
    print("no matrix of all pairs")

from saegeo_core import FiringStatistics, load_cloud, run

cloud, firing = load_cloud(sys.argv[1]), FiringStatistics.open(sys.argv[2])
# What is drawn again and again takes time, no memory: as few draws as are allowed.
for analysis, parameters in (
    ("power-law", {{"first_rank": 5, "last_rank": 40, "null_draws": 19, "power_law_draws": 1}}),
    ("cosine-tails", {{}}),
    ("redundancy", {{"null_draws": 2}}),
    ("entropy", {{"null_draws": 19}}),
    ("stability", {{"other": sys.argv[3], "null_draws": 3}}),
    ("frequency-geometry", {{"null_draws": 99}}),
):
    needs_firing = analysis == "frequency-geometry"
    report = run(analysis, cloud, parameters=parameters, firing=firing if needs_firing else None)
    print(report.analysis.name, report.measured[0].value is not None)
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux limits what is allocated, threads included"
)
def test_large_dictionaries_are_measured_in_two_gigabytes(tmp_path, rng):
    """In one process, one after the other: they share what they ask of the cloud, as in `saegeo run --all`.

    The first looks for kin in a pass of its own, and the last for nearest partners: each once left behind the memory of every tile.
    """
    paths = [tmp_path / "large.npy", tmp_path / "other.npy"]
    for path, n in zip(paths, (N, N // 4), strict=True):
        np.save(path, rng.standard_normal((n, D), dtype=np.float32) * np.arange(1, D + 1, dtype=np.float32) ** -0.25)
    fired = rng.random((200, N), dtype=np.float32) < np.linspace(0.002, 0.1, N, dtype=np.float32)
    known = {"token_counts": fired.sum(0), "n_tokens": len(fired), "document_of_block": np.arange(len(fired)) // 5}
    FiringStatistics.from_arrays(fired.astype(np.uint8), **known).write(tmp_path / "firing")
    typed = [sys.executable, "-c", MEASURE, str(paths[0]), str(tmp_path / "firing"), str(paths[1])]
    done = subprocess.run(typed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "no matrix of all pairs",
        "power-law True",
        "cosine-tails True",
        "redundancy True",
        "entropy True",
        "stability True",
        "frequency-geometry True",
    ]
