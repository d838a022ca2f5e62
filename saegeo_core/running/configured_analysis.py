"""An analysis as it is to be run, and what it asks of a run."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from saegeo_core.plugin.analysis import Analysis, Parameters, resolve_parameters
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.report.report import Preset


@dataclass(frozen=True)
class ConfiguredAnalysis:
    """An analysis, the package it is written in, its preset, and its parameters as they come of preset and user."""

    analysis: Analysis
    package: str
    preset: Preset
    parameters: Parameters

    @classmethod
    def configure(
        cls, plugin: str | Analysis, preset: Preset, settings: Mapping[str, Any], plugins: PluginManager
    ) -> "ConfiguredAnalysis":
        """An analysis by its name among the plugins, or as an object, with the parameters that the user set.

        Raises:
            SaegeoError: an unknown analysis, preset or parameter, or a value that will not do.
            MissingInput: nothing was given for a parameter without a default.
        """
        if isinstance(plugin, str):
            analysis, package = plugins.analysis(plugin), plugins.package_of(plugin)
        else:
            analysis, package = plugin, type(plugin).__module__.partition(".")[0]
        return cls(analysis, package, preset, resolve_parameters(analysis, preset, settings))

    @property
    def name(self) -> str:
        """The analysis's name."""
        return self.analysis.name

    @property
    def reads(self) -> frozenset[str]:
        """What it needs, and what it takes where it is given."""
        return self.analysis.needs | self.analysis.used(self.parameters)


def missing_inputs(analysis: Analysis, available: Set[str]) -> list[str]:
    """What the analysis needs and is not available."""
    return sorted(analysis.needs - available)
