"""What a `saegeo run` is going to do. Every mistake that can be known beforehand is found here, before anything is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from saegeo_core.cli.messages import complain, say
from saegeo_core.cli.setting import parse_setting
from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import MissingInput, SaegeoError, near_matches
from saegeo_core.firing.bundled import has_bundled_firing
from saegeo_core.loading import expand_specs
from saegeo_core.loading.file_format import Layout
from saegeo_core.plugin.analysis import Analysis, Parameters, resolve_parameters
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.report.report import Preset
from saegeo_core.report.store import ReportStore
from saegeo_core.running.runner import (
    Existing,
    missing_inputs,
    refuse_unplaced_model,
    resolve_device,
    takes_activations,
)

DEFAULT_SAE = "minilm-l6:layer_3"
PROVIDED = frozenset({"vectors", "firing"})
"""What a run without --model can give. Firing comes from --firing or with a bundled SAE; cells without it fail by themselves."""


@dataclass(frozen=True)
class PlannedAnalysis:
    """An analysis of this run: what the user set, as given, and the parameters that come of it."""

    analysis: Analysis
    package: str
    settings: Mapping[str, str]
    parameters: Parameters

    @property
    def name(self) -> str:
        """The analysis's name."""
        return self.analysis.name


@dataclass(frozen=True)
class RunPlan:
    """A checked run: every analysis is to measure every SAE."""

    specs: Sequence[SaeSpec]
    analyses: Sequence[PlannedAnalysis]
    plugins: PluginManager
    preset: Preset
    rows: Rows
    layout: Layout | None
    labels: Path | None
    firing: Path | None
    model: str | None
    layer: int | None
    hook: str | None
    force_model: bool
    run_all: bool
    seed: int
    device: str
    out: str
    existing: Existing

    @property
    def wants_firing(self) -> bool:
        """Whether any analysis needs firing statistics."""
        return any("firing" in planned.analysis.needs for planned in self.analyses)

    @property
    def wants_activations(self) -> bool:
        """Whether any analysis reads a model."""
        return any(takes_activations(planned.analysis) for planned in self.analyses)

    @property
    def n_cells(self) -> int:
        """How many reports are asked for."""
        return len(self.specs) * len(self.analyses)


def plan_run(
    *,
    saes: Sequence[str],
    plugin_names: Sequence[str],
    run_all: bool,
    settings: Sequence[str],
    plugins: PluginManager | None,
    preset: Preset,
    rows: Rows,
    layout: Layout | None,
    labels: Path | None,
    firing: Path | None,
    model: str | None,
    layer: int | None,
    hook: str | None,
    force_model: bool,
    seed: int,
    device: str,
    out: str,
    existing: Existing,
) -> RunPlan:
    """Check what the user typed. The output folder is made last, so that a hopeless run leaves nothing behind.

    Raises:
        SaegeoError: no analysis, or an unknown one, or one whose inputs are missing; a setting that is unknown or ill-typed;
            an SAE that is not there; a place in no model; a device this machine does not have; an output folder that cannot
            be written.
    """
    if run_all == bool(plugin_names):
        raise SaegeoError(
            "--plugin and --all exclude each other" if run_all else "no analysis was named",
            "type --plugin NAME for one, --all for every one; saegeo plugins lists them",
        )
    plugins = plugins or PluginManager()
    refuse_unplaced_model(model, layer, hook)
    provided = PROVIDED | {"activations"} if model else PROVIDED
    names = _runnable(plugins, preset, provided) if run_all else _named(plugins, plugin_names, provided)
    analyses = _with_settings(plugins, names, settings, preset, skip_incomplete=run_all)
    if not saes:
        say(f"no SAE was named: measuring {DEFAULT_SAE} of the bundled release")
    specs = expand_specs(list(saes) or [DEFAULT_SAE])
    if not run_all and firing is None:
        _refuse_without_firing(analyses, specs)
    if labels and len(specs) > 1:
        raise SaegeoError(
            f"--feature-labels names the features of one SAE; {len(specs)} were given", "run them one by one"
        )
    device = resolve_device(device)
    ReportStore(out).make_ready()
    return RunPlan(
        specs=specs,
        analyses=analyses,
        plugins=plugins,
        preset=preset,
        rows=rows,
        layout=layout,
        labels=labels,
        firing=firing,
        model=model,
        layer=layer,
        hook=hook,
        force_model=force_model,
        run_all=run_all,
        seed=seed,
        device=device,
        out=out,
        existing=existing,
    )


def _named(plugins: PluginManager, names: Sequence[str], provided: frozenset[str]) -> list[str]:
    for name in names:
        missing = missing_inputs(plugins.analysis(name), provided)
        if missing == ["activations"]:
            raise SaegeoError(
                f"{name} needs the activations of a model, and none was named",
                "type --model NAME_OR_PATH, for example --model minilm-l6",
            )
        if missing:
            raise SaegeoError(
                f"{name} needs {' and '.join(missing)}, which saegeo run cannot give it",
                "saegeo plugins shows what each analysis needs",
            )
    return list(dict.fromkeys(names))


def _refuse_without_firing(analyses: Sequence[PlannedAnalysis], specs: Sequence[SaeSpec]) -> None:
    needing = [planned.name for planned in analyses if "firing" in planned.analysis.needs]
    without = [spec for spec in specs if not has_bundled_firing(spec.storage_release, spec.storage_id)]
    if needing and without:
        raise SaegeoError(
            f"{needing[0]} needs firing statistics, and none were given for {without[0]}",
            f"type saegeo harvest {without[0]} --model MODEL --corpus TEXT, then --firing with its folder",
        )


def _runnable(plugins: PluginManager, preset: Preset, provided: frozenset[str]) -> list[str]:
    """Every analysis that can run; why the others cannot is said, and stops nobody."""
    for plugin in plugins.plugins:
        if plugin.error:
            say(f"broken: {plugin.name} (package {plugin.package}): {plugin.error}")
    names = []
    for name in plugins.analysis_names:
        try:
            analysis = plugins.analysis(name)
        except SaegeoError as error:
            complain("broken", error)
            continue
        missing = missing_inputs(analysis, provided)
        if missing:
            say(f"skipped: {name} (needs {' and '.join(missing)})")
        elif preset not in analysis.presets:
            say(f"skipped: {name} (has no preset {preset})")
        else:
            names.append(name)
    if not names:
        raise SaegeoError(
            "no installed analysis can run", "saegeo plugins shows what is installed and what each one needs"
        )
    return names


def settings_by_name(names: Sequence[str], settings: Sequence[str]) -> dict[str, dict[str, str]]:
    """Of each analysis, the parameters that `NAME.KEY=VALUE` settings give it, as text.

    Raises:
        SaegeoError: a setting that is malformed, of an analysis not named, or given twice.
    """
    given: dict[str, dict[str, str]] = {name: {} for name in names}
    for setting in settings:
        name, key, value = parse_setting(setting)
        if name not in given:
            raise SaegeoError(f"--set {setting}: {name!r} is not in this run", near_matches(name, list(names)))
        if key in given[name]:
            raise SaegeoError(f"{name}.{key} is set twice: to {given[name][key]!r} and to {value!r}", "set it once")
        given[name][key] = value
    return given


def _with_settings(
    plugins: PluginManager,
    names: Sequence[str],
    settings: Sequence[str],
    preset: Preset,
    *,
    skip_incomplete: bool = False,
) -> list[PlannedAnalysis]:
    given = settings_by_name(names, settings)
    planned = []
    for name in names:
        try:
            planned.append(_planned(plugins, name, given[name], preset))
        except MissingInput as error:
            if not skip_incomplete:
                raise
            say(f"skipped: {name} ({error.message}; {error.hint})")
    if not planned:
        raise SaegeoError(
            "no installed analysis can run with what was given", "saegeo plugins show NAME tells what is needed"
        )
    return planned


def _planned(plugins: PluginManager, name: str, settings: Mapping[str, str], preset: Preset) -> PlannedAnalysis:
    analysis = plugins.analysis(name)
    return PlannedAnalysis(analysis, plugins.package_of(name), settings, resolve_parameters(analysis, preset, settings))
