"""Where a run does its work, as the user says it."""

from dataclasses import dataclass

from saegeo_core.sweeping.executor import Share


@dataclass(frozen=True)
class Elsewhere:
    """Where a run does its work.

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


HERE = Elsewhere()
