"""What does work elsewhere, where: the one interface that several processes and a cluster share, for sweeps and for harvests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from saegeo_core.errors import SaegeoError


@dataclass(frozen=True)
class Found:
    """What a process finds under a name.

    Attributes:
        digest: of what is there; None where it cannot be read.
        why: why it cannot.
    """

    digest: str | None
    why: str = ""


class Work(Protocol):
    """What any process can do, at any time and as often as need be: what it makes is the same each time, whole or not there."""

    @property
    def folder(self) -> Path | None:
        """Where all workers have to be able to write; None where there is no such place."""
        ...

    def done(self, common: Any) -> Any:
        """Do it, in a worker. What is given back goes to whoever asked, and says what went wrong: nothing is raised.

        Where the disk is full that is a `NoRoom`: the worker is then given nothing more.

        Args:
            common: what all work of one call of `Executor.perform` shares.
        """
        ...

    def found(self) -> Mapping[str, Found]:
        """What a process finds of what work reads and is not sent, by how it was named: all have to find the same."""
        ...

    def lost(self, why: str) -> Any:
        """What is given back in its place where a worker died of it, or at it."""
        ...


Given = TypeVar("Given", bound=Work)


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


class Executor(Protocol):
    """Has work done by workers, each of which does one thing after another."""

    def perform(self, work: Iterable[Given], common: Any = None) -> Iterator[tuple[Given, Any]]:
        """What was done and what came of it, as things end, in whatever order.

        A worker that dies ends none of the others: of what it was doing `lost` is given.

        Args:
            work: is taken when a worker has nothing to do, and one ahead; so it may be as long as a corpus.
            common: is handed to every worker once.

        Raises:
            SaegeoError: work cannot be done there: nobody answers, another version, a folder that workers cannot see.
            Unfinished: there is nobody left to do it, or nobody who has room on a disk.
        """
        ...

    def close(self) -> None:
        """End the workers at once, and whatever they are doing. What is stored stays."""
        ...


class ExecutorKind(Protocol):
    """A way of having work done, registered by a plugin and chosen by `--on NAME` or `--on NAME:WHERE`."""

    name: str
    summary: str

    def open(self, where: str | None, share: Share) -> Executor:
        """An executor of this kind.

        Args:
            where: what was typed behind the colon; None where nothing was.
            share: what each task may take.

        Raises:
            SaegeoError: nothing is there, or something to be installed is not.
        """
        ...


def open_executor(on: str, share: Share, kinds: Sequence[ExecutorKind]) -> Executor:
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
