"""All tasks of a sweep, wherever they are done: what fails is tried again, then kept; the others go on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from saegeo_core.full_disk import NoRoom
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
    unread: list[Task] = []
    for attempt in range(1, ATTEMPTS + 1):
        again: list[Task] = []
        work = chain((task for task in remaining if task.analyses), (_with_sae(task) or task for task in unread))
        unread = []
        for task, came in executor.perform(work):
            if isinstance(came, NoRoom) and attempt < ATTEMPTS:
                again.append(task)
                continue
            outcomes = [_without_room(task, came)] if isinstance(came, NoRoom) else came
            if attempt < ATTEMPTS and _is_lacking(task, outcomes):
                unread.append(task)
                continue
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


def _is_lacking(task: Task, outcomes: Sequence[Outcome]) -> bool:
    """Whether a worker could not read the SAE, and this process can: it may lie where only this machine sees it."""
    is_unread = any(isinstance(one, Failed) and one.is_unread for one in outcomes)
    return is_unread and task.sent is None and _with_sae(task) is not None


def _with_sae(task: Task) -> Task | None:
    """The task with its SAE; None where this process cannot read it either, so that what the worker told of it stands."""
    try:
        return task.with_sae()
    except (Exception, SystemExit):  # a stranger's loader may fail in any way
        return None


def _without_room(task: Task, disk: NoRoom) -> Failed:
    """What is told where every attempt met a full disk. It is not kept: it can be mended."""
    return Failed(task.spec, None, None, str(disk), "make room, and type the same command", is_mistake=True)


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
