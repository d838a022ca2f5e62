"""Whether a few features are the nearest neighbour of many others."""

import numpy as np
from pydantic import Field

from saegeo_core import Absent, Analysis, Figure, Findings, Metric, NullComparison, Parameters

LEAST_FEATURES = 10


class HubnessParameters(Parameters):
    draws: int = Field(default=199, ge=19, description="Clouds of uniform directions behind the null.")


class Hubness(Analysis):
    name = "acme-hubness"
    version = "1"
    headline = "largest_hub"
    summary = "How many features have one and the same nearest neighbour"
    reference = "Radovanović et al., Hubs in Space, JMLR 2010"
    Parameters = HubnessParameters
    invariances = frozenset({"rotation", "feature order", "scale", "row lengths"})

    def analyze(self, cloud, parameters, context):
        import pandas as pd

        about = {"unit": "features", "better": "lower", "description": "Most features that share a nearest neighbour."}
        n, d = cloud.n_features, cloud.d_in
        if n < LEAST_FEATURES:
            return Findings([Metric.missing("largest_hub", f"{n} features are too few", **about)])
        sizes = hub_sizes(cloud.unit_vectors().numpy())
        null = np.array(
            [
                hub_sizes(uniform(n, d, context.rng)).max()
                for _ in context.progress(range(parameters.draws), parameters.draws, "null")
            ]
        )
        metric = Metric(
            name="largest_hub",
            estimate=int(sizes.max()),
            interval=Absent("no resampling gives a valid interval for an extreme"),
            nulls=(
                NullComparison(
                    model="uniform directions",
                    draws=len(null),
                    mean=null.mean(),
                    standard_deviation=null.std(ddof=1),
                    pvalue=(np.sum(null >= sizes.max()) + 1) / (len(null) + 1),
                    alternative="greater",
                ),
            ),
            n=n,
            **about,
        )
        counts = np.bincount(sizes)
        table = pd.DataFrame({"size": np.arange(len(counts)), "features": counts})
        figure = Figure(name="hubs", title="Hubs", kind="bar", table="hubs", x="size", y=("features",))
        return Findings([metric], {"hubs": table}, [figure])

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
