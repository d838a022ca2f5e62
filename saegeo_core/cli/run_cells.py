"""Runs the grid of SAEs by analyses, one cell at a time. A cell that fails is an outcome like any other: the rest go on.

Each SAE is loaded once, measured by every analysis, and released before the next is loaded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from saegeo_core.cli.progress import progress_bars
from saegeo_core.cli.run_plan import PlannedAnalysis, RunPlan
from saegeo_core.feature_cloud import FeatureCloud
from saegeo_core.loading import load_cloud
from saegeo_core.report import Report
from saegeo_core.report_store import ReportStore
from saegeo_core.runner import Job, run
from saegeo_core.sae_spec import SaeSpec


@dataclass(frozen=True)
class Finished:
    """A report, where it is stored, and whether it was there already."""

    report: Report
    path: Path
    is_reused: bool


@dataclass(frozen=True)
class Failed:
    """What went wrong, and in which cell (or in which SAE, where it could not be loaded)."""

    where: str
    error: BaseException


def run_cells(plan: RunPlan) -> Iterator[Finished | Failed]:
    """The outcomes, in the order of the SAEs, then of the analyses. Nothing runs ahead of the caller."""
    for spec in plan.specs:
        yield from _measure(spec, plan)


def _measure(spec: SaeSpec, plan: RunPlan) -> Iterator[Finished | Failed]:
    try:
        cloud = load_cloud(spec, rows=plan.rows, layout=plan.layout, labels=plan.labels, plugins=plan.plugins)
    except (Exception, SystemExit) as error:  # a stranger's loader may fail in any way; the other SAEs go on
        yield Failed(str(spec), error)
        return
    for planned in plan.analyses:
        try:
            yield _run_cell(cloud, planned, plan)
        except (Exception, SystemExit) as error:  # so may a stranger's analysis
            yield Failed(f"{planned.name} (package {planned.package}) on {spec}", error)


def _run_cell(cloud: FeatureCloud, planned: PlannedAnalysis, plan: RunPlan) -> Finished:
    path = _path(cloud, planned, plan)
    is_reused = plan.existing == "reuse" and path.exists()
    with progress_bars(planned.name, cloud.sae.spec) as progress:
        report = run(
            planned.name,
            cloud,
            parameters=planned.settings,
            preset=plan.preset,
            seed=plan.seed,
            device=plan.device,
            out=plan.out,
            existing=plan.existing,
            progress=progress,
            plugins=plan.plugins,
        )
    return Finished(report, path, is_reused)


def _path(cloud: FeatureCloud, planned: PlannedAnalysis, plan: RunPlan) -> Path:
    job = Job(planned.analysis, planned.package, plan.preset, planned.parameters, plan.seed, plan.device, cloud)
    return ReportStore(plan.out).path(cloud.sae.release, cloud.sae.sae_id, planned.name, job.digest)
