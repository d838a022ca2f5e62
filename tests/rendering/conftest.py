"""A report with everything a report may hold, and a way to see what a renderable looks like."""

import io

import numpy as np
import pandas as pd
import pytest
from pydantic import Field
from rich.console import Console

from saegeo_core import (
    Absent,
    Analysis,
    FeatureCloud,
    Figure,
    Findings,
    Interval,
    Metric,
    NullComparison,
    Parameters,
    run,
)

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
    """What a terminal that is not one (no colors) would show."""

    def see(renderable, width=80):
        stream = io.StringIO()
        Console(file=stream, width=width, markup=True, highlight=True).print(renderable)
        return stream.getvalue()

    return see


HOSTILE_MARKUP = (
    '</script><script>window.broken=1</script><img src="https://example.invalid/x" onerror="window.broken=1">'
    " <b>bold</b> %{x} &amp;"
)


class EveryKind(Analysis):
    """Draws every kind of figure there is, with as many points as asked for; `text` goes wherever a report takes one."""

    class Parameters(Parameters):
        text: str = Field(default="plain", description="What labels, titles and captions say.")
        points: int = Field(default=300, description="Points of the map.")

    name = "every-kind"
    version = "1"
    headline = "share"
    summary = "One figure of every kind"
    reference = "nobody (2024)"

    def analyze(self, cloud, parameters, context):
        text, n, rng = parameters.text, parameters.points, context.rng
        bins = np.linspace(-1, 1, 81)
        histogram = pd.DataFrame(
            {"cosine": bins, "observed": np.exp(-30 * bins**2), "null": np.exp(-50 * bins**2), "none": [None] * 81}
        )
        layers = pd.DataFrame(
            {
                "layer": np.repeat(range(6), 20),
                "rank": np.tile(np.arange(1, 21), 6),
                "eigenvalue": np.concatenate([np.arange(1, 21) ** -(0.5 + 0.1 * i) for i in range(6)]),
            }
        )
        profile = pd.DataFrame({"layer": range(6), "slope": [0.2, 0.3, 0.4, 0.45, 0.3, 0.25]})
        profile["low"], profile["high"] = profile.slope - 0.05, profile.slope + 0.08
        lobes = rng.integers(0, 3, n)
        place = rng.standard_normal((n, 3)) * 0.5 + np.array([[0, 0, 0], [2, 1, 0], [1, -2, 1]])[lobes]
        points = pd.DataFrame(place, columns=["first", "second", "third"]).assign(
            lobe=lobes, phi=rng.uniform(-0.4, 0.9, n), feature=[f"{text} {i}" for i in range(n)], number=np.arange(n)
        )
        subsets = pd.DataFrame({"text": [f"{text} {c}" for c in "abc"], "share": [0.5, 0.3, 0.2]})
        grid = pd.DataFrame(
            [(f"{text} {i}", j, i * j - 2.0) for i in range(4) for j in range(5)], columns=["row", "column", "z"]
        )
        moves = points.head(12).assign(
            to_first=points["first"] + 1,
            to_second=points.second + 0.5,
            word=lambda of: [f"{i} {text}" for i in of.number],
        )
        say = {"caption": f"Caption: {text}", "x_title": text}
        figures = [
            Figure(
                name="steps",
                title=f"Steps {text}",
                kind="step",
                table="histogram",
                x="cosine",
                y=("observed", "null"),
                log_y=True,
                **say,
            ),
            Figure(
                name="lines",
                title="Lines of all layers",
                kind="line",
                table="layers",
                x="rank",
                y=("eigenvalue",),
                color="layer",
                log_x=True,
                log_y=True,
            ),
            Figure(
                name="profile",
                title="Profile",
                kind="line",
                table="profile",
                x="layer",
                y=("slope",),
                low="low",
                high="high",
            ),
            Figure(name="bars", title="Bars", kind="bar", table="subsets", x="text", y=("share",), **say),
            Figure(
                name="map",
                title="Map",
                kind="scatter",
                table="points",
                x="first",
                y=("second",),
                color="lobe",
                hover="feature",
            ),
            Figure(
                name="scaled",
                title="Scaled",
                kind="scatter",
                table="points",
                x="first",
                y=("third",),
                color="phi",
                hover="number",
            ),
            Figure(
                name="space",
                title="Space",
                kind="scatter3d",
                table="points",
                x="first",
                y=("second",),
                z="third",
                color="lobe",
                hover="feature",
            ),
            Figure(name="grid", title="Grid", kind="heatmap", table="grid", x="column", y=("row",), z="z"),
            Figure(
                name="moves",
                title="Moves",
                kind="arrows",
                table="moves",
                x="first",
                y=("second",),
                to_x="to_first",
                to_y="to_second",
                label="word",
                to_label="number",
                color="lobe",
                hover="feature",
            ),
        ]
        tables = {
            "histogram": histogram,
            "layers": layers,
            "profile": profile,
            "points": points,
            "subsets": subsets,
            "grid": grid,
            "moves": moves,
        }
        share = metric(
            "share",
            0.31,
            Interval(low=0.29, high=0.34, method=f"jackknife {text}", replicates=20),
            (
                against(0.2, 0.004, f"null {text}", standard_deviation=0.02, z=5.5, draws=249),
                against(0.25, 0.3, "a second null", draws=99),
            ),
            description=f"Description: {text}",
        )
        bare = metric("count", 3, Absent(f"no interval: {text}"), Absent(f"no null: {text}"), better="lower")
        gone = Metric.missing("gone", f"gone: {text}", unit=text, better="neither", description="Gone.")
        return Findings([bare, share, gone], tables, figures, {}, [f"warning: {text}"])


@pytest.fixture
def every_kind():
    """Makes a report with one figure of every kind, always of the same cloud."""

    def make(text="plain", points=300, name="small"):
        cloud = FeatureCloud.from_array(np.random.default_rng(7).standard_normal((30, 5)).astype("f4"), name=name)
        return run(EveryKind(), cloud, parameters={"text": text, "points": points})

    return make


@pytest.fixture
def hostile_markup():
    return HOSTILE_MARKUP
