"""A sound analysis that costs next to nothing, for the suite to pass and for its spoiled variants to fail."""

import numpy as np
import pytest
from pydantic import Field
from scipy import stats

from saegeo_core import Analysis, FeatureCloud, Findings, Interval, Metric, NullComparison, Parameters
from saegeo_core.synthetic import common_mean, isotropic


class Lean(Analysis):
    """Length of the mean direction, by Rayleigh's test."""

    class Parameters(Parameters):
        factor: float = Field(default=1.0, gt=0, description="What the interval is multiplied by.")
        least: int | None = Field(default=None, description="Features below which nothing is measured.")

    name = "lean"
    version = "1"
    headline = "length"
    summary = "Length of the mean direction"
    reference = "Rayleigh"
    presets = {"calibrated": {}, "paper": {"factor": 2.0}}
    invariances = frozenset({"rotation", "feature order", "scale", "row lengths"})
    finds = {
        "steep spectrum": "its null is uniform",
        "families of unlike tightness": "a few families have a mean",
    }

    def analyze(self, cloud, parameters, context):
        about = {"unit": "length", "better": "lower", "description": "Length of the mean direction."}
        if cloud.n_features < 3:
            return Findings([Metric.missing("length", "fewer than three features", **about)])
        n, d = cloud.n_features, cloud.d_in
        length = float(np.linalg.norm(cloud.unit_vectors().double().mean(0)))
        law = stats.chi(d, scale=(n * d) ** -0.5)
        reach = parameters.factor * law.std()
        null = NullComparison(model="uniform", mean=law.mean(), pvalue=law.sf(length), alternative="greater")
        interval = Interval(low=length - reach, high=length + reach, method="none that is valid")
        return Findings([Metric(name="length", estimate=length, interval=interval, nulls=(null,), n=n, **about)])

    def planted_example(self, rng):
        return FeatureCloud.from_array(common_mean(100, 8, rng, strength=0.5))

    def null_example(self, rng):
        return FeatureCloud.from_array(isotropic(100, 8, rng))


@pytest.fixture
def sound():
    return Lean


@pytest.fixture
def spoiled():
    """Makes a variant of the sound analysis from what replaces its attributes, or changes its one metric."""

    def make(change=None, **attributes):
        class Spoiled(Lean):
            def analyze(self, cloud, parameters, context):
                findings = super().analyze(cloud, parameters, context)
                changed = change(findings.metrics[0], cloud) if change else None
                return (
                    findings if changed is None else changed if isinstance(changed, Findings) else Findings([changed])
                )

        for name, value in attributes.items():
            setattr(Spoiled, name, value)
        return Spoiled()

    return make
