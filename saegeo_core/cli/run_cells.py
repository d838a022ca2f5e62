"""Runs the grid of SAEs by analyses, one cell at a time. A cell that fails is an outcome like any other: the rest go on.

Each SAE is loaded once, measured by every analysis, and released before the next is loaded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from saegeo_core.cli.messages import say
from saegeo_core.cli.progress import progress_bars
from saegeo_core.cli.run_plan import PlannedAnalysis, RunPlan
from saegeo_core.errors import MissingInput
from saegeo_core.feature_cloud import FeatureCloud
from saegeo_core.firing_alignment import firing_of
from saegeo_core.firing_statistics import FiringStatistics
from saegeo_core.harvest.text_activations import TextActivations
from saegeo_core.loading import load_cloud
from saegeo_core.report_store import ReportStore
from saegeo_core.runner import Job, StoredReport, activations_of, takes_activations
from saegeo_core.sae_spec import SaeSpec


@dataclass(frozen=True)
class Failed:
    """What went wrong, and in which cell (or in which SAE, where it could not be loaded)."""

    where: str
    error: BaseException


def run_cells(plan: RunPlan) -> Iterator[StoredReport | Failed]:
    """The outcomes, in the order of the SAEs, then of the analyses. Nothing runs ahead of the caller."""
    for spec in plan.specs:
        yield from _measure(spec, plan)


def _measure(spec: SaeSpec, plan: RunPlan) -> Iterator[StoredReport | Failed]:
    try:
        cloud = load_cloud(spec, rows=plan.rows, layout=plan.layout, labels=plan.labels, plugins=plan.plugins)
        firing = firing_of(cloud, plan.firing) if plan.wants_firing else None
        activations = _activations(cloud, plan) if plan.wants_activations else None
    except (Exception, SystemExit) as error:  # a stranger's loader may fail in any way; the other SAEs go on
        yield Failed(str(spec), error)
        return
    for planned in plan.analyses:
        if plan.run_all and firing is None and "firing" in planned.analysis.needs:
            say(f"skipped: {planned.name} on {spec} (needs firing: see saegeo harvest)")
            continue
        try:
            yield _run_cell(cloud, firing, activations, planned, plan)
        except MissingInput as error:
            if plan.run_all:
                say(f"skipped: {planned.name} on {spec} ({error.message})")
            else:
                yield Failed(f"{planned.name} on {spec}", error)
        except (Exception, SystemExit) as error:  # so may a stranger's analysis
            yield Failed(f"{planned.name} (package {planned.package}) on {spec}", error)


def _activations(cloud: FeatureCloud, plan: RunPlan) -> TextActivations | None:
    return activations_of(cloud, plan.model, plan.plugins, layer=plan.layer, hook=plan.hook, device=plan.device)


def _run_cell(
    cloud: FeatureCloud,
    firing: FiringStatistics | None,
    activations: TextActivations | None,
    planned: PlannedAnalysis,
    plan: RunPlan,
) -> StoredReport:
    job = Job(
        analysis=planned.analysis,
        package=planned.package,
        preset=plan.preset,
        parameters=planned.parameters,
        seed=plan.seed,
        device=plan.device,
        cloud=cloud,
        firing=firing if "firing" in planned.analysis.needs else None,
        activations=activations if takes_activations(planned.analysis) else None,
        load_cloud=lambda spec: load_cloud(spec, plugins=plan.plugins),
    )
    with progress_bars(planned.name, cloud.sae.spec) as progress:
        return job.perform_stored(ReportStore(plan.out), plan.existing, progress)
