"""What saegeo takes of Ray's private names, all of it. Ray has no public ones for this, so a later Ray may have it no more.

Every use says in a sentence when it is gone, and what to type to do without.
"""

import contextlib
import importlib
import os
from collections.abc import Iterator
from typing import Any

from saegeo_core.errors import SaegeoError

GIVE_ADDRESS = "type ray start --head, and give the address that it says: --on ray:HOST:PORT"


def address_of_ray_start() -> str | None:
    """The address of the cluster that `ray start` last made this machine part of; it may be over.

    `ray.init` looks there too, but waits for minutes where nobody answers, and its "auto" joins whatever sweep it finds running.

    Raises:
        SaegeoError: this Ray does not tell.
    """
    address: str | None = _private("services", "find_bootstrap_address", "finds a cluster that was started")(None)
    return address


@contextlib.contextmanager
def on_the_loopback() -> Iterator[None]:
    """Have a cluster that is started meanwhile listen on the loopback alone, in all its processes, as on macOS and Windows.

    On Linux Ray makes of the node address 127.0.0.1 that of the machine, and listens everywhere; this is the one switch there is.

    Raises:
        SaegeoError: this Ray has no such switch.
    """
    use = "keeps a cluster from listening beyond this machine"
    name = _private("ray_constants", "ENABLE_RAY_CLUSTERS_ENV_VAR", use)
    may_be_joined = _private("ray_constants", "ENABLE_RAY_CLUSTER", use)
    constants: Any = importlib.import_module("ray._private.ray_constants")
    before = os.environ.get(name)
    os.environ[name] = "0"  # for processes that are started
    constants.ENABLE_RAY_CLUSTER = False  # for this one
    try:
        yield
    finally:
        constants.ENABLE_RAY_CLUSTER = may_be_joined
        os.environ.pop(name)
        os.environ.update({} if before is None else {name: before})


def _private(module: str, name: str, use: str) -> Any:
    try:
        return getattr(importlib.import_module(f"ray._private.{module}"), name)
    except (ImportError, AttributeError):
        import ray

        raise SaegeoError(
            f"Ray {ray.__version__} has no {module}.{name}, by which saegeo {use}", GIVE_ADDRESS
        ) from None
