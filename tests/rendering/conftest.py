"""A report with everything a report may hold, and a way to see what a renderable looks like."""

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from saegeo_core import Absent, Analysis, FeatureCloud, Figure, Findings, Interval, Metric, NullComparison, run

HOSTILE = "[red]\x1b[31mred\x1b]0;title\x07\r\n\u202eevil"
EXACT = "uniform directions"
MATCHED = "angular Gaussian of equal covariance"


def metric(name, estimate, interval, nulls, **changes):
    given = {
        "n": 1178880,
        "unit": "fraction",
        "better": "neither",
        "description": f"What {name} says.",
    }
    return Metric(name=name, estimate=estimate, interval=interval, nulls=nulls, **(given | changes))


def against(mean, p, model=EXACT, **more):
    return NullComparison(model=model, mean=mean, pvalue=p, **more)


class Everything(Analysis):
    name = "everything"
    version = "7"
    headline = "tail_fraction"
    summary = "All that a report may hold"
    reference = "nobody (2024)"

    def analyze(self, cloud, parameters, context):
        metrics = [
            metric(
                "tail_fraction_negative",
                1.506e-6,
                Interval(low=1.476e-6, high=1.536e-6, method="jackknife"),
                (against(1.5e-6, 0.44),),
            ),
            metric(
                "tail_fraction",
                3.4232e-3,
                Interval(low=3.322e-3, high=3.5244e-3, method="jackknife", replicates=20),
                (
                    against(1e-6, 0.0, standard_deviation=1e-7, z=35.1),
                    against(1.2e-3, 0.005, MATCHED, draws=199, alternative="greater"),
                ),
            ),
            metric("max_cosine", 0.98231234, Absent("extremes have none"), (against(0.3123, 1e-12),)),
            metric("duplicate_features", 2, Absent("an exact count"), Absent("none is expected"), better="lower"),
            Metric.missing("nearest", "too few features", unit="cosine", better="neither", description="Nearest."),
        ]
        x = np.linspace(-1, 1, 201)
        histogram = pd.DataFrame({"cosine": x, "observed": np.exp(-(x**2) * 10), "null": np.exp(-(x**2) * 1000)})
        wide = pd.DataFrame({f"column_{i}": [i / 7, None] for i in range(30)} | {"label": [HOSTILE, "b" * 90]})
        figures = [
            Figure(
                name="hist", title="Cosines", kind="step", table="hist", x="cosine", y=("observed", "null"), log_y=True
            ),
            Figure(name="cloud", title="A cloud", kind="scatter", table="hist", x="cosine", y=("observed",)),
        ]
        return Findings(metrics, {"hist": histogram, "wide": wide}, figures, {}, [f"mind {HOSTILE} this"])


@pytest.fixture
def report(rng):
    cloud = FeatureCloud.from_array(rng.standard_normal((30, 5)).astype("f4"), name=HOSTILE)
    return run(Everything(), cloud)


@pytest.fixture
def seen():
    """What a terminal that is not one (no colours) would show."""

    def see(renderable, width=80):
        stream = io.StringIO()
        Console(file=stream, width=width, markup=True, highlight=True).print(renderable)
        return stream.getvalue()

    return see
