"""Whole analyses of a dictionary of the usual size, default parameters, nothing read from the cache: what a user waits for.

Unit rows, 16,384 x 2,304: a spectrum that falls as rank^-1/2, and 800 families of five.
"""

import os
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

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


def whole_stability(cloud: FeatureCloud) -> float:
    """The same of stability, against as large a dictionary that shares nothing with it."""
    os.environ["SAEGEO_CACHE"] = ""
    with TemporaryDirectory() as folder:
        other = Path(folder) / "other.npy"
        np.save(other, dictionary(seed=1).vectors.numpy())
        return run("stability", cloud, parameters={"other": str(other)}).metric("pw_mcc").value or 0.0


WITHOUT_ANOTHER = (
    ("cosine-tails", "tail_excess"),
    ("entropy", "negentropy"),
    ("power-law", "alpha"),
    ("redundancy", "family_share"),
)
ROWS = [
    *(
        Work(f"whole {analysis}, 16,384 x 2,304", dictionary, NO_PLAIN_WAY, partial(whole, analysis, metric), full=True)
        for analysis, metric in WITHOUT_ANOTHER
    ),
    Work("whole stability, 16,384 x 2,304", dictionary, NO_PLAIN_WAY, whole_stability, full=True),
]
