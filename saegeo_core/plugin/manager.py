"""Finds plugins, loads them one by one, and remembers what went wrong with each.

Built-in plugins come through the same entry points as a stranger's. One that fails to load, or registers something
unusable, never stops the others: its failure is kept and shown.
"""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pluggy

from saegeo_core.contained import contained
from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.plugin import hookspecs

if TYPE_CHECKING:
    from saegeo_core.activations.source_kind import SourceKind
    from saegeo_core.corpora.corpus_kind import CorpusKind
    from saegeo_core.loading.file_format import FileFormat
    from saegeo_core.plugin.analysis import Analysis
    from saegeo_core.sweeping.executor import ExecutorKind

GROUP = "saegeo"
DISABLED = "SAEGEO_DISABLED_PLUGINS"
SLOW_SECONDS = 1.0
ANALYSIS = ("name", "version", "needs", "uses", "headline", "summary", "reference", "Parameters", "presets", "analyze")
FORMAT = ("name", "summary", "recognises", "read")
SOURCE = CORPUS = EXECUTOR = ("name", "summary", "open")
NAME = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*")
TEXTS = {"name", "version", "headline", "summary", "reference"}


@dataclass
class Plugin:
    """One entry point: where it comes from, what it brings, how long its import took, and what went wrong, if anything did."""

    name: str
    package: str
    version: str
    seconds: float = 0.0
    error: str | None = None
    disabled: bool = False
    analyses: "list[Analysis]" = field(default_factory=list)
    formats: "list[FileFormat]" = field(default_factory=list)
    sources: "list[SourceKind]" = field(default_factory=list)
    corpora: "list[CorpusKind]" = field(default_factory=list)
    executors: "list[ExecutorKind]" = field(default_factory=list)

    @property
    def is_slow(self) -> bool:
        """Whether loading it took longer than a registration should."""
        return self.seconds > SLOW_SECONDS


class PluginManager:
    """The plugins of one process. Make a fresh one for each test; the command line makes one."""

    def __init__(self, found: Iterable[EntryPoint] | None = None, disabled: str | None = None) -> None:
        """`found` defaults to the installed entry points, `disabled` (comma-separated) to the environment variable."""
        self.plugins: list[Plugin] = []
        self._pluggy = pluggy.PluginManager(GROUP)
        self._pluggy.add_hookspecs(hookspecs)
        switched_off = {
            name.strip() for name in (os.environ.get(DISABLED, "") if disabled is None else disabled).split(",")
        }
        for entry_point in _distinct(entry_points(group=GROUP) if found is None else found):
            self._load(entry_point, switched_off)

    def _load(self, entry_point: EntryPoint, switched_off: set[str]) -> None:
        package = entry_point.dist.name if entry_point.dist else entry_point.module.partition(".")[0]
        plugin = Plugin(entry_point.name, package, entry_point.dist.version if entry_point.dist else "unknown")
        self.plugins.append(plugin)
        if {plugin.name, package} & switched_off:
            plugin.disabled = True
            return
        started = time.perf_counter()
        try:
            with contained(), _staying_here():
                self._register(entry_point.load(), plugin)
        except Exception as error:  # a stranger's code may fail in any way; it is shown, and the rest go on
            plugin.error = f"{type(error).__name__}: {error}"
            plugin.analyses, plugin.formats, plugin.sources, plugin.corpora, plugin.executors = [], [], [], [], []
        plugin.seconds = time.perf_counter() - started

    def _register(self, module: Any, plugin: Plugin) -> None:
        self._pluggy.register(module, name=f"{plugin.package}:{plugin.name}")
        try:
            self._pluggy.check_pending()
            if not self._pluggy.get_hookcallers(module):
                raise SaegeoError(f"{plugin.name} has no hook implementation: did you forget @hookimpl?")
            # Each plugin is called by itself, so that what it registers is known to be its own.
            others = [other for other in self._pluggy.get_plugins() if other is not module]
            for hook, collected, attributes in (
                ("saegeo_register_analyses", cast("list[Any]", plugin.analyses), ANALYSIS),
                ("saegeo_register_loaders", cast("list[Any]", plugin.formats), FORMAT),
                ("saegeo_register_sources", cast("list[Any]", plugin.sources), SOURCE),
                ("saegeo_register_corpora", cast("list[Any]", plugin.corpora), CORPUS),
                ("saegeo_register_executors", cast("list[Any]", plugin.executors), EXECUTOR),
            ):
                self._pluggy.subset_hook_caller(hook, others)(register=_collector(collected, attributes))
        except BaseException:
            self._pluggy.unregister(module)
            raise

    @property
    def analysis_names(self) -> list[str]:
        """Every name under which an analysis was registered, sorted."""
        return sorted({analysis.name for plugin in self.plugins for analysis in plugin.analyses})

    @property
    def formats(self) -> "list[FileFormat]":
        """Every file format, in the order of registration."""
        return [file_format for plugin in self.plugins for file_format in plugin.formats]

    def package_of_format(self, file_format: "FileFormat") -> str:
        """The distribution that registered the file format."""
        return next(plugin.package for plugin in self.plugins if file_format in plugin.formats)

    @property
    def sources(self) -> "list[SourceKind]":
        """Every way of getting activations, in the order of registration."""
        return [kind for plugin in self.plugins for kind in plugin.sources]

    @property
    def corpora(self) -> "list[CorpusKind]":
        """Every way of getting text that a plugin brings, in the order of registration."""
        return [kind for plugin in self.plugins for kind in plugin.corpora]

    @property
    def executors(self) -> "list[ExecutorKind]":
        """Every place that SAEs can be measured in, in the order of registration."""
        return [kind for plugin in self.plugins for kind in plugin.executors]

    def analysis(self, name: str) -> "Analysis":
        """The analysis of that name.

        Raises:
            SaegeoError: unknown (near matches are named, or why the plugin of that name is missing), or registered twice.
        """
        return self._owner(name)[1]

    def package_of(self, name: str) -> str:
        """The distribution that registered the analysis of that name."""
        return self._owner(name)[0]

    def _owner(self, name: str) -> "tuple[str, Analysis]":
        found = [
            (plugin.package, analysis)
            for plugin in self.plugins
            for analysis in plugin.analyses
            if analysis.name == name
        ]
        if len(found) > 1:
            packages = " and ".join(package for package, _ in found)
            raise SaegeoError(
                f"the analysis {name!r} is registered by {packages}",
                f"switch one of them off: {DISABLED}={found[-1][0]}",
            )
        if found:
            return found[0]
        for plugin in self.plugins:
            if name in (plugin.name, plugin.package) and (plugin.error or plugin.disabled):
                why = f"failed to load: {plugin.error}" if plugin.error else f"is switched off by {DISABLED}"
                raise SaegeoError(
                    f"plugin {plugin.name} of package {plugin.package} {why}", "saegeo plugins shows all plugins"
                )
        is_format = name in [one.name for one in self.formats]
        if is_format or name in [one.name for one in self.sources]:
            what = "file format" if is_format else "source of activations"
            raise SaegeoError(
                f"{name} is a {what}, not an analysis", "saegeo plugins lists both; its package has tests of its own"
            )
        raise SaegeoError(f"there is no analysis {name!r}", near_matches(name, self.analysis_names))


@contextmanager
def _staying_here() -> Iterator[None]:
    """Go back where a plugin led away from, and raise RuntimeError for it: paths as the user typed them lie there no more."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # somebody removed it: there is no way back
        yield
        return
    try:
        yield
    finally:
        there = Path.cwd()
        os.chdir(here)
    if there != here:
        raise RuntimeError(f"it changed the working directory to {there}")


def _distinct(found: Iterable[EntryPoint]) -> list[EntryPoint]:
    """An editable install may list its entry points twice."""
    return list({(point.name, point.value): point for point in found}.values())


def _collector(collected: list[Any], attributes: tuple[str, ...]) -> Callable[[Any], None]:
    """The `register` callback of one plugin: keeps what is complete and refuses the rest by name."""

    def register(thing: Any) -> None:
        if isinstance(thing, type):
            raise TypeError(f"the class {thing.__name__} was registered; register an instance, {thing.__name__}()")
        missing = [attribute for attribute in attributes if not hasattr(thing, attribute)]
        if missing:
            raise TypeError(f"{type(thing).__name__} was registered without {', '.join(missing)}")
        for attribute in set(attributes) & TEXTS:
            if not isinstance(getattr(thing, attribute), str):
                raise TypeError(f"{attribute} of {type(thing).__name__} is no text: {getattr(thing, attribute)!r}")
        if attributes is ANALYSIS:
            _refuse_unfit(thing)
        collected.append(thing)

    return register


def _refuse_unfit(analysis: Any) -> None:
    """An analysis that would fail later, or make the list of all of them fail, is refused now."""
    from saegeo_core.plugin.analysis import INPUTS, INVARIANCES, Parameters

    if not NAME.fullmatch(analysis.name):
        raise TypeError(f"an analysis is called {analysis.name!r}; write letters and digits, joined by hyphens")
    _refuse_other_than("needs", analysis, tuple(INPUTS))
    _refuse_other_than("uses", analysis, tuple(INPUTS))
    _refuse_other_than("invariances", analysis, tuple(INVARIANCES))
    if not (isinstance(analysis.Parameters, type) and issubclass(analysis.Parameters, Parameters)):
        raise TypeError(f"Parameters of {analysis.name} is no subclass of saegeo_core.Parameters")
    if not isinstance(analysis.presets, Mapping) or not callable(analysis.analyze):
        raise TypeError(f"presets of {analysis.name} must be a mapping, and analyze a method")
    for preset, values in analysis.presets.items():
        _refuse_unfit_preset(analysis, preset, values)


def _refuse_other_than(attribute: str, analysis: Any, known: tuple[str, ...]) -> None:
    given: Any = getattr(analysis, attribute, frozenset())
    if not isinstance(given, frozenset | set):
        raise TypeError(
            f"{attribute} of {analysis.name} is a {type(given).__name__}; write frozenset({{{known[0]!r}}})"
        )
    if unknown := sorted(map(str, given - set(known))):
        raise TypeError(f"{analysis.name} {attribute} {', '.join(unknown)}; there is {', '.join(known)}")


def _refuse_unfit_preset(analysis: Any, preset: str, values: Any) -> None:
    """Its parameters must be made with it, but for those that a user has to give."""
    from pydantic import ValidationError

    unknown = sorted(map(str, set(values) - set(analysis.Parameters.model_fields)))
    if unknown:
        raise TypeError(
            f"the preset {preset} of {analysis.name} sets {', '.join(unknown)}, which is no parameter of it"
        )
    try:
        analysis.Parameters(**values)
    except ValidationError as error:
        wrong = next((one for one in error.errors() if one["type"] != "missing"), None)
        if wrong is not None:
            key = ".".join(map(str, wrong["loc"]))
            raise TypeError(f"the preset {preset} of {analysis.name} is none: {key}: {wrong['msg']}") from None
