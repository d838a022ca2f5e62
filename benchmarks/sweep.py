"""What a sweep costs where it is done elsewhere: small SAEs by three analyses, here, in two processes, and on two nodes of Ray.

`python -m benchmarks.sweep --saes 844` prints processor seconds, since other work on the machine changes them least. Of every way
they are those of all its processes from the first task to the last, those that Ray runs beside its workers apart, for these keep
busy whatever is done. Workers are warm, having measured two SAEs each before. Reports must be those made here, byte for byte but
for when, where and how fast they were made.
"""

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from saegeo_core import PluginManager
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.running.model_place import ModelPlace
from saegeo_core.sweeping.executor import Executor, Share
from saegeo_core.sweeping.options import RunOptions
from saegeo_core.sweeping.outcomes import Outcome, Stored
from saegeo_core.sweeping.processes import ProcessExecutor
from saegeo_core.sweeping.sweep import sweep
from saegeo_core.sweeping.task import NamedAnalysis, Task

N_FEATURES, D = 256, 64
ANALYSES = ("cosine-tails", "power-law", "entropy")
N_WORKERS, N_TO_WARM = 2, 4
ENGINE = ("raylet", "gcs_server", "Agent", "/ray/_private/", "/ray/dashboard/", "/ray/autoscaler/")
"""What the command lines of Ray's own processes hold."""
UNLIKE = ("created", "duration_seconds", "environment")


def main() -> None:
    """Print the processor seconds of each way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__)
    parser.add_argument("--saes", type=int, default=40, metavar="N", help="SAEs of 256 x 64 (default: %(default)s)")
    n = parser.parse_args().saes
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        make_saes(n + N_TO_WARM)
        here = _measured("here", n, one_after_the_other)
        processes = ProcessExecutor(N_WORKERS, Share())
        there = {"local:2": _measured("processes", n, lambda tasks: sweep(tasks, processes))}
        processes.close()
        with two_nodes() as executor:
            there["ray"] = _measured("ray", n, lambda tasks: sweep(tasks, executor))
        made = [told("here"), told("processes"), told("ray")]
        os.chdir(os.path.dirname(folder))
    print(
        f"{n} SAEs of {N_FEATURES} x {D} by {', '.join(ANALYSES)}: here {here.own:.1f} CPU s, {here.own / n:.3f} an SAE"
    )
    for name, spent in there.items():
        print(
            f"{name}: {spent.own:.1f} CPU s, {spent.own / here.own - 1:+.1%}; the engine beside them {spent.engine:.1f} CPU s"
        )
    if not made[0] == made[1] == made[2] or len(made[0]) != (n + N_TO_WARM) * len(ANALYSES):
        sys.exit("the reports differ")


def make_saes(n: int) -> None:
    """Decoders of unit rows with a falling spectrum, in the working directory."""
    rng = np.random.default_rng(0)
    for number in range(n):
        rows = (rng.standard_normal((N_FEATURES, D)) * np.arange(1, D + 1) ** -0.4).astype(np.float32)
        np.save(f"sae_{number}.npy", rows / np.linalg.norm(rows, axis=1, keepdims=True))


def tasks_of(numbers: Sequence[int], out: str) -> list[Task]:
    """One for each SAE."""
    Path(out).mkdir(exist_ok=True)
    options = RunOptions(
        preset="calibrated",
        settings=(),
        rows="decoder",
        layout=None,
        decoder_key=None,
        model_slice=None,
        features=None,
        labels=None,
        firing=None,
        place=ModelPlace(device="cpu"),
        seed=0,
        out=out,
        existing="reuse",
        with_traceback=False,
    )
    analyses = tuple(NamedAnalysis(name, {}) for name in ANALYSES)
    return [Task(SaeSpec(path=Path(f"sae_{number}.npy").absolute()), analyses, options) for number in numbers]


def one_after_the_other(tasks: Sequence[Task]) -> Iterator[Outcome]:
    """In this process."""
    import torch

    torch.set_num_threads(1)
    plugins = PluginManager()
    for task in tasks:
        yield from task.perform(plugins)


@contextmanager
def two_nodes() -> Iterator[Executor]:
    """A Ray cluster of two nodes of one core each on this machine."""
    from ray.cluster_utils import Cluster

    from saegeo_core.sweeping.executors import OnRay

    os.environ["PYTHONPATH"] = ":".join(filter(None, sys.path))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    executor = OnRay().open(cluster.address, Share())
    try:
        yield executor
    finally:
        executor.close()
        cluster.shutdown()


@dataclass(frozen=True)
class Spent:
    """Processor seconds of who measures and who hands out (`own`), and of the processes that Ray runs beside them (`engine`)."""

    own: float
    engine: float

    def __sub__(self, other: "Spent") -> "Spent":
        """What was spent since."""
        return Spent(self.own - other.own, self.engine - other.engine)


def _measured(out: str, n: int, way: Callable[[Sequence[Task]], Iterator[Outcome]]) -> Spent:
    """What `n` SAEs take, others having been measured before."""
    _do(way, tasks_of(range(n, n + N_TO_WARM), out))
    tasks, before, start = tasks_of(range(n), out), spent_so_far(), time.perf_counter()
    _do(way, tasks)
    spent = spent_so_far() - before
    print(f"{out}: {spent.own:.1f} + {spent.engine:.1f} CPU s in {time.perf_counter() - start:.1f} s", file=sys.stderr)
    return spent


def _do(way: Callable[[Sequence[Task]], Iterator[Outcome]], tasks: Sequence[Task]) -> None:
    failed = [outcome for outcome in way(tasks) if not isinstance(outcome, Stored)]
    if failed:
        sys.exit(str(failed[0]))


def spent_so_far() -> Spent:
    """Of this process and of every one below it that lives."""
    own, engine = 0.0, 0.0
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times, title = process.cpu_times(), " ".join(process.cmdline())
            if any(name in title for name in ENGINE):
                engine += times.user + times.system
            else:
                own += times.user + times.system
    return Spent(own, engine)


def told(folder: str) -> dict[str, Any]:
    """What every report says but for when, where and how fast it was made, by its path."""
    found = {}
    for path in Path(folder).rglob("*.json"):
        content = json.loads(path.read_bytes())
        found[str(path.relative_to(folder))] = json.dumps({key: content[key] for key in content if key not in UNLIKE})
    return found


if __name__ == "__main__":
    main()
