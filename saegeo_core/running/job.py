"""One analysis about to be run on one cloud, the run, and the stamp on its report. The only place where a Report is made."""

import contextlib
import importlib.metadata
import logging
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.contained import contained
from saegeo_core.corpora.spec import CorpusSpec
from saegeo_core.errors import MissingInput, SaegeoError
from saegeo_core.firing.sparsity import statement_warning
from saegeo_core.input_files import input_files
from saegeo_core.loading import load_cloud
from saegeo_core.numerics.blas_threads import one_blas_thread
from saegeo_core.plugin.analysis import INPUTS, Analysis, AnalysisContext, Parameters
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
from saegeo_core.running.given import (
    Given,
    OfFeatures,
    given_activations,
    given_among,
    given_cloud,
    given_corpus,
    given_encoder,
    given_firing,
    given_labels,
    given_named_cloud,
    given_unembedding,
    reads_documents,
    refuse_own_documents,
    text_of_run,
)
from saegeo_core.running.left_as_found import left_as_found
from saegeo_core.running.named_by_parameters import clouds_named, corpora_named
from saegeo_core.running.subset_null import N_SUBSETS, random_subsets, with_subset_null
from saegeo_core.undeclared import NamedByParameters, Undeclared, analysis_at_work

if TYPE_CHECKING:
    import torch

    from saegeo_core.activations.text_activations import TextActivations
    from saegeo_core.activations.unembedding import Unembedding
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.corpora.corpus import Corpus
    from saegeo_core.firing.statistics import FiringStatistics

Existing = Literal["reuse", "replace", "fail"]
log = logging.getLogger(__name__)
STAMPED_PACKAGES = ("saegeo", "numpy", "scipy", "torch", "scikit-learn")


class StoredReport(NamedTuple):
    """A report, where it lies, and whether it lay there before."""

    report: Report
    path: Path
    is_reused: bool


@dataclass(frozen=True)
class Job:
    """One analysis, about to be run on one cloud. Of what it is given it hands on what the analysis declares."""

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
    among: OfFeatures | None = None
    """All features of the SAE, where `cloud` is of some that were chosen: random ones judge them too."""
    encoder: "torch.Tensor | None" = None
    unembedding: "Unembedding | None" = None
    open_corpus: "Callable[[CorpusSpec], Corpus]" = CorpusSpec.open

    @cached_property
    def declared(self) -> frozenset[str]:
        """What the analysis takes at these parameters, of `saegeo_core.plugin.analysis.INPUTS`."""
        declared = self.analysis.needs | self.analysis.used(self.parameters)
        brings_text = self.activations is not None and self.activations.corpus is not None
        return declared | {"activations", "corpus"} if brings_text and reads_documents(self.analysis) else declared

    def refuse_missing_inputs(self) -> None:
        """Raise SaegeoError when something the analysis needs was not given."""
        missing = missing_inputs(self.analysis, {"vectors", *self.given})
        if missing:
            raise MissingInput(
                f"{self.analysis.name} needs {' and '.join(missing)}, which this run does not have",
                "type " + "; ".join(INPUTS[name].format(spec=self.cloud.sae.spec) for name in missing),
            )

    @cached_property
    def clouds(self) -> "dict[str, FeatureCloud | tuple[FeatureCloud, ...]]":
        """The clouds of the SAEs that parameters name; see `clouds_named`."""
        return clouds_named(self.parameters, self.load_cloud)

    @cached_property
    def corpora(self) -> "dict[str, Corpus | tuple[Corpus, ...]]":
        """The corpora that parameters name; see `corpora_named`."""
        return corpora_named(self.parameters, self.open_corpus)

    @cached_property
    def given(self) -> dict[str, Given]:
        """All that the analysis can read, by name: by parameter what parameters name, and what it declares of the rest."""
        given = {
            **{f"parameters.{key}": given_named_cloud(named) for key, named in self.clouds.items()},
            **{f"parameters.{key}": given_corpus(corpus) for key, corpus in self.corpora.items()},
            **{
                f"parameters.{key}": Given(None, told["digest"], told)
                for key, told in input_files(self.parameters).items()
            },
            "cloud": given_cloud(self._with_declared_labels(self.cloud)),
        }
        if "labels" in self.declared and self.cloud.labels is not None:
            given["labels"] = given_labels(self.cloud.labels)
        if "firing" in self.declared and self.firing is not None:
            given["firing"] = given_firing(self.firing)
        if "encoder" in self.declared and self.encoder is not None:
            given["encoder"] = given_encoder(self.encoder)
        if "activations" in self.declared and self.activations is not None:
            refuse_own_documents(self.analysis, self.activations)
            given["activations"] = given_activations(self.activations)
        if "unembedding" in self.declared and self.unembedding is not None:
            given["unembedding"] = given_unembedding(self.unembedding)
        if (
            "corpus" in self.declared
            and (text := text_of_run(self.analysis, self.activations, self.corpora)) is not None
        ):
            given["corpus"] = text
        if self.among is not None:
            firing = self.among.firing if "firing" in given else None
            encoder = self.among.encoder if "encoder" in given else None
            given["among"] = given_among(OfFeatures(self._with_declared_labels(self.among.cloud), firing, encoder))
        return given

    def _with_declared_labels(self, cloud: "FeatureCloud") -> "FeatureCloud":
        """A cloud as the analysis gets it. Its rows are identified first: once for all analyses that are handed it."""
        if "labels" in self.declared:
            return cloud
        cloud.digest  # noqa: B018
        return cloud.with_labels(self._withheld("labels", "cloud.labels"))

    def _withheld(self, name: str, place: str) -> Undeclared | None:
        """What stands where nothing is given: what says that it should be declared, or None where it is."""
        is_declared = name in self.analysis.needs | self.analysis.uses
        return None if is_declared else Undeclared(self.analysis.name, name, place)

    @property
    def inputs(self) -> dict[str, Any]:
        """What the report says of what the analysis was given besides the vectors."""
        return {
            name.removeprefix("parameters."): {"digest": one.identity, **one.told}
            for name, one in self.given.items()
            if one.told is not None
        }

    @property
    def digest(self) -> str:
        """Digest of everything that decides a report. The device is not among it: CPU and CUDA agree."""
        return digest_of(
            {
                "schema": SCHEMA_VERSION,
                "analysis": [self.package, self.analysis.name, self.analysis.version, self.preset],
                "parameters": self.parameters.model_dump(mode="json"),
                "seed": self.seed,
                "given": {name: one.identity for name, one in self.given.items()},
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
            log.debug("%s on %s was computed earlier: %s", self.analysis.name, self.cloud.sae.spec, path)
            return StoredReport(store.read(path), path, is_reused=True)
        report = self.perform(progress)
        store.write(report, path)
        log.debug("%s on %s took %.2f s: %s", self.analysis.name, self.cloud.sae.spec, report.duration_seconds, path)
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
        if "among" in self.given:
            findings = self._beside_random_subsets(findings, self.given["among"].value, progress)
        return self._stamp(findings, time.perf_counter() - started)

    def _beside_random_subsets(self, findings: Findings, whole: OfFeatures, progress: Progress) -> Findings:
        """The findings, each number judged by those of random features of the whole SAE as well."""
        if whole.firing is not None and whole.firing.controls_from:
            told = "untrained dictionaries, where they judge, are whole ones: of more features than were chosen"
            findings = replace(findings, warnings=[*findings.warnings, told])
        rows_chosen = np.searchsorted(whole.cloud.feature_ids, self.cloud.feature_ids)
        chosen = self._estimates(OfFeatures(*(self._handed(name) for name in ("cloud", "firing", "encoder"))))
        if chosen is None:
            why = f"{self.analysis.name} does not tell its numbers alone under the preset {self.preset}"
            return replace(findings, warnings=[*findings.warnings, f"not judged by random features of the SAE: {why}"])
        rng = np.random.default_rng([self.seed, *self.analysis.name.encode(), *b"random subsets"])
        subsets = random_subsets(whole.cloud, whole.firing, rows_chosen, rng, N_SUBSETS)
        draws = [self._estimates(whole.select(rows)) or {} for rows in progress(subsets, N_SUBSETS, "random features")]
        return with_subset_null(findings, chosen, draws, has_rate=whole.firing is not None)

    def _estimates(self, of: OfFeatures) -> Mapping[str, float] | None:
        """The numbers of the analysis on any features, each time by the same chance."""
        theirs: dict[str, Any] = {"firing": of.firing, "encoder": of.encoder}
        context = replace(self._context(silent), **{name: one for name, one in theirs.items() if name in self.given})
        with self._running():  # what it changes, it has changed in `analyze` too
            return self.analysis.estimates(of.cloud, self.parameters, context)

    def _handed(self, name: str) -> Any:
        """What the analysis finds under a name."""
        if name in self.given:
            return self.given[name].value
        return self._withheld(name, f"context.{name}")

    def _context(self, progress: Progress) -> AnalysisContext:
        def named(place: str, kind: str, found: Mapping[str, Any]) -> NamedByParameters:
            named = {key: self.given[f"parameters.{key}"].value for key in found}
            known = type(self.parameters).model_fields
            return NamedByParameters(named, analysis=self.analysis.name, place=place, kind=kind, parameters=known)

        return AnalysisContext(
            # Seeded by the analysis's name too, so that what else runs, and in which order, changes nothing.
            rng=np.random.default_rng([self.seed, *self.analysis.name.encode()]),
            device=self.device,
            preset=self.preset,
            progress=progress,
            firing=self._handed("firing"),
            encoder=self._handed("encoder"),
            activations=self._handed("activations"),
            unembedding=self._handed("unembedding"),
            corpus=self._handed("corpus"),
            clouds=named("context.clouds", "SaeSpec", self.clouds),
            corpora=named("context.corpora", "CorpusSpec", self.corpora),
        )

    @contextlib.contextmanager
    def _running(self) -> Iterator[list[str]]:
        """What holds while the analysis works: standard output carries results only, and its errors name it.

        What everybody shares is put back at the end; then the list says what it had changed of that.
        """
        try:
            with analysis_at_work(self.analysis.name), one_blas_thread(), left_as_found() as changed, contained():
                yield changed
        except Exception as error:
            error.add_note(f"in analysis {self.analysis.name} of package {self.package}, on {self.cloud.sae.spec}")
            raise

    def _analyze(self, progress: Progress) -> Findings:
        before, parameters = self.checksum(), self.parameters.model_dump()
        cloud, context = self.given["cloud"].value, self._context(progress)
        with self._running() as changed:
            findings = self.analysis.analyze(cloud, self.parameters, context)
            if not isinstance(findings, Findings):
                raise TypeError(f"analyze returned a {type(findings).__name__}, not Findings")
            if self.analysis.headline not in [metric.name for metric in findings.metrics]:
                raise ValueError(f"the headline {self.analysis.headline!r} is not among the metrics")
            if self.checksum() != before:
                raise ValueError("the analysis wrote to the cloud's vectors, or to the encoder; it must work on a copy")
            if self.parameters.model_dump() != parameters:
                raise ValueError("the analysis changed its parameters; it must work on a copy")
        told = [f"{self.analysis.name} (package {self.package}): {one}" for one in changed]
        return replace(findings, warnings=[*findings.warnings, *told])

    def checksum(self) -> tuple[int, int]:
        """Of the arrays that are handed out and cannot be made read-only, as they are now."""
        from saegeo_core.cloud.feature_cloud import rows_checksum

        return self.cloud.checksum(), 0 if self.encoder is None else rows_checksum(self.encoder)

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


def _cloud_warnings(cloud: "FeatureCloud") -> list[str]:
    warnings = []
    if cloud.sae.l0 is not None and cloud.sae.l0 > cloud.sae.d_sae:
        warnings.append(f"L0 {cloud.sae.l0:g} cannot be right: the SAE has {cloud.sae.d_sae} features")
    if told := statement_warning(cloud.sae):
        warnings.append(told)
    if cloud.n_zero_rows:
        warnings.append(f"rows of zero length, left out: {cloud.n_zero_rows} of {cloud.sae.d_sae}")
    if cloud.n_duplicate_rows:
        warnings.append(f"rows that repeat an earlier one bit for bit: {cloud.n_duplicate_rows} of {cloud.n_features}")
    return warnings


@cache
def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in STAMPED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
