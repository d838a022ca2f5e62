"""The executors that come with saegeo, registered as a stranger's would be."""

import os
from typing import TYPE_CHECKING

from saegeo_core.errors import SaegeoError
from saegeo_core.plugin.hookspecs import hookimpl
from saegeo_core.sweeping.executor import Share

if TYPE_CHECKING:
    from saegeo_core.sweeping.on_ray import RayExecutor
    from saegeo_core.sweeping.processes import ProcessExecutor


@hookimpl
def saegeo_register_executors(register):  # type: ignore[no-untyped-def]
    """Register processes of this machine, and Ray."""
    register(SeveralProcesses())
    register(OnRay())


class SeveralProcesses:
    """`--on local:N`."""

    name = "local"
    summary = "this process, or with local:N so many processes of this machine"

    def open(self, where: str | None, share: Share) -> "ProcessExecutor":
        """N processes, or as many as there are cores for.

        Raises:
            SaegeoError: N is no number of processes.
        """
        from saegeo_core.sweeping.processes import ProcessExecutor

        if where is None:
            return ProcessExecutor(max(1, int(len(os.sched_getaffinity(0)) / share.cpus)), share)
        if not where.isascii() or not where.isdigit() or int(where) < 1:
            raise SaegeoError(f"--on local:{where} is no number of processes", "type for example --on local:4")
        return ProcessExecutor(int(where), share)


class OnRay:
    """`--on ray` and `--on ray:ADDRESS`."""

    name = "ray"
    summary = "a Ray cluster: ray:ADDRESS joins one; ray alone joins that of this machine, or starts it"

    def open(self, where: str | None, share: Share) -> "RayExecutor":
        """Join the cluster at an address, or that of this machine.

        Raises:
            SaegeoError: Ray is not installed; nobody answers at the address; the cluster lacks what a task asks for.
        """
        try:
            import ray  # noqa: F401
        except ImportError:
            raise SaegeoError("--on ray needs Ray, which is not installed", "pip install 'ray>=2.50'") from None
        from saegeo_core.sweeping.on_ray import RayExecutor

        return RayExecutor.joining(where, share)
