"""Whether a few features are the nearest neighbor of many others."""

import numpy as np
from pydantic import Field

from saegeo_core import Analysis, Cost, Figure, Parameters

MIN_FEATURES = 10
FIGURE = Figure(name="hubs", title="Hubs", kind="bar", table="hubs", x="size", y=("features",))


class HubnessParameters(Parameters):
    null_draws: int = Field(default=199, ge=19, description="Clouds of uniform directions behind the null.")


class Hubness(Analysis):
    name = "acme-hubness"
    version = "1"
    headline = "largest_hub"
    summary = "How many features have one and the same nearest neighbor"
    reference = "Radovanović et al., Hubs in Space, JMLR 2010"
    Parameters = HubnessParameters
    invariances = frozenset({"rotation", "feature order", "scale", "row lengths"})

    def analyze(self, cloud, parameters, context):
        import pandas as pd

        from acme_geometry.declared import DECLARED
        from saegeo_core.measuring.null_comparison import Draws

        n, d = cloud.n_features, cloud.d_in
        if n < MIN_FEATURES:
            return DECLARED.absent(f"{n} features are too few", n)
        sizes = hub_sizes(cloud.unit_vectors().numpy())
        times = context.progress(range(parameters.null_draws), parameters.null_draws, "null")
        draws = [hub_sizes(uniform(n, d, context.rng)).max() for _ in times]
        counts = np.bincount(sizes)
        return DECLARED.findings(
            {"largest_hub": int(sizes.max())},
            n=n,
            nulls={"largest_hub": {"uniform directions": Draws(draws, has_zscore=False)}},
            tables={"hubs": pd.DataFrame({"size": np.arange(len(counts)), "features": counts})},
            figures=[FIGURE],
        )

    def estimates(self, cloud, parameters, context):
        """The number alone: random features judge chosen ones by it."""
        return {"largest_hub": int(hub_sizes(cloud.unit_vectors().numpy()).max())}

    def cost(self, n_features, d_in, parameters):
        """One pass over all pairs; a copy of the rows."""
        return Cost(multiply_adds=n_features**2 * d_in / 2, n_bytes=4 * n_features * d_in)

    def planted_example(self, rng):
        from saegeo_core import FeatureCloud

        center = uniform(1, 24, rng)
        return FeatureCloud.from_array(np.concatenate([center, center + uniform(60, 24, rng)]))

    def null_example(self, rng):
        from saegeo_core import FeatureCloud

        return FeatureCloud.from_array(uniform(80, 12, rng))


def hub_sizes(directions):
    """For each unit row of (n, d), how many others have it as their nearest."""
    cosines = directions @ directions.T
    np.fill_diagonal(cosines, -2)
    return np.bincount(cosines.argmax(1), minlength=len(directions))


def uniform(n, d, rng):
    rows = rng.standard_normal((n, d))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
