"""Runs one analysis on one cloud and stamps the report. The only place where a Report is made."""

import contextlib
import importlib.metadata
import platform
import sys
import time
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import MissingInput, SaegeoError
from saegeo_core.firing.alignment import firing_of
from saegeo_core.input_files import input_files
from saegeo_core.numerics.blas_threads import one_blas_thread
from saegeo_core.plugin.analysis import Analysis, AnalysisContext, Parameters, resolve_parameters
from saegeo_core.plugin.manager import PluginManager
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

if TYPE_CHECKING:
    from saegeo_core.activations.text_activations import TextActivations
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.firing.statistics import FiringStatistics

Existing = Literal["reuse", "replace", "fail"]
STAMPED_PACKAGES = ("saegeo", "numpy", "scipy", "torch", "scikit-learn")


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
    cloud = _load_cloud(cloud, plugins=plugins) if isinstance(cloud, str) else cloud
    analysis = plugins.analysis(plugin) if isinstance(plugin, str) else plugin
    device = resolve_device(device)
    job = Job(
        analysis=analysis,
        package=plugins.package_of(plugin) if isinstance(plugin, str) else type(analysis).__module__.partition(".")[0],
        preset=preset,
        parameters=resolve_parameters(analysis, preset, parameters or {}),
        seed=seed,
        device=device,
        cloud=cloud,
        firing=firing_of(cloud, firing) if "firing" in analysis.needs else None,
        activations=activations_of(
            cloud, model, plugins, layer=layer, hook=hook, force_model=force_model, device=device
        )
        if takes_activations(analysis)
        else None,
        load_cloud=partial(_load_cloud, rows=cloud.sae.rows, plugins=plugins),
    )
    return job.perform(progress) if out is None else job.perform_stored(ReportStore(out), existing, progress).report


def _load_cloud(spec: str | SaeSpec, *, rows: Rows = "decoder", plugins: PluginManager | None = None) -> "FeatureCloud":
    from saegeo_core.loading import load_cloud

    return load_cloud(spec, rows=rows, plugins=plugins)


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
    load_cloud: "Callable[[SaeSpec], FeatureCloud]" = _load_cloud

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
        named = {key: getattr(self.parameters, key) for key in type(self.parameters).model_fields}
        clouds: dict[str, FeatureCloud | tuple[FeatureCloud, ...]] = {}
        for key, value in named.items():
            if isinstance(value, SaeSpec):
                clouds[key] = self.load_cloud(value)
            elif isinstance(value, list | tuple) and value and all(isinstance(one, SaeSpec) for one in value):
                clouds[key] = tuple(self.load_cloud(one) for one in value)
        return clouds

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """What the analysis is given besides the vectors: what identifies each, and what is worth knowing of it."""
        inputs: dict[str, Any] = {
            key: _told(named) if not isinstance(named, tuple) else _told_together(named)
            for key, named in self.clouds.items()
        }
        inputs |= input_files(self.parameters)
        if self.firing is not None:
            inputs["firing"] = {"digest": self.firing.digest, **self.firing.facts()}
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

    def perform_stored(self, store: ReportStore, existing: Existing, progress: Progress = silent) -> StoredReport:
        """The report as the store has it, or made now and stored.

        Raises:
            SaegeoError: an input is missing, the report exists and should not, or the folder cannot be written.
        """
        store.make_ready()
        path = store.path(self.cloud.sae.release, self.cloud.sae.sae_id, self.analysis.name, self.digest)
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
        context = AnalysisContext(
            # Seeded by the analysis's name too, so that what else runs, and in which order, changes nothing.
            rng=np.random.default_rng([self.seed, *self.analysis.name.encode()]),
            device=self.device,
            preset=self.preset,
            progress=progress,
            firing=self.firing,
            activations=self.activations,
            clouds=self.clouds,
        )
        started = time.perf_counter()
        findings = self._analyze(context)
        return self._stamp(findings, time.perf_counter() - started)

    def _analyze(self, context: AnalysisContext) -> Findings:
        name, before = self.analysis.name, self.cloud.checksum()
        try:
            with one_blas_thread(), contextlib.redirect_stdout(sys.stderr):  # standard output carries results only
                findings = self.analysis.analyze(self.cloud, self.parameters, context)
            if not isinstance(findings, Findings):
                raise TypeError(f"analyze returned a {type(findings).__name__}, not Findings")
            if self.analysis.headline not in [metric.name for metric in findings.metrics]:
                raise ValueError(f"the headline {self.analysis.headline!r} is not among the metrics")
            if self.cloud.checksum() != before:
                raise ValueError("the analysis wrote to the cloud's vectors; it must work on a copy")
        except Exception as error:
            error.add_note(f"in analysis {name} of package {self.package}, on {self.cloud.sae.spec}")
            raise
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
                summary=analysis.summary,
                reference=analysis.reference,
            ),
            sae=MeasuredSae(
                **cloud.sae.model_dump(),
                n_features=cloud.n_features,
                n_zero_rows=cloud.n_zero_rows,
                n_duplicate_rows=cloud.n_duplicate_rows,
                digest=cloud.digest,
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


def missing_inputs(analysis: Analysis, available: Set[str]) -> list[str]:
    """What the analysis needs and is not available."""
    return sorted(analysis.needs - available)


def takes_activations(analysis: Analysis) -> bool:
    """Whether the analysis reads a model where one is named."""
    return "activations" in analysis.needs | analysis.uses


def activations_of(
    cloud: "FeatureCloud",
    model: str | None,
    plugins: PluginManager,
    *,
    layer: int | None = None,
    hook: str | None = None,
    force_model: bool = False,
    device: str = "cpu",
) -> "TextActivations | None":
    """What `model` computes where the cloud's SAE reads, or where `layer` or `hook` says; None without a model.

    Raises:
        SaegeoError: a place without a model or two places, no such model or hook, another model than the SAE's own
            (unless `force_model`), or another width than the cloud's.
    """
    refuse_unplaced_model(model, layer, hook)
    if model is None:
        return None
    from saegeo_core.activations.text_activations import open_text_activations

    return open_text_activations(
        cloud.sae, model, layer=layer, hook=hook, force_model=force_model, device=device, kinds=plugins.sources
    )


def refuse_unplaced_model(model: str | None, layer: int | None, hook: str | None) -> None:
    """Raise SaegeoError for a layer or hook of no model, and for both at once."""
    if layer is not None and hook is not None:
        raise SaegeoError("--layer and --hook exclude each other", "--layer N is --hook blocks.N.hook_resid_post")
    if model is None and (layer is not None or hook is not None):
        raise SaegeoError(
            f"{'--hook' if layer is None else '--layer'} says where to read a model, and none was named",
            "type --model NAME_OR_PATH, for example --model minilm-l6",
        )


def resolve_device(device: str) -> str:
    """Resolve a device; auto is the first CUDA card, or the CPU where there is none.

    Raises:
        SaegeoError: not a device, or one this machine does not have.
    """
    import torch

    cards = torch.cuda.device_count()
    if device == "auto":
        return "cuda:0" if cards else "cpu"
    if device == "cpu":
        return device
    kind, _, index = device.partition(":")
    if kind != "cuda" or not (index or "0").isdigit():
        raise SaegeoError(f"{device!r} is no device", "type --device auto, cpu, cuda or cuda:0")
    if int(index or 0) >= cards:
        raise SaegeoError(
            f"device {device} was asked for; this machine has {cards or 'no'} CUDA card{'s' * (cards > 1)}",
            "type --device cpu",
        )
    return f"cuda:{index or 0}"


def _cloud_warnings(cloud: "FeatureCloud") -> list[str]:
    warnings = []
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
