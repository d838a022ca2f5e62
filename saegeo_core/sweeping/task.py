"""The unit of a sweep: one SAE with all its analyses, so that its decoder is read once.

What a task makes are reports, each named by a digest of what decides its numbers and written whole or not at all. So a task may be
done again, by whomever, at any time: what is stored is not computed again, and nothing is counted twice.
"""

import functools
import io
from collections.abc import Collection, Iterator, Mapping, Set
from contextlib import AbstractContextManager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.cloud.sent_cloud import SentCloud, SentTensor
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import MissingInput
from saegeo_core.full_disk import NoRoom
from saegeo_core.loading import load_cloud, load_encoder
from saegeo_core.loading.feature_choice import chosen_features
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.progress import Progress, silent
from saegeo_core.report.store import ReportStore
from saegeo_core.running.analysis_inputs import AnalysisInputs
from saegeo_core.running.configured_analysis import ConfiguredAnalysis
from saegeo_core.running.job import Job
from saegeo_core.sweeping.beside import found_beside
from saegeo_core.sweeping.executor import Found
from saegeo_core.sweeping.options import RunOptions
from saegeo_core.sweeping.outcomes import Failed, Outcome, Skipped, Stored

LOG_CHARACTERS = 20_000


class Watched:
    """Told of what is about to be done; what is entered shows how far its loops have come. This one shows nothing."""

    def loading(self, spec: SaeSpec) -> AbstractContextManager[Progress]:  # noqa: ARG002
        """An SAE is about to be loaded."""
        return nullcontext(silent)

    def computing(self, job: Job) -> AbstractContextManager[Progress]:  # noqa: ARG002
        """A job is about to be computed."""
        return nullcontext(silent)


UNWATCHED = Watched()


@dataclass(frozen=True)
class NamedAnalysis:
    """An analysis as it can be told to another process: its name, and all its parameters as plain JSON values."""

    name: str
    parameters: Mapping[str, Any]

    @classmethod
    def of(cls, configured: ConfiguredAnalysis) -> "NamedAnalysis":
        """The name and parameters of an analysis about to be run."""
        return cls(configured.name, configured.parameters.model_dump(mode="json"))


@dataclass(frozen=True)
class SentSae:
    """An SAE as bytes, with its encoder where an analysis reads it and there is one. On Ray it lies in the object store."""

    cloud: SentCloud
    encoder: SentTensor | None


@dataclass(frozen=True)
class Task:
    """One SAE and what is to be measured on it.

    Attributes:
        spec: the SAE.
        analyses: what measures it.
        options: how, and where reports are stored. The device is resolved where the task is done.
        skip_incomplete: whether the analyses are all that can run: one whose inputs are missing is then passed over.
        sent: the SAE itself, for a worker that cannot read it.
    """

    spec: SaeSpec
    analyses: tuple[NamedAnalysis, ...]
    options: RunOptions
    skip_incomplete: bool = False
    sent: "SentSae | None" = None

    def only(self, names: Set[str | None]) -> "Task":
        """The task with these analyses alone; with all of them where None is among the names, as for a failure of the whole SAE."""
        if None in names:
            return self
        return replace(self, analyses=tuple(named for named in self.analyses if named.name in names))

    def without(self, names: Collection[str | None]) -> "Task":
        """The task without these analyses; without any where None is among the names."""
        left = {named.name for named in self.analyses if named.name not in names}
        return replace(self, analyses=()) if None in names else self.only(left)

    @property
    def folder(self) -> Path:
        """Where reports are stored; see `Work`."""
        return Path(self.options.out)

    def with_sae(self) -> "Task":
        """The task with its SAE, read in this process, for a worker that has it not.

        Raises:
            SaegeoError: it cannot be read here either.
        """
        plugins = _plugins()
        cloud = self.load(plugins)
        analyses = [self._configured(named, plugins) for named in self.analyses]
        is_read = any("encoder" in one.reads for one in analyses)
        encoder = load_encoder(cloud, layout=self.options.layout, plugins=plugins) if is_read else None
        return replace(self, sent=SentSae(SentCloud.of(cloud), None if encoder is None else SentTensor.of(encoder)))

    def done(self, common: Any = None) -> list[Outcome] | NoRoom:  # noqa: ARG002
        """Measure the SAE in a worker; see `Work`. Reports lie on disk and are not sent; what was printed goes with what failed."""
        said, outcomes = io.StringIO(), list[Outcome]()
        with redirect_stdout(said), redirect_stderr(said):
            for outcome in self.perform(_plugins()):
                if isinstance(outcome, Failed) and outcome.no_room is not None:
                    return outcome.no_room
                outcomes.append(outcome)
        log = said.getvalue()[-LOG_CHARACTERS:]
        return [_to_send(outcome, log) for outcome in outcomes]

    def found(self) -> dict[str, Found]:
        """What this process finds of what is named beside the SAE; see `Work`."""
        analyses = {named.name: named.parameters for named in self.analyses}
        return found_beside(self.spec, analyses, self.options, _plugins())

    def lost(self, why: str) -> list[Outcome]:
        """The one outcome where a worker died; see `Work`."""
        return [Failed(self.spec, None, None, why)]

    def perform(self, plugins: PluginManager, watched: Watched = UNWATCHED) -> Iterator[Outcome]:
        """Measure the SAE by one analysis after the other. One that fails is an outcome like any other: the rest go on."""
        try:
            analyses = [self._configured(named, plugins) for named in self.analyses]
            inputs = self._open(analyses, plugins, watched)
        except (Exception, SystemExit) as error:  # a stranger's loader may fail in any way; the other SAEs go on
            yield Failed.of(error, self.spec)
            return
        as_loaded = inputs.checksum()
        for configured in analyses:
            outcome = self._measure(inputs, configured, watched)
            yield outcome
            if isinstance(outcome, Failed) and inputs.checksum() != as_loaded:
                inputs = self._open(analyses, plugins, watched)  # the next ones must not measure what it left behind

    def _measure(self, inputs: AnalysisInputs, configured: ConfiguredAnalysis, watched: Watched) -> Outcome:
        name = configured.name
        if self.skip_incomplete and inputs.firing is None and "firing" in configured.analysis.needs:
            return Skipped(self.spec, name, "needs firing: see saegeo harvest")
        try:
            job, store = inputs.job(configured, self.options.seed), ReportStore(self.options.out)
            is_there = job.path_in(store).exists() and self.options.existing != "replace"
            with nullcontext(silent) if is_there else watched.computing(job) as progress:
                stored = job.perform_stored(store, self.options.existing, progress)
        except MissingInput as error:
            if self.skip_incomplete:
                return Skipped(self.spec, name, error.message)
            return Failed.of(error, self.spec, name, configured.package)
        except (Exception, SystemExit) as error:  # a stranger's analysis may fail in any way, too
            return Failed.of(error, self.spec, name, configured.package)
        return Stored(self.spec, name, stored.path, stored.is_reused, stored.report)

    def _configured(self, named: NamedAnalysis, plugins: PluginManager) -> ConfiguredAnalysis:
        return ConfiguredAnalysis.configure(named.name, self.options.preset, named.parameters, plugins)

    def _open(self, analyses: list[ConfiguredAnalysis], plugins: PluginManager, watched: Watched) -> AnalysisInputs:
        options = self.options
        with watched.loading(self.spec) as progress:
            cloud = self.load(plugins, progress) if self.sent is None else self.sent.cloud.cloud()
            cloud.identify(progress)
            inputs = AnalysisInputs.open(
                cloud,
                analyses,
                firing=options.firing,
                place=options.place.with_device_resolved(),
                plugins=plugins,
                layout=options.layout,
            )
        if self.sent is not None and self.sent.encoder is not None:
            inputs = replace(inputs, encoder=self.sent.encoder.tensor())
        features = options.features
        return inputs if features is None else inputs.part(chosen_features(features, inputs.cloud.sae.d_sae))

    def load(self, plugins: PluginManager, progress: Progress = silent) -> FeatureCloud:
        """Its SAE.

        Raises:
            SaegeoError: there is none, or it cannot be read.
        """
        options = self.options
        return load_cloud(
            self.spec,
            rows=options.rows,
            layout=options.layout,
            decoder_key=options.decoder_key,
            model_slice=options.model_slice,
            labels=options.labels,
            plugins=plugins,
            progress=progress,
        )


def _to_send(outcome: Outcome, log: str) -> Outcome:
    if isinstance(outcome, Stored):
        return outcome.let_go()
    return replace(outcome, log=log) if isinstance(outcome, Failed) else outcome


@functools.cache
def _plugins() -> PluginManager:
    """The plugins of this process, loaded once."""
    return PluginManager()
