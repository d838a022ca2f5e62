"""Has every SAE of a run measured, here or elsewhere, and tells how far it is. A job that fails is an outcome like any other."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

from saegeo_core.cli.cost_plan import say_cost, work_in_words
from saegeo_core.cli.job_progress import JobProgress
from saegeo_core.cli.messages import say
from saegeo_core.cli.progress import job_progress
from saegeo_core.cli.run_plan import RunPlan
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.progress import Progress
from saegeo_core.rendering.numbers import count
from saegeo_core.running.configured_analysis import ConfiguredAnalysis
from saegeo_core.running.job import Job
from saegeo_core.sweeping.executor import Executor, open_executor
from saegeo_core.sweeping.outcomes import Failed, Outcome, Skipped, Stored
from saegeo_core.sweeping.sweep import sweep
from saegeo_core.sweeping.task import Watched

NAMED = 3
"""Analyses that a run is called by."""


def run_sweep(plan: RunPlan) -> Iterator[Stored | Failed]:
    """The outcomes; here in the order of the SAEs, then of the analyses, and nothing runs ahead of the caller.

    Raises:
        SaegeoError: what the executor refuses.
    """
    if not plan.specs:
        say("there are more parts than SAEs, and none is in this one: nothing to measure")
        return
    with job_progress(_title(plan), plan.n_reports) as jobs:
        if plan.elsewhere.is_here:
            outcomes = _here(plan, jobs)
        else:
            executor = open_executor(
                plan.elsewhere.on, plan.elsewhere.share(plan.options.place.device), plan.plugins.executors
            )
            say(_plan_in_words(plan))
            outcomes = _elsewhere(plan, executor, jobs)
        for outcome in outcomes:
            if isinstance(outcome, Skipped):
                say(f"skipped: {outcome.analysis} on {outcome.spec} ({outcome.reason})")
            else:
                yield outcome


def _here(plan: RunPlan, jobs: JobProgress) -> Iterator[Outcome]:
    for task in plan.tasks:
        watched = _Watched(jobs)
        for outcome in task.perform(plan.plugins, watched):
            n = _n_reports(outcome, plan)
            for _ in range(n - watched.took()):
                jobs.passed_over()
            if isinstance(outcome, Failed):
                jobs.failed(n)
            yield replace(outcome, seed=task.options.seed)


def _elsewhere(plan: RunPlan, executor: Executor, jobs: JobProgress) -> Iterator[Outcome]:
    try:
        with jobs.elsewhere() as finished:
            for outcome in sweep(plan.tasks, executor, retry_failed=plan.elsewhere.retry_failed):
                n = _n_reports(outcome, plan)
                if isinstance(outcome, Failed):
                    jobs.failed(n)
                finished(n)
                yield outcome
    finally:
        executor.close()


def _n_reports(outcome: Outcome, plan: RunPlan) -> int:
    """How many of the reports asked for an outcome stands for: all of its SAE where that could not be loaded."""
    return len(plan.analyses) if isinstance(outcome, Failed) and outcome.analysis is None else 1


class _Watched(Watched):
    """Tells the cost of a job and how far it is, and knows whether one was at work since it was asked last."""

    def __init__(self, jobs: JobProgress) -> None:
        self._jobs = jobs
        self._worked = False

    def loading(self, spec: SaeSpec) -> AbstractContextManager[Progress]:
        return self._jobs.before(f"loading {spec}")

    def computing(self, job: Job) -> AbstractContextManager[Progress]:
        self._worked = True
        say_cost(ConfiguredAnalysis(job.analysis, job.package, job.preset, job.parameters), job.cloud, job.device)
        return self._jobs.job(f"{job.analysis.name} on {job.cloud.sae.spec}")

    def took(self) -> bool:
        """Whether a job was at work; asked for each outcome."""
        worked, self._worked = self._worked, False
        return worked


def _title(plan: RunPlan) -> str:
    if plan.n_reports == 1:
        return f"{plan.analyses[0].name} on {plan.specs[0]}"
    names, saes = [one.name for one in plan.analyses], len(plan.specs)
    analyses = ", ".join(names) if len(names) <= NAMED else f"{len(names)} analyses"
    return f"{analyses} on {count(saes)} SAEs" if saes > 1 else f"{analyses} on {plan.specs[0]}"


def _plan_in_words(plan: RunPlan) -> str:
    there = plan.n_stored
    stored = f", {count(there)} of which seem to be stored" if there else ""
    told = f"on {plan.elsewhere.on}: {count(plan.n_reports)} reports of {count(len(plan.specs))} SAEs{stored}"
    return told if there >= plan.n_reports else f"{told}; {_cost_in_words(plan, 1 - there / plan.n_reports)}"


def _cost_in_words(plan: RunPlan, share: float) -> str:
    """What that share of all reports takes, told from the first SAE."""
    try:
        cloud = plan.tasks[0].load(plan.plugins)
        return work_in_words(plan.analyses, cloud, share * plan.n_reports / len(plan.analyses))
    except (Exception, SystemExit) as error:  # a stranger's loader may fail in any way, and its task tells of it
        return f"what they take is not known ({type(error).__name__} at {plan.specs[0]})"
