"""A map of the dictionary on a plane, for looking at: what lies near on it lay near in the dictionary, distances mean little.

t-SNE by openTSNE where the extra `plots` is installed (Policar, Strazar and Zupan 2024), else the first two principal components,
which show less. Nothing is measured on either. A map takes seconds to a minute, so it is kept for the next run.
"""

import hashlib
import importlib.util
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from saegeo_core.measuring.cache import cached_array
from saegeo_core.numerics.arrays import Floats

MIN_FEATURES = 30
PERPLEXITY = 30.0


class FeatureMap(NamedTuple):
    """Coordinates float64 (n_features, 2), and how they were found."""

    coordinates: Floats
    method: str


def feature_map(units: NDArray[np.float32], seed: int) -> FeatureMap:
    """Lay unit rows (n_features, d_in) out on a plane; the same seed and method give the same map."""
    principal = _principal_components(units)
    if len(units) < MIN_FEATURES or importlib.util.find_spec("openTSNE") is None:
        return FeatureMap(principal, "first two principal components")
    key = {
        "units": hashlib.sha256(np.ascontiguousarray(units).data).hexdigest(),
        "seed": seed,
        "openTSNE": version("openTSNE"),
    }
    coordinates = cached_array("lobes-map", key, lambda: _tsne(units, principal, seed))
    return FeatureMap(coordinates, "t-SNE of cosines, perplexity 30")


def _tsne(units: NDArray[np.float32], principal: Floats, seed: int) -> Floats:
    from openTSNE import TSNE

    start = principal / (principal[:, 0].std() or 1.0) * 1e-4
    layout = TSNE(
        perplexity=min(PERPLEXITY, (len(units) - 1) / 3),
        metric="cosine",
        initialization=start,
        neighbors="exact" if len(units) <= 4096 else "auto",
        random_state=seed,
        n_jobs=1,  # with several the order of additions, and so the map, would depend on chance
    ).fit(units.astype(np.float64))
    return np.asarray(layout, np.float64)


def _principal_components(units: NDArray[np.float32]) -> Floats:
    """The first two, each with the sign that makes its largest coefficient positive; zeros where there is only one."""
    rows = units.astype(np.float64) - units.mean(0, dtype=np.float64)
    _, vectors = np.linalg.eigh(rows.T @ rows)
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    plane = rows @ axes
    return np.pad(plane, ((0, 0), (0, 2 - plane.shape[1])))
