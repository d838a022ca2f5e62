"""What a sweep costs where it is done elsewhere: small SAEs by three analyses, here, in two processes, and on two nodes of Ray.

`python -m benchmarks.sweep --saes 844` prints processor seconds, since other work on the machine changes them least, and the ways
take turns, so that it touches all alike. Here they are those of the thread that measures; of the other ways those of all
processes, from the first task of a turn to its last, those that Ray runs beside its workers apart. Workers are warm, having
measured two SAEs each before. Nothing is kept between runs, or the first way would draw nulls for the others. Reports must be
those made here, byte for byte but for when, where and how fast they were made. Ctrl-C ends it with the totals of full turns.
"""

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
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
N_WORKERS, N_TO_WARM, N_A_TURN = 2, 4, 40
ENGINE = ("raylet", "gcs_server", "Agent", "/ray/_private/", "/ray/dashboard/", "/ray/autoscaler/")
"""What the command lines of Ray's own processes hold."""
UNLIKE = ("created", "duration_seconds", "environment")


def main() -> None:
    """Print the processor seconds of each way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__)
    parser.add_argument("--saes", type=int, default=40, metavar="N", help="SAEs of 256 x 64 (default: %(default)s)")
    n = asked = parser.parse_args().saes
    os.environ["SAEGEO_CACHE"] = ""
    os.environ.setdefault("RAY_worker_niceness", "0")  # as nice as the other ways
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        make_saes(n + N_TO_WARM)
        processes = ProcessExecutor(N_WORKERS, Share())
        with two_nodes() as cluster, workers_of(cluster) as nodes:
            ways = {
                "here": one_after_the_other,
                "local:2": lambda tasks: sweep(tasks, processes),
                "ray": lambda tasks: sweep(tasks, nodes),
            }
            n, spent = taking_turns(ways, n)
        processes.close()
        saes = {f"sae_{number}.npy" for number in (*range(n), *range(asked, asked + N_TO_WARM))}
        made = [told(name, saes) for name in ways]
        os.chdir(os.path.dirname(folder))
    if not n:
        sys.exit("no turn was finished")
    here = spent.pop("here")
    print(
        f"{n} SAEs of {N_FEATURES} x {D} by {', '.join(ANALYSES)}: here {here.own:.1f} CPU s, {here.own / n:.3f} an SAE"
    )
    for name, there in spent.items():
        print(
            f"{name}: {there.own:.1f} CPU s, {there.own / here.own - 1:+.1%}; with {there.engine:.1f} CPU s "
            f"of the engine {(there.own + there.engine) / here.own - 1:+.1%}; "
            f"{there.wall * N_WORKERS / here.wall - 1:+.1%} by the clock and worker"
        )
    if not made[0] == made[1] == made[2] or len(made[0]) != (n + N_TO_WARM) * len(ANALYSES):
        sys.exit("the reports differ")
    print(f"{len(made[0])} reports of each way, the same")


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
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    plugins = PluginManager()
    with threadpool_limits(1):
        for task in tasks:
            yield from task.perform(plugins)


@contextmanager
def two_nodes() -> Iterator[Any]:
    """A Ray cluster of two nodes of one core each on this machine, whose processes import what this one does."""
    from ray.cluster_utils import Cluster

    os.environ["PYTHONPATH"] = ":".join(filter(None, sys.path))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        yield cluster
    finally:
        cluster.shutdown()


@contextmanager
def workers_of(cluster: Any) -> Iterator[Executor]:
    """Workers on the cluster."""
    from saegeo_core.sweeping.executors import OnRay

    executor = OnRay().open(cluster.address, Share())
    try:
        yield executor
    finally:
        executor.close()


@dataclass(frozen=True)
class Spent:
    """Seconds of processors, by who measures and who hands out (`own`) and by what Ray runs beside them, and of the clock."""

    own: float = 0.0
    engine: float = 0.0
    wall: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.own + other.own, self.engine + other.engine, self.wall + other.wall)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.own - other.own, self.engine - other.engine, self.wall - other.wall)


Way = Callable[[Sequence[Task]], Iterator[Outcome]]


def taking_turns(ways: dict[str, Way], n: int) -> tuple[int, dict[str, Spent]]:
    """How many of `n` SAEs were measured in all ways, if not for Ctrl-C all, and what they took in each; others go before them."""
    for name, way in ways.items():
        _do(way, tasks_of(range(n, n + N_TO_WARM), name))
    n_done, spent = 0, dict.fromkeys(ways, Spent())
    with contextlib.suppress(KeyboardInterrupt):
        while n_done < n:
            turn = range(n_done, min(n_done + N_A_TURN, n))
            taken = {name: _taken(name, way, turn) for name, way in ways.items()}
            n_done, spent = turn.stop, {name: spent[name] + one for name, one in taken.items()}
            print(
                n_done, *(f"{name}: {one.own:.1f} + {one.engine:.1f}" for name, one in spent.items()), file=sys.stderr
            )
    return n_done, spent


def _taken(name: str, way: Way, turn: Sequence[int]) -> Spent:
    so_far = spent_by_this_thread if name == "here" else spent_by_all
    before = so_far()
    _do(way, tasks_of(turn, name))
    return so_far() - before


def _do(way: Way, tasks: Sequence[Task]) -> None:
    failed = [outcome for outcome in way(tasks) if not isinstance(outcome, Stored)]
    if failed:
        sys.exit(str(failed[0]))


def spent_by_this_thread() -> Spent:
    """By the thread that asks."""
    return Spent(own=time.thread_time(), wall=time.perf_counter())


def spent_by_all() -> Spent:
    """By this process and every one below it that lives."""
    own, engine = 0.0, 0.0
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times, title = process.cpu_times(), " ".join(process.cmdline())
            if any(name in title for name in ENGINE):
                engine += times.user + times.system
            else:
                own += times.user + times.system
    return Spent(own, engine, time.perf_counter())


def told(folder: str, saes: Collection[str] | None = None) -> dict[str, Any]:
    """What every report says but for when, where and how fast it was made, by its path; of all SAEs, or of those named."""
    found = {}
    for path in Path(folder).rglob("*.json"):
        if saes is None or path.parent.name in saes:
            content = json.loads(path.read_bytes())
            kept = {key: content[key] for key in content if key not in UNLIKE}
            found[str(path.relative_to(folder))] = json.dumps(kept)
    return found


if __name__ == "__main__":
    main()
