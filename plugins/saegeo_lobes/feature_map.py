"""A map of the dictionary on a plane, for looking at: what lies near on it lay near in the dictionary, distances mean little.

t-SNE by openTSNE where the extra `plots` is installed (Policar, Strazar and Zupan 2024), else the first two principal components,
which show less. Nothing is measured on either. A map takes seconds to a minute, so it is kept for the next run.
"""

import hashlib
import importlib.util
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
import torch
from numpy.typing import NDArray

from saegeo_core.measuring.cache import cached_array
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.bounded_products import BoundedProducts, fastest_format
from saegeo_core.numerics.directions import Directions, row_slices
from saegeo_core.numerics.largest_entries import largest_entries
from saegeo_lobes.affinities import cosines_of

MIN_FEATURES = 30
PERPLEXITY = 30.0
NEIGHBORS_OF_PERPLEXITY = 3
"""openTSNE asks for so many times as many neighbors."""
ALL_DISTANCES = 4096
"""Features up to which it may look for neighbors itself, in the matrix of all distances; of more it is given them."""
OF_MANY = {"negative_gradient_method": "fft", "early_exaggeration_iter": 100, "n_iter": 300}
"""Of 16,384 features the divergence is 1.61 after so many steps, 1.57 after two hundred more, which take as long again."""
ENTRIES_AT_ONCE = 2**24


class FeatureMap(NamedTuple):
    """Coordinates float64 (n_features, 2), and how they were found."""

    coordinates: Floats
    method: str


def feature_map(units: NDArray[np.float32], seed: int, angular: torch.Tensor | None = None) -> FeatureMap:
    """Lay unit rows out on a plane; the same seed and method give the same map.

    Args:
        units: (n_features, d_in).
        seed: of the layout.
        angular: `angular_affinity` of all pairs, where it is known: neighbors are then read off it.
    """
    principal = _principal_components(units)
    if len(units) < MIN_FEATURES or importlib.util.find_spec("openTSNE") is None:
        return FeatureMap(principal, "first two principal components")
    key = {
        "units": hashlib.sha256(np.ascontiguousarray(units).data).hexdigest(),
        "seed": seed,
        "openTSNE": version("openTSNE"),
    }
    coordinates = cached_array("lobes-map", key, lambda: _tsne(units, principal, seed, angular))
    return FeatureMap(coordinates, "t-SNE of cosines, perplexity 30")


def _tsne(units: NDArray[np.float32], principal: Floats, seed: int, angular: torch.Tensor | None) -> Floats:
    from openTSNE import TSNE

    start = principal / (principal[:, 0].std() or 1.0) * 1e-4
    layout = TSNE(
        perplexity=min(PERPLEXITY, (len(units) - 1) / NEIGHBORS_OF_PERPLEXITY),
        metric="cosine",
        initialization=start,
        neighbors="exact" if len(units) <= ALL_DISTANCES else _nearest_by_cosine(units, angular),
        random_state=seed,
        **({} if len(units) <= ALL_DISTANCES else OF_MANY),
        n_jobs=1,  # with several the order of additions, and so the map, would depend on chance
    ).fit(units.astype(np.float64))
    return np.asarray(layout, np.float64)


def _nearest_by_cosine(units: NDArray[np.float32], angular: torch.Tensor | None) -> Any:
    """By products as they are multiplied fastest: where they leave it open who is nearer, a map does not show it."""
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    n, n_neighbors = len(units), int(NEIGHBORS_OF_PERPLEXITY * PERPLEXITY)
    scores_of = _products_of(units) if angular is None else lambda rows: angular[rows].clone()
    scores, indices = torch.empty(n, n_neighbors), torch.empty(n, n_neighbors, dtype=torch.int64)
    for rows in row_slices(n, max(1, ENTRIES_AT_ONCE // n)):
        of_rows = scores_of(rows)
        own = torch.arange(rows.start, rows.stop)
        of_rows[own - rows.start, own] = -torch.inf
        scores[rows], indices[rows] = largest_entries(of_rows, n_neighbors)
    cosines = scores if angular is None else cosines_of(scores)
    return PrecomputedNeighbors(indices.numpy(), (1 - cosines.double()).clamp_min(0).numpy())


def _products_of(units: NDArray[np.float32]) -> Callable[[slice], torch.Tensor]:
    """Maps some rows to their products with all."""
    products = BoundedProducts(Directions(torch.from_numpy(units)), fastest_format("cpu", units.shape[1]))
    return lambda rows: products.tile(rows, slice(0, len(units)))


def _principal_components(units: NDArray[np.float32]) -> Floats:
    """The first two, each with the sign that makes its largest coefficient positive; zeros where there is only one."""
    rows = units.astype(np.float64) - units.mean(0, dtype=np.float64)
    d_in = rows.shape[1]
    _, vectors = scipy.linalg.eigh(rows.T @ rows, subset_by_index=[max(d_in - 2, 0), d_in - 1])
    axes = vectors[:, ::-1]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    plane = rows @ axes
    return np.pad(plane, ((0, 0), (0, 2 - plane.shape[1])))
