"""A Ray cluster that was joined: whether it is there, for how many workers it has room, and whether its machines are fit."""

import contextlib
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from saegeo_core.errors import SaegeoError, Unfinished
from saegeo_core.sweeping.executor import Found, Share, Work
from saegeo_core.sweeping.ray_private import GIVE_ADDRESS, address_of_ray_start, on_the_loopback

SAME_EVERYWHERE = ("saegeo", "torch", "numpy")
"""Packages whose versions must agree: numbers and what is sent between processes depend on them."""
NICENESS = "RAY_worker_niceness"
"""What Ray adds to the niceness of its workers: 15 unless this variable says otherwise, so that they wait for all other work."""
AUTH_MODE = "RAY_AUTH_MODE"
SECONDS_TO_ANSWER = 10.0
SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_TO_BE_MISSED = 10
SECONDS_TO_COME_BACK = 20.0
"""How long the head may be silent. After 60 Ray ends the process that joined it, without a word."""


@dataclass
class RayCluster:
    """A cluster that was joined.

    Attributes:
        head: host and port that answer as long as the cluster is there.
        is_lost: whether they do no more.
    """

    head: tuple[str, int]
    is_lost: bool = False
    _nodes: list[dict[str, Any]] = field(default_factory=list)
    _fit: set[tuple[str, Path | None]] = field(default_factory=set)
    _looked: float = float("-inf")

    @classmethod
    def joined(cls, where: str | None) -> "RayCluster":
        """Join the cluster at an address, or that of this machine; where there is none, one that listens on it alone is started.

        That of this machine is the one that RAY_ADDRESS names, or the last that `ray start` joined. Others' own sweeps are none.

        Raises:
            SaegeoError: nobody answers at the address, or nobody lets this process in; one that was started would listen beyond
                this machine.
        """
        import ray

        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error", "configure_logging": False}
        address = where or _of_this_machine()
        with answer_to_sigterm_kept():
            if address is None:
                _start_one(**quiet)
            else:
                _refuse_silent(address)  # Ray itself waits for minutes
                try:
                    ray.init(address=address, **quiet)
                except ConnectionError as error:
                    raise _not_let_in(address, error) from None
        return cls(_host_and_port(address or ray.get_runtime_context().gcs_address))

    def leave(self) -> None:
        """Leave it; one that was started by joining ends."""
        import ray

        if not self.is_lost:  # a cluster that is gone cannot be told
            ray.shutdown()

    def room(self, share: Share) -> int:
        """How many workers the machines have room for in all."""
        wanted = {"CPU": share.cpus, "GPU": share.gpus, "memory": share.memory or 0}
        return sum(
            min(int(node["Resources"].get(name, 0) / n + 1e-9) for name, n in wanted.items() if n)
            for node in self._nodes
        )

    def refuse_without_room(self, share: Share) -> None:
        """Raise SaegeoError where no machine has what a worker takes."""
        self._nodes = self._alive()
        if self.room(share):
            return
        has = {name: sum(node["Resources"].get(name, 0) for node in self._nodes) for name in ("CPU", "GPU")}
        memory = f", {share.memory / 1e9:g} GB" if share.memory else ""
        raise SaegeoError(
            f"a worker takes {share.cpus:g} CPU, {share.gpus:g} GPU{memory}, and no machine of the cluster has as much; "
            f"all {len(self._nodes)} together have {has['CPU']:g} CPU, {has['GPU']:g} GPU",
            "start machines that have it, or ask for less",
        )

    def look(self, here: Path, work: Work) -> None:
        """See whether the cluster is there, and which machines it has now; those that are new are asked what they are.

        Args:
            here: the folder that the user is in.
            work: some of what is to be done. Where it has a folder, all have to see both, and to be able to write to it.

        Raises:
            SaegeoError: a machine has other versions, or cannot see a folder, or what the work reads.
            Unfinished: nobody answers for the cluster any more.
        """
        self.wait_for_head()
        self._nodes = self._alive()
        new = [node for node in self._nodes if (node["NodeID"], work.folder) not in self._fit]
        if new:
            refuse_unfit(new, here, work)
            self._fit |= {(node["NodeID"], work.folder) for node in new}
        self._looked = time.monotonic()

    def look_again(self, here: Path, work: Work) -> None:
        """The same, if that was not just now."""
        if time.monotonic() - self._looked > SECONDS_BETWEEN_LOOKS:
            self.look(here, work)

    def wait_for_head(self) -> None:
        """See whether the cluster is there. To be done before anything is asked of it: without a head, Ray may never answer.

        Raises:
            Unfinished: nobody answers for the cluster any more.
        """
        silent_since = time.monotonic()
        while not _answers(self.head):
            if time.monotonic() - silent_since > SECONDS_TO_COME_BACK:
                self.is_lost = True
                raise Unfinished(
                    f"the Ray cluster at {self.head[0]}:{self.head[1]} is gone: nobody has answered there for "
                    f"{SECONDS_TO_COME_BACK:.0f} seconds",
                    "what was finished is kept: start a cluster, and type the same command",
                )
            time.sleep(1)

    @staticmethod
    def _alive() -> list[dict[str, Any]]:
        import ray

        return [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def answer_to_sigterm_kept() -> Iterator[None]:
    """Ray has an answer of its own, which takes the place of the command line's and ends the process without a word."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(before):
            signal.signal(signal.SIGTERM, before)


def _start_one(**quiet: Any) -> None:
    """Start a cluster of this machine alone, whose workers are as nice as this process: nobody but the user has work there.

    Raises:
        SaegeoError: it would listen beyond this machine.
    """
    import ray

    niceness = {} if NICENESS in os.environ else {NICENESS: "0"}
    os.environ.update(niceness)
    try:
        with on_the_loopback():
            ray.init(address="local", include_dashboard=False, **quiet)
    finally:
        for name in niceness:
            del os.environ[name]
    addresses = [node["NodeManagerAddress"] for node in ray.nodes()]  # type: ignore[no-untyped-call]
    if not all(ip_address(address).is_loopback for address in addresses):
        ray.shutdown()
        raise SaegeoError(
            f"Ray {ray.__version__} listens beyond this machine, on {', '.join(addresses)}, though told not to",
            GIVE_ADDRESS,
        )


def refuse_unfit(nodes: list[dict[str, Any]], here: Path, work: Work) -> None:
    """Ask machines for their versions, to write where results are to lie, and to read there and besides what this process reads.

    Raises:
        SaegeoError: one of them differs, or cannot; it is named.
    """
    import ray
    from ray.exceptions import RayError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    look, out = ray.remote(num_cpus=0, max_retries=0)(_look_around), work.folder
    with tempfile.NamedTemporaryFile(dir=out, prefix=".seen-by-workers-") as ours:
        seen = None if out is None else str(out / Path(ours.name).name)
        held = [ray.put(work)]  # in a list Ray leaves it alone: a machine of another version could not read it
        asked = [
            look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote(
                _versions(), str(here), seen, held
            )
            for node in nodes
        ]
        found = work.found()
        for node, reference in zip(nodes, asked, strict=True):
            try:
                answer = ray.get(reference)
            except RayError as error:
                if _has_left(node["NodeID"]):
                    continue
                raise SaegeoError(
                    f"the machine at {node['NodeManagerAddress']} cannot do what saegeo asks: {first_line(error)}",
                    "install saegeo on all machines, the same version",
                ) from error
            _refuse_unfit(node["NodeManagerAddress"], answer, out, found)


def _has_left(node_id: str) -> bool:
    """Whether a machine that did not answer is told to be gone, at once or soon: the cluster learns of it with delay."""
    import ray

    for _ in range(SECONDS_TO_BE_MISSED):
        if all(node["NodeID"] != node_id or not node["Alive"] for node in ray.nodes()):  # type: ignore[no-untyped-call]
            return True
        time.sleep(1)
    return False


Seen = tuple[dict[str, str], str, Mapping[str, Found]]
"""What a machine says of itself: its versions, what is wrong with the folders, if anything, and what it finds of what is read."""


def _refuse_unfit(address: str, seen: Seen, out: Path | None, found: Mapping[str, Found]) -> None:
    versions, wrong, theirs = seen
    for package, ours in _versions().items():
        if versions.get(package) != ours:
            raise SaegeoError(
                f"the worker at {address} has {package} {versions.get(package)}, this process {ours}",
                "install the same versions on all machines",
            )
    if wrong:
        raise SaegeoError(
            f"the worker at {address} cannot work in {out}: {wrong}",
            "choose a folder with --out that all machines share and can write to, or make room there",
        )
    for name, here in found.items():
        there = theirs[name]
        if here.digest not in (None, there.digest):
            differs = f"finds something else there: {name}" if there.digest else f"cannot read {name}: {there.why}"
            raise SaegeoError(f"the worker at {address} {differs}", "put it where all machines see it, under one name")


def _look_around(versions: dict[str, str], here: str, seen: str | None, held: list[Any]) -> Seen:
    """On a worker."""
    import ray

    if _versions() != versions or seen is None:
        return _versions(), "", {}
    try:
        os.chdir(here)
        Path(seen).read_bytes()
        with tempfile.TemporaryFile(dir=Path(seen).parent) as trial:
            trial.write(b"saegeo")
    except OSError as error:
        where = "" if error.filename is None else f": {error.filename}"
        return _versions(), f"{error.strerror}{where}", {}
    return _versions(), "", ray.get(held[0]).found()


def _versions() -> dict[str, str]:
    return {package: version(package) for package in SAME_EVERYWHERE}


def _of_this_machine() -> str | None:
    """The address of a cluster that this machine is part of; None where there is none, or nobody answers any more."""
    named = os.environ.get("RAY_ADDRESS")
    if named and named not in ("auto", "local"):
        return named
    started = address_of_ray_start()
    return started if named != "local" and started and _answers(_host_and_port(started)) else None


def _refuse_silent(where: str) -> None:
    try:
        with socket.create_connection(_host_and_port(where), SECONDS_TO_ANSWER):
            return
    except (OSError, ValueError) as error:
        raise _nobody(where, error) from None


def _answers(head: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(head, SECONDS_TO_ANSWER):
            return True
    except OSError:
        return False


def _host_and_port(address: str) -> tuple[str, int]:
    """Raises ValueError where it is none."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    return host, int(port)


def _nobody(where: str, error: Exception) -> SaegeoError:
    return SaegeoError(
        f"no Ray cluster answers at {where}: {first_line(error)}",
        "type HOST:PORT, as ray start says it (6379 unless told otherwise)",
    )


def _not_let_in(where: str, error: Exception) -> SaegeoError:
    """Somebody answers there. `ray start` asks for the token of ~/.ray where there is one, but Ray sends it only when told to."""
    if os.environ.get(AUTH_MODE, "disabled") == "disabled":
        hint = f"if it asks for a token, have that here in ~/.ray/auth_token, and type {AUTH_MODE}=token before the command"
    else:
        hint = f"{AUTH_MODE} and the token have to be those of the cluster: see ray get-auth-token"
    return SaegeoError(
        f"what answers at {where} is no Ray cluster, or does not let saegeo in: {first_line(error)}", hint
    )


def first_line(error: object) -> str:
    """What an error says, as far as the end of the line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
