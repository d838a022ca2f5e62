"""Runs every analysis on every SAE, one job at a time. A job that fails is an outcome like any other: the rest go on.

Each SAE is loaded once, measured by every analysis, and released before the next is loaded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from saegeo_core.cli.cost_plan import say_cost
from saegeo_core.cli.job_progress import JobProgress
from saegeo_core.cli.messages import say
from saegeo_core.cli.progress import job_progress
from saegeo_core.cli.run_plan import RunPlan
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import MissingInput
from saegeo_core.loading import load_cloud
from saegeo_core.loading.feature_choice import chosen_features
from saegeo_core.rendering.numbers import count
from saegeo_core.report.store import ReportStore
from saegeo_core.running.analysis_inputs import AnalysisInputs
from saegeo_core.running.configured_analysis import ConfiguredAnalysis
from saegeo_core.running.job import StoredReport

NAMED = 3
"""Analyses that a run is called by."""


@dataclass(frozen=True)
class Failed:
    """What went wrong, and in which job (or, without an analysis, with which SAE: it could not be loaded)."""

    spec: str
    error: BaseException
    configured: ConfiguredAnalysis | None = None

    @property
    def where(self) -> str:
        """The job in words."""
        if self.configured is None:
            return self.spec
        return f"{self.configured.name} (package {self.configured.package}) on {self.spec}"


def run_jobs(plan: RunPlan) -> Iterator[StoredReport | Failed]:
    """The outcomes, in the order of the SAEs, then of the analyses. Nothing runs ahead of the caller."""
    with job_progress(_title(plan), plan.n_reports) as jobs:
        for spec in plan.specs:
            yield from _measure(spec, plan, jobs)


def _title(plan: RunPlan) -> str:
    if plan.n_reports == 1:
        return f"{plan.analyses[0].name} on {plan.specs[0]}"
    names, saes = [one.name for one in plan.analyses], len(plan.specs)
    analyses = ", ".join(names) if len(names) <= NAMED else f"{len(names)} analyses"
    return f"{analyses} on {count(saes)} SAEs" if saes > 1 else f"{analyses} on {plan.specs[0]}"


def _measure(spec: SaeSpec, plan: RunPlan, jobs: JobProgress) -> Iterator[StoredReport | Failed]:
    try:
        inputs = _open(spec, plan)
    except (Exception, SystemExit) as error:  # a stranger's loader may fail in any way; the other SAEs go on
        for _ in plan.analyses:
            jobs.passed_over()
        yield Failed(str(spec), error)
        return
    as_loaded = inputs.cloud.checksum()
    for configured in plan.analyses:
        if plan.run_all and inputs.firing is None and "firing" in configured.analysis.needs:
            say(f"skipped: {configured.name} on {spec} (needs firing: see saegeo harvest)")
            jobs.passed_over()
            continue
        try:
            yield _run_job(inputs, configured, plan, jobs)
        except MissingInput as error:
            if plan.run_all:
                say(f"skipped: {configured.name} on {spec} ({error.message})")
            else:
                yield Failed(str(spec), error, configured)
        except (Exception, SystemExit) as error:  # so may a stranger's analysis
            yield Failed(str(spec), error, configured)
            if inputs.cloud.checksum() != as_loaded:  # and leave behind a cloud that the next ones must not measure
                inputs = _open(spec, plan)


def _open(spec: SaeSpec, plan: RunPlan) -> AnalysisInputs:
    inputs = AnalysisInputs.open(
        _load(spec, plan),
        plan.analyses,
        firing=plan.options.firing,
        place=plan.options.place,
        plugins=plan.plugins,
        layout=plan.options.layout,
    )
    features = plan.options.features
    return inputs if features is None else inputs.part(chosen_features(features, inputs.cloud.sae.d_sae))


def _load(spec: SaeSpec, plan: RunPlan) -> FeatureCloud:
    options = plan.options
    return load_cloud(
        spec,
        rows=options.rows,
        layout=options.layout,
        decoder_key=options.decoder_key,
        model_slice=options.model_slice,
        labels=options.labels,
        plugins=plan.plugins,
    )


def _run_job(inputs: AnalysisInputs, configured: ConfiguredAnalysis, plan: RunPlan, jobs: JobProgress) -> StoredReport:
    job, store = inputs.job(configured, plan.options.seed), ReportStore(plan.options.out)
    if job.path_in(store).exists() and plan.options.existing != "replace":
        jobs.passed_over()
        return job.perform_stored(store, plan.options.existing)
    say_cost(configured, inputs.cloud, job.device)
    with jobs.job(f"{configured.name} on {inputs.cloud.sae.spec}") as progress:
        return job.perform_stored(store, plan.options.existing, progress)
