"""Nearest neighbors of 10,000 points against scikit-learn's brute force, and the whole analysis of a large dictionary."""

import os

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.measure import Work
from saegeo_core import FeatureCloud, run
from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors

K = 3
D_IN = 2304


def points_20() -> NDArray[np.float64]:
    """Whitened points at the narrower q."""
    return np.random.default_rng(0).standard_normal((10_000, 20))


def points_100() -> NDArray[np.float64]:
    """Whitened points at the wider q."""
    return np.random.default_rng(0).standard_normal((10_000, 100))


def points_2304() -> NDArray[np.float64]:
    """Rows in all dimensions."""
    return np.random.default_rng(0).standard_normal((10_000, D_IN))


def directions_65k() -> Tensor:
    """Unit rows as dictionaries have them: a falling spectrum, families of 16."""
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(65_536, D_IN, generator=generator)
    vectors += torch.randn(4096, D_IN, generator=generator).repeat_interleave(16, 0)
    vectors *= torch.arange(1, D_IN + 1) ** -0.22
    return vectors.div_(vectors.norm(dim=1, keepdim=True))


def with_scikit_learn(points: NDArray[np.float64]) -> float:
    """Mean distance to the third nearest."""
    from sklearn.neighbors import NearestNeighbors

    distances, _ = NearestNeighbors(n_neighbors=K, algorithm="brute").fit(points).kneighbors()
    return float(distances[:, -1].mean())


def in_slabs(points: NDArray[np.float64]) -> float:
    """The same, exactly."""
    return float(euclidean_neighbors(points, K).distances[:, -1].mean())


def whole_analysis(vectors: Tensor) -> float:
    """All metrics of `entropy`, no draw read from the cache."""
    os.environ["SAEGEO_CACHE"] = ""
    return run("entropy", FeatureCloud.from_array(vectors)).metric("negentropy").value or 0.0


ROWS = [
    Work("nearest neighbors, 10,000 x 20", points_20, with_scikit_learn, in_slabs),
    Work("nearest neighbors, 10,000 x 100", points_100, with_scikit_learn, in_slabs),
    Work("nearest neighbors, 10,000 x 2,304", points_2304, with_scikit_learn, in_slabs, full=True),
    Work("entropy, 65,536 x 2,304", directions_65k, "another estimate", whole_analysis, full=True),
]
