"""One analysis about to be run on one cloud, the run, and the stamp on its report. The only place where a Report is made."""

import contextlib
import importlib.metadata
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.corpora.spec import CorpusSpec
from saegeo_core.errors import MissingInput, SaegeoError
from saegeo_core.input_files import input_files
from saegeo_core.loading import load_cloud
from saegeo_core.numerics.blas_threads import one_blas_thread
from saegeo_core.plugin.analysis import Analysis, AnalysisContext, Parameters
from saegeo_core.progress import Progress, silent
from saegeo_core.report.findings import Findings
from saegeo_core.report.replicates import as_arrays, told_beside
from saegeo_core.report.report import (
    SCHEMA_VERSION,
    AnalysisStamp,
    Environment,
    MeasuredSae,
    Preset,
    Report,
    table_from_frame,
)
from saegeo_core.report.store import ReportStore, digest_of
from saegeo_core.running.configured_analysis import missing_inputs
from saegeo_core.running.subset_null import N_SUBSETS, random_subsets, with_subset_null

if TYPE_CHECKING:
    from saegeo_core.activations.text_activations import TextActivations
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.corpora.corpus import Corpus
    from saegeo_core.firing.statistics import FiringStatistics

Existing = Literal["reuse", "replace", "fail"]
STAMPED_PACKAGES = ("saegeo", "numpy", "scipy", "torch", "scikit-learn")


class StoredReport(NamedTuple):
    """A report, where it lies, and whether it lay there before."""

    report: Report
    path: Path
    is_reused: bool


@dataclass(frozen=True)
class Job:
    """One analysis, about to be run on one cloud: everything that decides the numbers of its report."""

    analysis: Analysis
    package: str
    preset: Preset
    parameters: Parameters
    seed: int
    device: str
    cloud: "FeatureCloud"
    firing: "FiringStatistics | None" = None
    activations: "TextActivations | None" = None
    load_cloud: "Callable[[SaeSpec], FeatureCloud]" = load_cloud
    among: "tuple[FeatureCloud, FiringStatistics | None] | None" = None
    """The whole cloud and its firing, where `cloud` is of features that were chosen: random ones judge them too."""

    def refuse_missing_inputs(self) -> None:
        """Raise SaegeoError when something the analysis needs was not given."""
        given = {"firing": self.firing, "activations": self.activations}
        missing = missing_inputs(self.analysis, {"vectors", *(name for name, one in given.items() if one is not None)})
        if missing:
            ways = {
                "firing": f"saegeo harvest {self.cloud.sae.spec} --model MODEL --corpus TEXT, then --firing with its folder",
                "activations": "--model NAME_OR_PATH",
            }
            raise MissingInput(
                f"{self.analysis.name} needs {' and '.join(missing)}, which this run does not have",
                "type " + "; ".join(ways[name] for name in missing if name in ways),
            )

    @cached_property
    def clouds(self) -> "dict[str, FeatureCloud | tuple[FeatureCloud, ...]]":
        """The clouds of the SAEs that parameters name, by parameter: one for a spec, several for a list of specs.

        Raises:
            SaegeoError: there is no such SAE.
        """
        clouds: dict[str, FeatureCloud | tuple[FeatureCloud, ...]] = {}
        for key, value in self._parameter_values().items():
            if isinstance(value, SaeSpec):
                clouds[key] = self.load_cloud(value)
            elif isinstance(value, list | tuple) and value and all(isinstance(one, SaeSpec) for one in value):
                clouds[key] = tuple(self.load_cloud(one) for one in value)
        return clouds

    @cached_property
    def corpora(self) -> "dict[str, Corpus]":
        """The corpora that parameters name, by parameter.

        Raises:
            SaegeoError: there is no such corpus.
        """
        values = self._parameter_values()
        return {key: value.open() for key, value in values.items() if isinstance(value, CorpusSpec)}

    def _parameter_values(self) -> dict[str, Any]:
        return {key: getattr(self.parameters, key) for key in type(self.parameters).model_fields}

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """What the analysis is given besides the vectors: what identifies each, and what is worth knowing of it."""
        inputs: dict[str, Any] = {
            key: _told(named) if not isinstance(named, tuple) else _told_together(named)
            for key, named in self.clouds.items()
        }
        for key, corpus in self.corpora.items():
            inputs[key] = {"digest": digest_of(described := corpus.describe()), **described}
        inputs |= input_files(self.parameters)
        if self.firing is not None:
            inputs["firing"] = {"digest": self.firing.digest, **self.firing.facts()}
        if self.among is not None:
            whole, _ = self.among
            inputs["among"] = {"digest": whole.digest, "n_features": whole.n_features}
        if self.activations is not None:
            described = self.activations.describe()
            inputs["activations"] = {"digest": digest_of(described), **described}
        return inputs

    @property
    def digest(self) -> str:
        """Digest of everything that decides the numbers. The device is not among it: CPU and CUDA agree."""
        return digest_of(
            {
                "schema": SCHEMA_VERSION,
                "analysis": [self.package, self.analysis.name, self.analysis.version, self.preset],
                "parameters": self.parameters.model_dump(mode="json"),
                "seed": self.seed,
                "cloud": self.cloud.digest,
                "features": digest_of(self.cloud.feature_ids.tolist()),
                "rows": self.cloud.sae.rows,
                **{name: one["digest"] for name, one in self.inputs.items()},
            }
        )

    def path_in(self, store: ReportStore) -> Path:
        """Where the store has the report, or would have it."""
        return store.path(self.cloud.sae.release, self.cloud.sae.sae_id, self.analysis.name, self.digest)

    def perform_stored(self, store: ReportStore, existing: Existing, progress: Progress = silent) -> StoredReport:
        """The report as the store has it, or made now and stored.

        Raises:
            SaegeoError: an input is missing, the report exists and should not, or the folder cannot be written.
        """
        store.make_ready()
        path = self.path_in(store)
        if path.exists() and existing == "fail":
            raise SaegeoError(
                f"the report exists: {path}", "--existing reuse reads it, --existing replace computes it again"
            )
        if path.exists() and existing == "reuse":
            return StoredReport(store.read(path), path, is_reused=True)
        report = self.perform(progress)
        store.write(report, path)
        return StoredReport(report, path, is_reused=False)

    def perform(self, progress: Progress = silent) -> Report:
        """Run the analysis and stamp what it finds.

        Raises:
            SaegeoError: an input is missing.
            Exception: whatever the analysis raises, with a note naming the analysis, its package and the SAE.
        """
        self.refuse_missing_inputs()
        started = time.perf_counter()
        findings = self._analyze(progress)
        if self.among is not None:
            findings = self._beside_random_subsets(findings, *self.among, progress)
        return self._stamp(findings, time.perf_counter() - started)

    def _beside_random_subsets(
        self, findings: Findings, whole: "FeatureCloud", firing: "FiringStatistics | None", progress: Progress
    ) -> Findings:
        """The findings, each number judged by those of random features of the whole cloud as well."""
        if firing is not None and firing.controls_from:
            told = "untrained dictionaries, where they judge, are whole ones: of more features than were chosen"
            findings = replace(findings, warnings=[*findings.warnings, told])
        chosen = self._estimates(self.cloud, self.firing)
        if chosen is None:
            why = f"{self.analysis.name} does not tell its numbers alone under the preset {self.preset}"
            return replace(findings, warnings=[*findings.warnings, f"not judged by random features of the SAE: {why}"])
        rng = np.random.default_rng([self.seed, *self.analysis.name.encode(), *b"random subsets"])
        rows_chosen = np.searchsorted(whole.feature_ids, self.cloud.feature_ids)
        draws = []
        for rows in progress(random_subsets(whole, firing, rows_chosen, rng, N_SUBSETS), N_SUBSETS, "random features"):
            numbers = self._estimates(whole.select(rows), None if firing is None else firing.select(rows))
            draws.append(numbers or {})
        return with_subset_null(findings, chosen, draws, has_rate=firing is not None)

    def _estimates(self, cloud: "FeatureCloud", firing: "FiringStatistics | None") -> Mapping[str, float] | None:
        """The numbers of the analysis on any cloud, each time by the same chance."""
        with self._running():
            return self.analysis.estimates(cloud, self.parameters, replace(self._context(silent), firing=firing))

    def _context(self, progress: Progress) -> AnalysisContext:
        return AnalysisContext(
            # Seeded by the analysis's name too, so that what else runs, and in which order, changes nothing.
            rng=np.random.default_rng([self.seed, *self.analysis.name.encode()]),
            device=self.device,
            preset=self.preset,
            progress=progress,
            firing=self.firing,
            activations=self.activations,
            clouds=self.clouds,
            corpora=self.corpora,
        )

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        """What holds while the analysis works: standard output carries results only, and its errors name it."""
        try:
            with one_blas_thread(), contextlib.redirect_stdout(sys.stderr):
                yield
        except Exception as error:
            error.add_note(f"in analysis {self.analysis.name} of package {self.package}, on {self.cloud.sae.spec}")
            raise

    def _analyze(self, progress: Progress) -> Findings:
        before = self.cloud.checksum()
        with self._running():
            findings = self.analysis.analyze(self.cloud, self.parameters, self._context(progress))
            if not isinstance(findings, Findings):
                raise TypeError(f"analyze returned a {type(findings).__name__}, not Findings")
            if self.analysis.headline not in [metric.name for metric in findings.metrics]:
                raise ValueError(f"the headline {self.analysis.headline!r} is not among the metrics")
            if self.cloud.checksum() != before:
                raise ValueError("the analysis wrote to the cloud's vectors; it must work on a copy")
        return findings

    def _stamp(self, findings: Findings, seconds: float) -> Report:
        cloud, analysis = self.cloud, self.analysis
        report = Report(
            analysis=AnalysisStamp(
                name=analysis.name,
                version=analysis.version,
                package=self.package,
                preset=self.preset,
                headline=analysis.headline,
                invariances=tuple(sorted(analysis.invariances)),
                summary=analysis.summary,
                reference=analysis.reference,
            ),
            sae=MeasuredSae(
                **cloud.sae.model_dump(),
                n_features=cloud.n_features,
                n_zero_rows=cloud.n_zero_rows,
                n_duplicate_rows=cloud.n_duplicate_rows,
                digest=cloud.digest,
                norm_variation=float(cloud.norms.std() / cloud.norms.mean()),
            ),
            inputs=self.inputs,
            parameters=self.parameters.model_dump(mode="json"),
            seed=self.seed,
            environment=Environment(versions=_versions(), device=self.device, dtype=cloud.sae.dtype),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            duration_seconds=round(seconds, 3),
            measured=told_beside(findings.metrics, findings.replicates),
            tables={name: table_from_frame(frame) for name, frame in findings.tables.items()},
            figures=tuple(findings.figures),
            warnings=(*_cloud_warnings(cloud), *findings.warnings),
        )
        return report.with_arrays({**findings.arrays, **as_arrays(findings.replicates)})


def _told(cloud: "FeatureCloud") -> dict[str, Any]:
    """What a report says of a cloud that a parameter names."""
    return {"digest": cloud.digest, "n_features": cloud.n_features, **cloud.sae.model_dump(mode="json")}


def _told_together(clouds: "tuple[FeatureCloud, ...]") -> dict[str, Any]:
    """What a report says of several that one parameter names, with one digest of all of them in their order."""
    return {"digest": digest_of([cloud.digest for cloud in clouds]), "saes": [_told(cloud) for cloud in clouds]}


def _cloud_warnings(cloud: "FeatureCloud") -> list[str]:
    warnings = []
    if cloud.sae.l0 is not None and cloud.sae.l0 > cloud.sae.d_sae:
        warnings.append(f"L0 {cloud.sae.l0:g} cannot be right: the SAE has {cloud.sae.d_sae} features")
    if cloud.n_zero_rows:
        warnings.append(f"rows of zero length, left out: {cloud.n_zero_rows} of {cloud.sae.d_sae}")
    if cloud.n_duplicate_rows:
        warnings.append(f"rows that repeat an earlier one bit for bit: {cloud.n_duplicate_rows} of {cloud.n_features}")
    return warnings


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in STAMPED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
