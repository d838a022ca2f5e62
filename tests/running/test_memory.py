"""Analyses of large dictionaries never hold one number for each pair: 65,536 features are measured in two gigabytes."""

import subprocess
import sys

import numpy as np
import pytest

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

from saegeo_core import load_cloud, run

cloud = load_cloud(sys.argv[1])
# What is drawn again and again takes time, no memory: as few draws as are allowed.
for analysis, parameters in (
    ("power-law", {{"first_rank": 5, "last_rank": 40, "null_draws": 19, "power_law_draws": 1}}),
    ("cosine-tails", {{}}),
    ("redundancy", {{"null_draws": 2}}),
    ("entropy", {{"null_draws": 19}}),
    ("stability", {{"other": sys.argv[2], "null_draws": 3}}),
):
    report = run(analysis, cloud, parameters=parameters)
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
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, paths)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "no matrix of all pairs",
        "power-law True",
        "cosine-tails True",
        "redundancy True",
        "entropy True",
        "stability True",
    ]
