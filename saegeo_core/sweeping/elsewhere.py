"""Where a command does its work, as the user says it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from saegeo_core.sweeping.executor import Executor, ExecutorKind, Share, open_executor


@dataclass(frozen=True)
class Elsewhere:
    """Where a command does its work.

    Attributes:
        on: "local" for this process, or what an executor is named by.
        cpus: cores of a task, which are its threads too.
        gpus: cards of a task; None for one where it computes on CUDA.
        memory: gigabytes that are set aside for a task; None for none.
        retry_failed: try again what failed in an earlier sweep.
    """

    on: str = "local"
    cpus: float = 1.0
    gpus: float | None = None
    memory: float | None = None
    retry_failed: bool = False

    @property
    def is_here(self) -> bool:
        """Whether this process does it."""
        return self.on == "local"

    def share(self, device: str) -> Share:
        """What a task may take that computes on a device."""
        gpus = float(device.startswith("cuda")) if self.gpus is None else self.gpus
        return Share(self.cpus, gpus, None if self.memory is None else int(self.memory * 1e9))

    @contextmanager
    def workers(self, device: str, kinds: Sequence[ExecutorKind]) -> Iterator[Executor | None]:
        """The executor that was asked for, which is closed in the end; None where this process does the work.

        Raises:
            SaegeoError: there is no such kind, or what the kind refuses.
        """
        if self.is_here:
            yield None
            return
        executor = open_executor(self.on, self.share(device), kinds)
        try:
            yield executor
        finally:
            executor.close()


HERE = Elsewhere()
