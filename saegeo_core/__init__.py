"""saegeo measures the geometry of sparse-autoencoder features. The public names, each loaded when first used."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from saegeo_core.analysis import Analysis, AnalysisContext, Example, Parameters
    from saegeo_core.comparison import Comparison, compare
    from saegeo_core.described import Described, Descriptions
    from saegeo_core.errors import MissingInput, SaegeoError
    from saegeo_core.feature_cloud import FeatureCloud
    from saegeo_core.findings import Figure, Findings
    from saegeo_core.firing_statistics import FiringStatistics
    from saegeo_core.harvest.text_activations import TextActivations
    from saegeo_core.hookspecs import hookimpl
    from saegeo_core.loading import load_cloud
    from saegeo_core.metric import Absent, Better, Interval, Metric, NullComparison
    from saegeo_core.plugin_manager import PluginManager
    from saegeo_core.replicates import Replicates
    from saegeo_core.report import Report
    from saegeo_core.report_store import ReportStore
    from saegeo_core.runner import run
    from saegeo_core.sae_spec import SaeSpec

# Importing a name may cost seconds (torch, pandas), so none is imported before it is asked for.
_HOME = {
    "Absent": "metric",
    "Analysis": "analysis",
    "AnalysisContext": "analysis",
    "Better": "metric",
    "Comparison": "comparison",
    "Described": "described",
    "Descriptions": "described",
    "Example": "analysis",
    "FeatureCloud": "feature_cloud",
    "Figure": "findings",
    "Findings": "findings",
    "FiringStatistics": "firing_statistics",
    "Interval": "metric",
    "Metric": "metric",
    "MissingInput": "errors",
    "NullComparison": "metric",
    "Parameters": "analysis",
    "PluginManager": "plugin_manager",
    "Replicates": "replicates",
    "Report": "report",
    "ReportStore": "report_store",
    "SaeSpec": "sae_spec",
    "SaegeoError": "errors",
    "TextActivations": "harvest.text_activations",
    "compare": "comparison",
    "hookimpl": "hookspecs",
    "load_cloud": "loading",
    "run": "runner",
}

__all__ = [
    "Absent",
    "Analysis",
    "AnalysisContext",
    "Better",
    "Comparison",
    "Described",
    "Descriptions",
    "Example",
    "FeatureCloud",
    "Figure",
    "Findings",
    "FiringStatistics",
    "Interval",
    "Metric",
    "MissingInput",
    "NullComparison",
    "Parameters",
    "PluginManager",
    "Replicates",
    "Report",
    "ReportStore",
    "SaeSpec",
    "SaegeoError",
    "TextActivations",
    "compare",
    "hookimpl",
    "load_cloud",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"saegeo_core has no public name {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(f"saegeo_core.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
