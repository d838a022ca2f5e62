"""One analysis on one cloud, from Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.loading import load_cloud
from saegeo_core.plugin.analysis import Analysis
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.progress import Progress, silent
from saegeo_core.report.report import Preset, Report
from saegeo_core.report.store import ReportStore
from saegeo_core.running.analysis_inputs import AnalysisInputs
from saegeo_core.running.configured_analysis import ConfiguredAnalysis
from saegeo_core.running.job import Existing
from saegeo_core.running.model_place import ModelPlace

if TYPE_CHECKING:
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.firing.statistics import FiringStatistics


def run(
    plugin: "str | Analysis",
    cloud: "FeatureCloud | str",
    *,
    parameters: Mapping[str, Any] | None = None,
    preset: Preset = "calibrated",
    seed: int = 0,
    device: str = "auto",
    firing: "FiringStatistics | str | Path | None" = None,
    model: str | None = None,
    layer: int | None = None,
    hook: str | None = None,
    force_model: bool = False,
    out: str | Path | None = None,
    existing: Existing = "reuse",
    progress: Progress = silent,
    plugins: PluginManager | None = None,
) -> Report:
    """Run one analysis on one cloud.

    Args:
        plugin: name of a registered analysis, or an analysis object.
        cloud: a cloud, or what `load_cloud` takes.
        parameters: the analysis's parameters by name; what is not given has the preset's default.
        preset: "calibrated", or "paper" for the published procedure.
        seed: decides every random choice.
        device: "auto", "cpu", "cuda" or "cuda:i".
        firing: firing statistics, or the folder or file that holds them; bundled SAEs bring their own.
        model: a language model, by name or folder, for analyses that read activations.
        layer: read the model after this block, counted from 0, instead of where the SAE reads.
        hook: read the model at this hook instead.
        force_model: read it though the SAE was trained on a model of another name.
        out: folder in which the report is stored; None stores nothing.
        existing: what to do when the folder holds this very report: "reuse" it, "replace" it, or "fail".

    Raises:
        SaegeoError: an unknown analysis or parameter, a missing input, an absent device, a folder that cannot be written.
        Exception: whatever the analysis raises, with a note naming the analysis, its package and the SAE.
    """
    plugins = plugins or PluginManager()
    cloud = load_cloud(cloud, plugins=plugins) if isinstance(cloud, str) else cloud
    configured = ConfiguredAnalysis.configure(plugin, preset, parameters or {}, plugins)
    place = ModelPlace(model, layer, hook, force_model, device).with_device_resolved()
    inputs = AnalysisInputs.open(cloud, [configured], firing=firing, place=place, plugins=plugins)
    job = inputs.job(configured, seed)
    return job.perform(progress) if out is None else job.perform_stored(ReportStore(out), existing, progress).report
