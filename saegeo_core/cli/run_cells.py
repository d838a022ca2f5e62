"""Runs the grid of SAEs by analyses, one cell at a time. A cell that fails is an outcome like any other: the rest go on.

Each SAE is loaded once, measured by every analysis, and released before the next is loaded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from saegeo_core.activations.text_activations import TextActivations
from saegeo_core.cli.messages import say
from saegeo_core.cli.progress import CellBars, progress_bars
from saegeo_core.cli.run_plan import PlannedAnalysis, RunPlan
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import MissingInput
from saegeo_core.firing.alignment import firing_of
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.loading import load_cloud
from saegeo_core.report.store import ReportStore
from saegeo_core.running.runner import Job, StoredReport, activations_of, takes_activations


@dataclass(frozen=True)
class Failed:
    """What went wrong, and in which cell (or, without an analysis, in which SAE: it could not be loaded)."""

    spec: str
    error: BaseException
    planned: PlannedAnalysis | None = None

    @property
    def where(self) -> str:
        """The cell in words."""
        return f"{self.planned.name} (package {self.planned.package}) on {self.spec}" if self.planned else self.spec


def run_cells(plan: RunPlan, bars: CellBars = progress_bars) -> Iterator[StoredReport | Failed]:
    """The outcomes, in the order of the SAEs, then of the analyses. Nothing runs ahead of the caller."""
    for spec in plan.specs:
        yield from _measure(spec, plan, bars)


@dataclass(frozen=True)
class _Subject:
    """One SAE, and what the analyses of a run need besides its vectors."""

    cloud: FeatureCloud
    firing: FiringStatistics | None
    activations: TextActivations | None

    @classmethod
    def load(cls, spec: SaeSpec, plan: RunPlan) -> "_Subject":
        cloud = _load(spec, plan)
        return cls(
            cloud,
            firing_of(cloud, plan.firing) if plan.wants_firing else None,
            activations_of(
                cloud,
                plan.model,
                plan.plugins,
                layer=plan.layer,
                hook=plan.hook,
                force_model=plan.force_model,
                device=plan.device,
            )
            if plan.wants_activations
            else None,
        )


def _measure(spec: SaeSpec, plan: RunPlan, bars: CellBars) -> Iterator[StoredReport | Failed]:
    try:
        subject = _Subject.load(spec, plan)
    except (Exception, SystemExit) as error:  # a stranger's loader may fail in any way; the other SAEs go on
        yield Failed(str(spec), error)
        return
    as_loaded = subject.cloud.checksum()
    for planned in plan.analyses:
        if plan.run_all and subject.firing is None and "firing" in planned.analysis.needs:
            say(f"skipped: {planned.name} on {spec} (needs firing: see saegeo harvest)")
            continue
        try:
            yield _run_cell(subject, planned, plan, bars)
        except MissingInput as error:
            if plan.run_all:
                say(f"skipped: {planned.name} on {spec} ({error.message})")
            else:
                yield Failed(str(spec), error, planned)
        except (Exception, SystemExit) as error:  # so may a stranger's analysis
            yield Failed(str(spec), error, planned)
            if subject.cloud.checksum() != as_loaded:  # and leave behind a cloud that the next ones must not measure
                subject = replace(subject, cloud=_load(spec, plan))


def _load(spec: SaeSpec, plan: RunPlan) -> FeatureCloud:
    return load_cloud(spec, rows=plan.rows, layout=plan.layout, labels=plan.labels, plugins=plan.plugins)


def _run_cell(subject: _Subject, planned: PlannedAnalysis, plan: RunPlan, bars: CellBars) -> StoredReport:
    cloud = subject.cloud
    job = Job(
        analysis=planned.analysis,
        package=planned.package,
        preset=plan.preset,
        parameters=planned.parameters,
        seed=plan.seed,
        device=plan.device,
        cloud=cloud,
        firing=subject.firing if "firing" in planned.analysis.needs else None,
        activations=subject.activations if takes_activations(planned.analysis) else None,
        load_cloud=lambda spec: _load_like(cloud, spec, plan),
    )
    with bars(planned.name, cloud.sae.spec) as progress:
        return job.perform_stored(ReportStore(plan.out), plan.existing, progress)


def _load_like(cloud: FeatureCloud, spec: SaeSpec, plan: RunPlan) -> FeatureCloud:
    """A second cloud, read in the way the first one was; a layout is asked of files alone."""
    layout = plan.layout if spec.path is not None else None
    return load_cloud(spec, rows=cloud.sae.rows, layout=layout, plugins=plan.plugins)
