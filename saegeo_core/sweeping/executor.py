"""What does the tasks of a sweep, where: the one interface that this machine, several processes and a cluster share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from saegeo_core.errors import SaegeoError
from saegeo_core.sweeping.outcomes import Outcome

Work = TypeVar("Work")
"""What is to be done: a `Task`, of which an executor need know no more than that a worker can do it (`worker.perform_quietly`)."""


@dataclass(frozen=True)
class Share:
    """What one task may take of the machine it runs on.

    Attributes:
        cpus: cores, which are also the threads it computes with; a fraction lets several tasks share a core.
        gpus: cards, or a fraction of one.
        memory: bytes that are set aside for it; None sets none aside.
    """

    cpus: float = 1.0
    gpus: float = 0.0
    memory: int | None = None

    @property
    def threads(self) -> int:
        """Threads of a task."""
        return max(1, int(self.cpus))


class Executor(Protocol[Work]):
    """Does tasks somewhere."""

    def perform(self, tasks: Sequence[Work]) -> Iterator[tuple[Work, list[Outcome]]]:
        """The outcomes of each task, as tasks end, in whatever order.

        A worker that dies ends none of the others: what it was doing is an outcome, `Failed` and no mistake.

        Raises:
            SaegeoError: tasks cannot be done there: nobody answers, another version, a folder that workers cannot see.
        """
        ...

    def close(self) -> None:
        """End the workers at once, and whatever they are doing. What is stored stays."""
        ...


class ExecutorKind(Protocol):
    """A way of doing tasks, registered by a plugin and chosen by `--on NAME` or `--on NAME:WHERE`."""

    name: str
    summary: str

    def open(self, where: str | None, share: Share) -> Executor[Any]:
        """An executor of this kind.

        Args:
            where: what was typed behind the colon; None where nothing was.
            share: what each task may take.

        Raises:
            SaegeoError: nothing is there, or something to be installed is not.
        """
        ...


def open_executor(on: str, share: Share, kinds: Sequence[ExecutorKind]) -> Executor[Any]:
    """The executor that `--on` names.

    Raises:
        SaegeoError: no such kind, or what the kind refuses.
    """
    name, _, where = on.partition(":")
    for kind in kinds:
        if kind.name == name:
            return kind.open(where or None, share)
    known = ", ".join(kind.name for kind in kinds)
    raise SaegeoError(f"--on {on}: there is no way of running called {name!r}", f"there is: {known}")
