"""What a `saegeo run` is going to do. Every mistake that can be known beforehand is found here, before anything is computed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from saegeo_core.cli.messages import complain, say
from saegeo_core.cli.setting import parse_setting
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import MissingInput, SaegeoError, near_matches
from saegeo_core.firing.bundled import has_bundled_firing
from saegeo_core.loading import expand_specs
from saegeo_core.plugin.analysis import INPUTS
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.rendering.numbers import seconds
from saegeo_core.report.report import Preset
from saegeo_core.report.store import ReportStore
from saegeo_core.running.configured_analysis import ConfiguredAnalysis, missing_inputs
from saegeo_core.sweeping.elsewhere import HERE, Elsewhere
from saegeo_core.sweeping.options import RunOptions
from saegeo_core.sweeping.task import NamedAnalysis, Task

DEFAULT_SAE = "minilm-l6:layer_3"
PROVIDED = frozenset({"vectors", "encoder", "firing", "corpus"})
"""What a run can give without further options. Firing comes from --firing or with a bundled SAE, the encoder with most SAEs, text
by a parameter or with the source of activations; jobs without them fail by themselves."""


@dataclass(frozen=True)
class RunPlan:
    """A checked run: every analysis is to measure every SAE.

    Attributes:
        specs: the SAEs.
        analyses: the analyses with their parameters.
        plugins: where they come from, with file formats and sources of activations.
        run_all: whether the analyses are all that can run: one that cannot run on an SAE is then passed over there.
        options: what the user typed, the device resolved where the work is done here.
        elsewhere: where the work is done.
        seeds: of every report, in place of that of the options; empty for that one.
    """

    specs: Sequence[SaeSpec]
    analyses: Sequence[ConfiguredAnalysis]
    plugins: PluginManager
    run_all: bool
    options: RunOptions
    elsewhere: Elsewhere = HERE
    seeds: Sequence[int] = ()

    @property
    def n_reports(self) -> int:
        """How many reports are asked for."""
        return len(self.specs) * len(self.analyses) * max(1, len(self.seeds))

    @property
    def tasks(self) -> list[Task]:
        """What is to be done for each SAE."""
        analyses = tuple(map(NamedAnalysis.of, self.analyses))
        return [
            Task(spec, analyses, replace(self.options, seed=seed), self.run_all)
            for spec in self.specs
            for seed in self.seeds or (self.options.seed,)
        ]

    @property
    def n_stored(self) -> int:
        """How many reports there are by the names of SAE and analysis, whatever their settings."""
        out = Path(self.options.out)
        folders = [out / spec.storage_release / spec.storage_id for spec in self.specs]
        return sum(any(folder.glob(f"{one.name}-*.json")) for folder in folders for one in self.analyses)


def plan_run(
    saes: Sequence[str],
    plugin_names: Sequence[str],
    options: RunOptions,
    *,
    run_all: bool,
    plugins: PluginManager | None,
    elsewhere: Elsewhere = HERE,
    seeds: Sequence[int] = (),
    part: tuple[int, int] = (1, 1),
) -> RunPlan:
    """Check what the user typed. The output folder is made last, so that a hopeless run leaves nothing behind.

    Of the SAEs that are named, the `part[0]`-th of `part[1]` parts is measured.

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
    for plugin in plugins.plugins:
        if plugin.is_slow:
            say(f"slow: {plugin.name} (package {plugin.package}) took {seconds(plugin.seconds)} to load")
    options.place.refuse_unplaced()
    given = {"activations": options.place.model, "unembedding": options.place.model, "labels": options.labels}
    provided = PROVIDED.union(name for name, one in given.items() if one)
    names = _runnable(plugins, options.preset, provided) if run_all else _named(plugins, plugin_names, provided)
    analyses = _with_settings(plugins, names, options, skip_incomplete=run_all)
    if not saes:
        say(f"no SAE was named: measuring {DEFAULT_SAE} of the bundled release")
    specs = expand_specs(list(saes) or [DEFAULT_SAE], plugins)
    specs = specs[part[0] - 1 :: part[1]]
    if not run_all and options.firing is None:
        _refuse_without_firing(analyses, specs)
    if options.labels and len(specs) > 1:
        raise SaegeoError(
            f"--feature-labels names the features of one SAE; {len(specs)} were given", "run them one by one"
        )
    place = options.place.with_device_resolved() if elsewhere.is_here else options.place
    ReportStore(options.out).make_ready()
    return RunPlan(specs, analyses, plugins, run_all, replace(options, place=place), elsewhere, seeds)


def _named(plugins: PluginManager, names: Sequence[str], provided: frozenset[str]) -> list[str]:
    for name in names:
        missing = missing_inputs(plugins.analysis(name), provided)
        if "activations" in missing:
            raise SaegeoError(
                f"{name} needs the activations of a model, and none was named",
                "type --model NAME_OR_PATH, for example --model minilm-l6",
            )
        if missing:
            raise SaegeoError(
                f"{name} needs {' and '.join(missing)}, and none were given",
                "type " + " ".join(INPUTS[one] for one in missing),
            )
    return list(dict.fromkeys(names))


def _refuse_without_firing(analyses: Sequence[ConfiguredAnalysis], specs: Sequence[SaeSpec]) -> None:
    needing = [configured.name for configured in analyses if "firing" in configured.analysis.needs]
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
    plugins: PluginManager, names: Sequence[str], options: RunOptions, *, skip_incomplete: bool
) -> list[ConfiguredAnalysis]:
    given = settings_by_name(names, options.settings)
    configured = []
    for name in names:
        try:
            configured.append(ConfiguredAnalysis.configure(name, options.preset, given[name], plugins))
        except MissingInput as error:
            if not skip_incomplete:
                raise
            say(f"skipped: {error.message}; {error.hint}")
        except SaegeoError as error:
            if given[name] or not skip_incomplete:
                raise
            complain("broken", error, f"{name} (package {plugins.package_of(name)})")
    if not configured:
        raise SaegeoError(
            "no installed analysis can run with what was given", "saegeo plugins show NAME tells what is needed"
        )
    return configured
