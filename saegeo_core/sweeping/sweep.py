"""All tasks of a sweep, wherever they are done: what fails is tried again, then kept; the others go on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from saegeo_core.sweeping import failures
from saegeo_core.sweeping.executor import Executor
from saegeo_core.sweeping.outcomes import Failed, Outcome, Stored
from saegeo_core.sweeping.task import Task

ATTEMPTS = 3
"""How often in all a task is tried that fails by no mistake of the user's."""


def sweep(tasks: Sequence[Task], executor: Executor, *, retry_failed: bool = False) -> Iterator[Outcome]:
    """The outcomes of all tasks, as they come.

    Args:
        tasks: what is to be done.
        executor: what does it.
        retry_failed: try again what failed in an earlier sweep, too; if not, that failure is the outcome.

    Raises:
        SaegeoError: what the executor refuses.
    """
    remaining = list(tasks)
    if not retry_failed:
        before = [failures.kept(task) for task in tasks]
        for task, failed in zip(tasks, before, strict=True):
            yield from (replace(one, seed=task.options.seed) for one in failed.values())
        remaining = [task.without(failed) for task, failed in zip(tasks, before, strict=True)]
    for attempt in range(1, ATTEMPTS + 1):
        again: list[Task] = []
        for task, outcomes in executor.perform([task for task in remaining if task.analyses]):
            to_retry = [
                one for one in outcomes if attempt < ATTEMPTS and isinstance(one, Failed) and not one.is_mistake
            ]
            again += _tried_again(task, to_retry)
            for outcome in outcomes:
                if outcome not in to_retry:
                    told = _blamed(task, outcome)
                    _note(task, told)
                    yield replace(told, seed=task.options.seed)
        remaining = again


def _tried_again(task: Task, failures: Sequence[Failed]) -> list[Task]:
    """What failed of a task. A process that ended took all its analyses with it: one by one they tell whose doing that was."""
    if not failures:
        return []
    again = task.only({one.analysis for one in failures})
    if not any(one.is_death for one in failures):
        return [again]
    return [again.only({named.name}) for named in again.analyses]


def _blamed(task: Task, outcome: Outcome) -> Outcome:
    """An outcome, that of a process which ended with the analysis that was alone at work there."""
    is_alone = isinstance(outcome, Failed) and outcome.is_death and len(task.analyses) == 1
    return outcome.blamed_on(task.analyses[0].name) if is_alone and isinstance(outcome, Failed) else outcome


def _note(task: Task, outcome: Outcome) -> None:
    """Keep a failure, and forget the one that a success puts right. The user's mistakes are not kept: they can be mended."""
    if isinstance(outcome, Stored):
        failures.forget(task, {None, outcome.analysis})
    elif isinstance(outcome, Failed) and not outcome.is_mistake:
        failures.keep(task, outcome)
