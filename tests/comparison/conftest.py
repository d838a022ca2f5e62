"""Reports made of plain numbers, and those of the bundled SAEs."""

import numpy as np
import pytest

from saegeo_core import Absent, Figure, Interval, Metric, NullComparison, Replicates, Report, run
from saegeo_core.report.replicates import as_arrays, told_beside
from saegeo_core.report.report import Table

BUNDLED = [*(f"layer_{i}" for i in range(6)), "l0_64_layer_3", "seed_1_layer_3", "width_768_layer_3"]


def make_metric(name, estimate, half=None, **more):
    """A metric whose interval reaches `half` to either side (or has the given ends), of the normal law."""
    ends = (estimate - half, estimate + half) if isinstance(half, int | float) else half
    given = {
        "interval": Absent("none") if ends is None else Interval(low=ends[0], high=ends[1], method="jackknife"),
        "nulls": Absent("none"),
        "n": 100,
        "unit": "fraction",
        "better": "higher",
        "description": f"What {name} says.",
    }
    return Metric(name=name, estimate=estimate, **(given | more))


@pytest.fixture
def metric():
    """Makes metrics of a name, an estimate and half an interval."""
    return make_metric


@pytest.fixture
def null():
    """Makes nulls of a p-value."""
    return lambda p, mean=0.0: (NullComparison(model="chance", mean=mean, pvalue=p),)


@pytest.fixture
def report():
    """Makes reports of one analysis on one SAE."""

    def make(sae_id="layer_0", estimate=1.0, half=0.1, *, release="release", metrics=None, plugin="one", **more):
        sae = {
            "spec": f"{release}:{sae_id}",
            "release": release,
            "sae_id": sae_id,
            "model": "model",
            "hook_name": "blocks.0.hook_resid_post",
            "d_sae": 64,
            "d_in": 8,
            "l0": 30.0,
            "dtype": "float32",
            "n_features": 64,
            "n_zero_rows": 0,
            "n_duplicate_rows": 0,
            "digest": sae_id + release,
        } | more.get("sae", {})
        analysis = {
            "name": plugin,
            "version": "1",
            "package": "package",
            "preset": "calibrated",
            "headline": "value",
            "summary": "",
            "reference": "",
        } | more.get("analysis", {})
        made = Report(
            analysis=analysis,
            sae=sae,
            inputs=more.get("inputs", {}),
            parameters=more.get("parameters", {"k": 1}),
            seed=more.get("seed", 0),
            environment={"versions": {}, "device": "cpu", "dtype": "float32"},
            created="2024-11-04T00:00:00+00:00",
            duration_seconds=1.0,
            metrics=metrics or [make_metric("value", estimate, half)],
            tables={"curve": Table(columns={"x": [0, 1], "y": [estimate, 2 * estimate], "other": [0, 0]})},
            figures=[Figure(name="curve", title="Curve", kind="line", table="curve", x="x", y=("y", "other"))],
            warnings=[],
        )
        if "replicates" in more:
            values, key = more["replicates"]
            kept = [Replicates("value", np.asarray(values), 1.0, key)]
            told = told_beside(made.measured, kept)
            made = made.model_copy(update={"measured": told}).with_arrays(as_arrays(kept))
        return made

    return make


@pytest.fixture
def saying(report):
    """Makes reports with these tables, each a mapping of columns."""

    def make(
        plugin="one", *, preset="calibrated", seed=0, parameters=None, created="2026-01-01T00:00:00+00:00", **tables
    ):
        made = report(plugin=plugin, seed=seed, parameters=parameters or {"k": 1}, analysis={"preset": preset})
        columns = {name: Table(columns=one) for name, one in tables.items()}
        return made.model_copy(update={"tables": columns, "figures": (), "created": created})

    return make


@pytest.fixture(scope="session")
def bundled():
    """A report of every bundled SAE, by its id."""
    return {sae_id: run("cosine-tails", f"minilm-l6:{sae_id}", device="cpu") for sae_id in BUNDLED}
