"""Every public name as its types have it. mypy reads this file (`files` in pyproject.toml); nothing runs it.

`tests/test_public_names.py` sees to it that no name is left out.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import saegeo_core as sg

DECLARED = sg.Declarations(
    row_length=sg.Declared("length", "neither", "Mean length of the rows.", no_interval="a count", no_null="none")
)
BETTER: sg.Better = "neither"


class RowLength(sg.Analysis):
    name = "row-length"
    version = "1"
    headline = "row_length"
    summary = "Mean length of the rows"
    reference = "none"

    def analyze(self, cloud: sg.FeatureCloud, parameters: sg.Parameters, context: sg.AnalysisContext) -> sg.Findings:
        firing: sg.FiringStatistics | None = context.firing
        activations: sg.TextActivations | None = context.activations
        encoder: torch.Tensor | None = context.encoder
        if firing is None and activations is None and encoder is None:
            return DECLARED.findings({"row_length": float(np.mean(cloud.norms))}, n=cloud.n_features)
        metric = sg.Metric(
            name="row_length",
            estimate=1.0,
            interval=sg.Interval(low=0.5, high=1.5, method="jackknife"),
            nulls=(sg.NullComparison(model="unit rows", mean=1.0),),
            n=cloud.n_features,
            unit="length",
            better=BETTER,
            description="Mean length of the rows.",
        )
        figure = sg.Figure(name="lengths", title="Lengths", kind="line", table="lengths", x="row", y=("length",))
        return sg.Findings([metric], {"lengths": pd.DataFrame()}, [figure])

    def cost(self, n_features: int, d_in: int, parameters: sg.Parameters) -> sg.Cost:
        return sg.Cost(multiply_adds=n_features * d_in, n_bytes=0)

    def planted_example(self, rng: np.random.Generator) -> sg.Example:
        return sg.Example(sg.FeatureCloud.from_array(rng.standard_normal((8, 4))))


@sg.hookimpl
def saegeo_register_analyses(register: Callable[[sg.Analysis], None]) -> None:
    register(RowLength())


def measured(plugins: sg.PluginManager) -> sg.Report:
    cloud: sg.FeatureCloud = sg.load_cloud(sg.SaeSpec.parse("minilm-l6:layer_3"), plugins=plugins)
    report = sg.run("row-length", cloud, out="saegeo-results", plugins=plugins)
    sg.ReportStore("saegeo-results").write(report, Path("report.json"))
    metric: sg.Metric = report.metric()
    interval: sg.Interval | sg.Absent = metric.interval
    replicates: sg.Replicates | None = report.replicates()
    frame: pd.DataFrame = report.metrics
    print(report, interval, replicates, frame)
    return report


def compared(report: sg.Report) -> pd.DataFrame:
    reports: sg.Reports = sg.load_reports("saegeo-results")
    first: sg.Report = reports[0]
    rest: sg.Reports = reports[1:]
    page: Path = sg.page([report, "saegeo-results", *rest], "page.html", figures=Path("figures"), figure_format="pdf")
    comparison: sg.Comparison = sg.compare([first, "saegeo-results", page], reference="layer_3", adjust="l0")
    frame: pd.DataFrame = comparison.frame
    return pd.concat([frame, reports.frame, sg.releases("minilm")])


def harvested() -> Mapping[str, sg.FiringStatistics]:
    corpus = sg.CorpusSpec.parse("python-env")
    found: list[sg.Harvested] = sg.harvest(["minilm-l6:layer_3", Path("sae")], model="minilm-l6", corpus=corpus)
    return {one.spec: one.firing for one in found}


def looked_at(folder: Path) -> pd.DataFrame:
    cards: sg.FeatureCards = sg.features("minilm-l6:layer_3", [1, 2], sort="rate", firing=folder)
    found: sg.Matches = sg.match("minilm-l6:layer_3", cards[0].feature, "minilm-l6:seed_1_layer_3")
    return pd.concat([cards.frame, found.frame])


def told(error: sg.SaegeoError) -> str:
    return "input" if isinstance(error, sg.MissingInput) else error.hint


sg.no_such_name()  # type: ignore[attr-defined]
sg.run("row-length", "minilm-l6:layer_3", preset="published")  # type: ignore[arg-type]
sg.compare("minilm-l6:layer_*", plugin=["alignment", "entropy"])
sg.compare(3)  # type: ignore[arg-type]
