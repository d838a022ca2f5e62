"""saegeo measures the geometry of sparse-autoencoder features. The public names, each loaded when first used."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from saegeo_core.activations.text_activations import TextActivations
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.cloud.spec import SaeSpec
    from saegeo_core.comparison import Comparison, compare
    from saegeo_core.corpora.spec import CorpusSpec
    from saegeo_core.errors import MissingInput, SaegeoError
    from saegeo_core.firing.statistics import FiringStatistics
    from saegeo_core.harvesting.finished import Harvested
    from saegeo_core.inspecting.feature_cards import FeatureCards
    from saegeo_core.inspecting.features import features
    from saegeo_core.inspecting.matching import Matches, match
    from saegeo_core.loading import load_cloud
    from saegeo_core.loading.releases import releases
    from saegeo_core.measuring.declaration import Declarations, Declared
    from saegeo_core.plugin.analysis import Analysis, AnalysisContext, Cost, Example, Parameters
    from saegeo_core.plugin.hookspecs import hookimpl
    from saegeo_core.plugin.manager import PluginManager
    from saegeo_core.rendering.export import page
    from saegeo_core.report.findings import Figure, Findings
    from saegeo_core.report.metric import Absent, Better, Interval, Metric, NullComparison
    from saegeo_core.report.replicates import Replicates
    from saegeo_core.report.report import Report
    from saegeo_core.report.reports import Reports, load_reports
    from saegeo_core.report.store import ReportStore
    from saegeo_core.running.harvest import harvest
    from saegeo_core.running.run import run

# Importing a name may cost seconds (torch, pandas), so none is imported before it is asked for.
_HOME = {
    "Absent": "report.metric",
    "Analysis": "plugin.analysis",
    "AnalysisContext": "plugin.analysis",
    "Better": "report.metric",
    "Comparison": "comparison",
    "CorpusSpec": "corpora.spec",
    "Cost": "plugin.analysis",
    "Declarations": "measuring.declaration",
    "Declared": "measuring.declaration",
    "Example": "plugin.analysis",
    "FeatureCards": "inspecting.feature_cards",
    "FeatureCloud": "cloud.feature_cloud",
    "Figure": "report.findings",
    "Findings": "report.findings",
    "FiringStatistics": "firing.statistics",
    "Harvested": "harvesting.finished",
    "Interval": "report.metric",
    "Matches": "inspecting.matching",
    "Metric": "report.metric",
    "MissingInput": "errors",
    "NullComparison": "report.metric",
    "Parameters": "plugin.analysis",
    "PluginManager": "plugin.manager",
    "Replicates": "report.replicates",
    "Report": "report.report",
    "ReportStore": "report.store",
    "Reports": "report.reports",
    "SaeSpec": "cloud.spec",
    "SaegeoError": "errors",
    "TextActivations": "activations.text_activations",
    "compare": "comparison",
    "features": "inspecting.features",
    "harvest": "running.harvest",
    "hookimpl": "plugin.hookspecs",
    "load_cloud": "loading",
    "load_reports": "report.reports",
    "match": "inspecting.matching",
    "page": "rendering.export",
    "releases": "loading.releases",
    "run": "running.run",
}

__all__ = [
    "Absent",
    "Analysis",
    "AnalysisContext",
    "Better",
    "Comparison",
    "CorpusSpec",
    "Cost",
    "Declarations",
    "Declared",
    "Example",
    "FeatureCards",
    "FeatureCloud",
    "Figure",
    "Findings",
    "FiringStatistics",
    "Harvested",
    "Interval",
    "Matches",
    "Metric",
    "MissingInput",
    "NullComparison",
    "Parameters",
    "PluginManager",
    "Replicates",
    "Report",
    "ReportStore",
    "Reports",
    "SaeSpec",
    "SaegeoError",
    "TextActivations",
    "compare",
    "features",
    "harvest",
    "hookimpl",
    "load_cloud",
    "load_reports",
    "match",
    "page",
    "releases",
    "run",
]


if not TYPE_CHECKING:  # a type checker sees the imports above, and that there is nothing else

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"saegeo_core has no public name {name!r}; it has {', '.join(__all__)}")
        return getattr(importlib.import_module(f"saegeo_core.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
