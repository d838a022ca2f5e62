"""How close the nearest feature lies under a null model of directions, from queries among as many others as the cloud has."""

import numpy as np
import torch

from saegeo_core.statistics.laws import NormalLaw
from saegeo_core.statistics.null_directions import ProjectedGaussian

ROWS_AT_ONCE = 2048
MUTUAL_NEIGHBORS = 2.0
"""Two features that are each other's nearest share one cosine. Were all of them so paired, the mean would vary twice as much."""


def nearest_cosine_law(
    null: ProjectedGaussian, n_features: int, rng: np.random.Generator, *, n_queries: int = 1024
) -> NormalLaw:
    """Law of the mean over features of the cosine to the nearest other one, in a cloud of N features from the null.

    The mean comes from `n_queries` directions, each looked up among N - 1 others; what their expected squared cosine with
    others explains, which is known exactly, is taken out of its error. The standard deviation is an upper bound, and
    includes that error.
    """
    queries = _unit(null, n_queries, rng)
    nearest = torch.full((n_queries,), -1.0)
    for start in range(0, n_features - 1, ROWS_AT_ONCE):
        others = _unit(null, min(ROWS_AT_ONCE, n_features - 1 - start), rng)
        nearest = torch.maximum(nearest, (queries @ others.T).amax(dim=1))
    cosines = nearest.double().numpy()

    known = null.moments.mean_squared_cosine_with(queries.double().numpy())
    slope = np.cov(cosines, known)[0, 1] / max(float(np.var(known, ddof=1)), np.finfo(np.float64).tiny)
    adjusted = cosines - slope * (known - null.moments.mean_squared_cosine)
    variance = MUTUAL_NEIGHBORS * np.var(cosines, ddof=1) / n_features + np.var(adjusted, ddof=1) / n_queries
    return NormalLaw(float(adjusted.mean()), float(np.sqrt(variance)))


def _unit(null: ProjectedGaussian, n: int, rng: np.random.Generator) -> torch.Tensor:
    """Independent directions along the null's axes, float32."""
    rows = null.place(rng.standard_normal((n, len(null.mean))))
    return torch.from_numpy((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
