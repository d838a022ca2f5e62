"""Whole analyses of a dictionary of the usual size, default parameters, nothing read from the cache: what a user waits for.

Unit rows, 16,384 x 2,304: a spectrum that falls as rank^-1/2, and 800 families of five. Where firing is read, it is over 20,000
blocks, by topics that the rows know nothing of.
"""

import os
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks.measure import Work
from saegeo_core import FeatureCloud, FiringStatistics, run
from saegeo_core.synthetic.firing import plant_firing

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


class Harvested(NamedTuple):
    """A dictionary, and what fired."""

    cloud: FeatureCloud
    firing: FiringStatistics


def harvested() -> Harvested:
    """The rows with firing of their own, rates from 0.3 % to 10 % of the blocks."""
    planted = plant_firing(
        np.random.default_rng(0),
        n_features=N,
        n_blocks=20_000,
        n_topics=64,
        topic_strength=20,
        richness_spread=0.5,
        rates=(0.003, 0.1),
        d_in=16,
    )
    return Harvested(dictionary(), planted.firing)


def whole(analysis: str, metric: str, cloud: FeatureCloud, **given: Any) -> float:
    """One metric of a report of the calibrated preset."""
    os.environ["SAEGEO_CACHE"] = ""
    return run(analysis, cloud, **given).metric(metric).value or 0.0


def whole_stability(cloud: FeatureCloud) -> float:
    """The same of stability, against as large a dictionary that shares nothing with it."""
    with TemporaryDirectory() as folder:
        other = Path(folder) / "other.npy"
        np.save(other, dictionary(seed=1).vectors.numpy())
        return whole("stability", "pw_mcc", cloud, parameters={"other": str(other)})


def whole_frequency_geometry(harvest: Harvested) -> float:
    """The same of an analysis that reads firing."""
    return whole("frequency-geometry", "rate_nearest", harvest.cloud, firing=harvest.firing)


SEARCH = partial(whole, "crystals", "parallelogram_excess", parameters={"measure": "dictionary"})

ROWS = [
    *(
        Work(f"whole {analysis}, 16,384 x 2,304", dictionary, NO_PLAIN_WAY, partial(whole, analysis, metric), full=True)
        for analysis, metric in (
            ("cosine-tails", "tail_excess"),
            ("entropy", "negentropy"),
            ("power-law", "alpha"),
            ("redundancy", "family_share"),
        )
    ),
    Work("whole stability, 16,384 x 2,304", dictionary, NO_PLAIN_WAY, whole_stability, full=True),
    Work("whole crystals of the dictionary, 16,384 x 2,304", dictionary, NO_PLAIN_WAY, SEARCH, full=True),
    Work("whole frequency-geometry, 16,384 x 2,304", harvested, NO_PLAIN_WAY, whole_frequency_geometry, full=True),
]
