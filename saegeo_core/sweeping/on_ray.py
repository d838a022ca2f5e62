"""Tasks on a Ray cluster: Ray starts the workers, and gives the task of one that is lost to another."""

import contextlib
import os
import signal
import socket
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from saegeo_core.errors import SaegeoError
from saegeo_core.sweeping.executor import Share
from saegeo_core.sweeping.outcomes import Failed, Outcome
from saegeo_core.sweeping.task import Task
from saegeo_core.sweeping.worker import Place, perform_quietly

SAME_EVERYWHERE = ("saegeo", "torch", "numpy")
"""Packages whose versions must agree: numbers and what is sent between processes depend on them."""
MAX_SUBMITTED = 1000
SECONDS_TO_ANSWER = 10.0
RETRIES = 2
"""How often Ray gives the task of a lost worker to another."""


@dataclass(frozen=True)
class RayExecutor:
    """A cluster that was joined; one that was started for the sweep ends with it."""

    share: Share

    @classmethod
    def joining(cls, where: str | None, share: Share) -> "RayExecutor":
        """Join the cluster at an address, or one of this machine, which is started where there is none.

        Raises:
            SaegeoError: nobody answers at the address, or the cluster lacks what a task asks for.
        """
        import ray

        _join(ray, where)
        for name, wanted in (("CPU", share.cpus), ("GPU", share.gpus)):
            there = ray.cluster_resources().get(name, 0)  # type: ignore[no-untyped-call]
            if wanted > there:
                ray.shutdown()
                raise SaegeoError(
                    f"a task asks for {wanted:g} {name}, and the cluster has {there:g} in all",
                    "start workers that have it, or ask for less",
                )
        return cls(share)

    def perform(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, list[Outcome]]]:
        """See `Executor`.

        Raises:
            SaegeoError: a worker of other versions, or one that cannot see the folder of results; the cluster is gone.
        """
        import ray
        from ray.exceptions import RayError

        if not tasks:
            return
        place = Place(os.getcwd(), self.share.threads)
        _refuse_unfit_nodes(ray, Path(place.folder), Path(tasks[0].options.out))
        remote = ray.remote(perform_quietly).options(**self._resources(), max_retries=RETRIES)
        waiting, running = list(reversed(tasks)), dict[Any, Task]()
        while waiting or running:
            while waiting and len(running) < MAX_SUBMITTED:
                task = waiting.pop()
                running[remote.remote(task, place)] = task
            done, _ = ray.wait(list(running), num_returns=1)
            for reference in done:
                task = running.pop(reference)
                try:
                    yield task, ray.get(reference)
                except RayError as error:
                    yield task, [Failed(task.spec, None, None, f"its worker was lost: {_first_line(error)}")]

    def _resources(self) -> dict[str, Any]:
        given = {"num_cpus": self.share.cpus, "num_gpus": self.share.gpus}
        return given if self.share.memory is None else {**given, "memory": self.share.memory}

    def close(self) -> None:
        """See `Executor`. A cluster that was there before stays."""
        import ray

        ray.shutdown()


def _join(ray: Any, where: str | None) -> None:
    """Join a cluster. Without an address one that listens on this machine alone is started where there is none."""
    quiet = {"log_to_driver": False, "logging_level": "error", "configure_logging": False}
    if where is not None:
        _refuse_silent(where)
    with _answer_to_sigterm_kept():
        try:
            ray.init(address=where or "auto", **quiet)
        except ConnectionError as error:
            if where is not None:
                raise _nobody(where, error) from None
            ray.init(include_dashboard=False, _node_ip_address="127.0.0.1", **quiet)


@contextlib.contextmanager
def _answer_to_sigterm_kept() -> Iterator[None]:
    """Ray has an answer of its own, which takes the place of the command line's and ends the process without a word."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(before):
            signal.signal(signal.SIGTERM, before)


def _refuse_silent(where: str) -> None:
    """Ray itself waits for minutes."""
    host, _, port = where.rpartition("://")[2].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), SECONDS_TO_ANSWER):
            return
    except (OSError, ValueError) as error:
        raise _nobody(where, error) from None


def _nobody(where: str, error: Exception) -> SaegeoError:
    return SaegeoError(
        f"no Ray cluster answers at {where}: {_first_line(error)}",
        "type HOST:PORT, as ray start says it (6379 unless told otherwise)",
    )


def _refuse_unfit_nodes(ray: Any, folder: Path, out: Path) -> None:
    """Ask every node which versions it has, and to write where results are to lie and read what this process wrote there.

    Raises:
        SaegeoError: one of them differs, or cannot; it is named.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    look = ray.remote(num_cpus=0, max_retries=0)(_look_around)
    nodes = [node for node in ray.nodes() if node["Alive"]]
    with tempfile.NamedTemporaryFile(dir=out, prefix=".seen-by-workers-") as ours:
        asked = [
            look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote(
                str(folder), str(out / Path(ours.name).name)
            )
            for node in nodes
        ]
        for node, answer in zip(nodes, ray.get(asked), strict=True):
            _refuse_unfit(node["NodeManagerAddress"], answer, out)


def _refuse_unfit(address: str, answer: "tuple[dict[str, str], str]", out: Path) -> None:
    versions, wrong = answer
    for package, ours in _versions().items():
        if versions.get(package) != ours:
            raise SaegeoError(
                f"the worker at {address} has {package} {versions.get(package)}, this process {ours}",
                "install the same versions on all machines",
            )
    if wrong:
        raise SaegeoError(
            f"the worker at {address} cannot work in {out}: {wrong}",
            "choose a folder with --out that all machines share",
        )


def _look_around(folder: str, seen: str) -> tuple[dict[str, str], str]:
    """On a worker: its versions, and what is wrong with the folders, if anything."""
    try:
        os.chdir(folder)
        Path(seen).read_bytes()
        with tempfile.TemporaryFile(dir=Path(seen).parent) as trial:
            trial.write(b"saegeo")
    except OSError as error:
        return _versions(), f"{error.strerror}: {error.filename}"
    return _versions(), ""


def _versions() -> dict[str, str]:
    return {package: version(package) for package in SAME_EVERYWHERE}


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
