"""`python -m tests.interruption.elsewhere`: workers, machines, drivers and the head of a cluster are killed, and nothing is lost.

A sweep loses ten workers at random moments and its driver, on Ray a machine and at last the head, too. Started again each time, it
must come to every report once, and nothing may be computed that is stored. Harvests of the bundled SAEs by one, two and three
workers, one of which is killed in the middle, must make the files that one process makes.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import psutil

from tests.interruption.ended_harvests import digests, half_written

N_KILLS = 10
ANALYSES = ("slow-one", "slow-two")
PLUGIN = """
import time
import uuid
from pathlib import Path

from saegeo_core import Absent, Analysis, Findings, Metric, hookimpl
from saegeo_core.harvesting import portions

portions.CHARACTERS = 1 << 14  # many portions, in every process


class Slow(Analysis):
    version = "1"
    headline = "mean_length"
    summary = "Mean length, at leisure"
    reference = "none"

    def __init__(self, name):
        self.name = name

    def analyze(self, cloud, parameters, context):
        is_stored = any(Path("reports").rglob(f"{Path(cloud.sae.sae_id).name}/{self.name}-*.json"))
        Path("again" if is_stored else "ran", f"{self.name} {Path(cloud.sae.sae_id).name} {uuid.uuid4().hex}").touch()
        time.sleep(0.5)
        absent = Absent("a test needs none")
        mean = float(cloud.norms.mean()) + float(context.rng.standard_normal())
        return Findings([Metric(name="mean_length", estimate=mean, interval=absent, nulls=absent, n=1, unit="length",
                                better="neither", description="Mean length.")])


@hookimpl
def saegeo_register_analyses(register):
    for name in ("slow-one", "slow-two"):
        register(Slow(name))
"""
HARVEST = ("harvest", "minilm-l6:layer_*", "--model", "minilm-l6", "--corpus", "corpus.jsonl")


class Command:
    """`saegeo ARGS` in the working folder."""

    def __init__(self, *arguments: str) -> None:
        self.said = Path(f"said-{time.monotonic_ns()}")
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "saegeo_core", *arguments], stdout=subprocess.DEVNULL, stderr=said
            )

    def goes_on(self) -> bool:
        return self.process.poll() is None

    def end(self) -> tuple[int, str]:
        """Its status, and the last line it said."""
        self.process.wait(1200)
        lines = self.said.read_text(errors="replace").strip().splitlines()
        return self.process.returncode, lines[-1] if lines else ""


class Cluster:
    """A Ray cluster of machines of one core each, all of them here."""

    def __init__(self, n: int) -> None:
        from ray.cluster_utils import Cluster as Machines

        self._machines = Machines(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        self._others = [self._machines.add_node(num_cpus=1) for _ in range(n - 1)]

    @property
    def on(self) -> str:
        return f"ray:{self._machines.address}"

    def lose_machine(self) -> None:
        self._machines.remove_node(self._others.pop(), allow_graceful=False)

    def lose_head(self) -> None:
        """SIGKILL to every process of the head."""
        for processes in self._machines.head_node.all_processes.values():
            for one in processes:
                one.process.kill()

    def close(self) -> None:
        with contextlib.suppress(Exception):  # much of it may be gone
            self._machines.shutdown()


def main() -> None:
    """Sweeps, then harvests."""
    asked = argparse.ArgumentParser(prog="python -m tests.interruption.elsewhere", description=__doc__)
    asked.add_argument("--saes", type=int, default=120, help="of a sweep, two analyses of half a second each")
    asked.add_argument("--documents", type=int, default=40, help="that are harvested")
    asked.add_argument("--seed", type=int, default=0, help="decides the moments")
    asked.add_argument("--only", choices=["sweeps", "harvests"])
    options = asked.parse_args()
    rng = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:
        os.environ["RAY_TMPDIR"] = folder
        os.environ["PYTHONPATH"] = ":".join([f"{folder}/plugin", *(os.path.abspath(one or ".") for one in sys.path)])
        plant(Path(folder, "plugin"))
        if options.only != "harvests":
            for on_ray in (False, True):
                sweep(Path(folder, f"sweep-{on_ray}"), options.saes, rng, on_ray=on_ray)
        if options.only != "sweeps":
            harvests(Path(folder, "harvests"), options.documents, rng)


def plant(folder: Path) -> None:
    """A plugin of two analyses."""
    facts = folder / "slow-1.dist-info"
    facts.mkdir(parents=True)
    (folder / "slow_analyses.py").write_text(PLUGIN)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[saegeo]\nslow = slow_analyses\n")


def sweep(folder: Path, n: int, rng: np.random.Generator, *, on_ray: bool) -> None:
    """One that loses all that can be lost."""
    folder.mkdir()
    os.chdir(folder)
    for name in ("saes", "ran", "again"):
        Path(name).mkdir()
    for number in range(n):
        np.save(f"saes/sae_{number}.npy", rng.standard_normal((20, 4)).astype(np.float32))
    Path("sweep.yaml").write_text(f"saes: [./saes/sae_*.npy]\nplugins: [{', '.join(ANALYSES)}]\n")
    cluster = Cluster(3) if on_ray else None
    on = cluster.on if cluster else "local:3"
    arguments = ("run", "--from", "sweep.yaml", "--out", "reports", "--retry-failed", "--on")
    driver = Command(*arguments, on)
    n_kills = kill_workers(driver, N_KILLS // 2, rng, n_begun)
    if cluster:
        cluster.lose_machine()
    n_kills += kill_workers(driver, N_KILLS - n_kills, rng, n_begun)
    n_before = n_reports()
    driver.process.kill()
    print(
        f"{on}: {n_kills} workers killed{', a machine lost' * on_ray}, driver killed: {driver.end()[0]}, {n_before} stored"
    )
    if cluster:
        driver = Command(*arguments, on)
        wait_for_more(driver, n_reports, 6)
        cluster.lose_head()
        print(f"head killed: {driver.end()}, {n_reports()} stored")
        cluster.close()
        cluster = Cluster(2)
        on = cluster.on
    status, _ = Command(*arguments, on).end()
    if cluster:
        cluster.close()
    print(
        f"then: {status}; {n_reports()} reports of {n * len(ANALYSES)}, {n_begun() - n_reports()} begun and not finished, "
        f"{len(list(Path('again').iterdir()))} computed though stored, {len(half_written(folder))} half-written, "
        f"{len(list(Path('reports').rglob('*.failed')))} failed",
        flush=True,
    )
    if (
        status
        or {(name, number) for name in ANALYSES for number in range(n)} != cells()
        or any(Path("again").iterdir())
    ):
        sys.exit("that is not as it should be")


def harvests(folder: Path, documents: int, rng: np.random.Generator) -> None:
    """By one, two and three workers of either kind, one of which is killed."""
    folder.mkdir()
    os.chdir(folder)
    texts = (" ".join(rng.choice((__doc__ or "").split(), 400)) for _ in range(documents))
    Path("corpus.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))
    arguments = (*HARVEST, "--out")
    told = Command(*arguments, "serial").end()
    expected = digests(Path("serial"))
    print(f"one process: {told[0]}, {len(expected)} files", flush=True)
    for on_ray in (False, True):
        for n in (1, 2, 3):
            cluster = Cluster(n) if on_ray else None
            out, on = f"{n}-{on_ray}", cluster.on if cluster else f"local:{n}"
            driver = Command(*arguments, out, "--on", on)
            n_kills = kill_workers(driver, 1, rng, lambda out=out: len(list(Path(out).rglob("shard-*.npz"))))
            status, said = driver.end()
            if cluster:
                cluster.close()
            differ = sorted(name for name, _ in expected.items() ^ digests(Path(out)).items())
            print(f"{on}, {n} workers, {n_kills} killed: {status}, {len(set(differ))} files differ", flush=True)
            if status or differ:
                sys.exit(f"{said}\n{sorted(set(differ))}")


def kill_workers(driver: Command, n: int, rng: np.random.Generator, begun: Callable[[], int]) -> int:
    """Kill `n` workers, each up to a second after one more thing was begun; how many there were to kill."""
    n_killed = 0
    while n_killed < n and driver.goes_on():
        wait_for_more(driver, begun)
        time.sleep(rng.uniform(0, 1))
        at_work = workers(driver)
        if at_work:
            with contextlib.suppress(psutil.NoSuchProcess):
                at_work[rng.integers(len(at_work))].send_signal(signal.SIGKILL)
                n_killed += 1
    return n_killed


def workers(driver: Command) -> list[psutil.Process]:
    """Processes that work for the driver: its own, or those that Ray started below this one and gave work."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            title = " ".join(process.cmdline())
            if "spawn_main" in title if driver.process.pid == process.ppid() else title.startswith("ray::Worker"):
                found.append(process)
    return found


def wait_for_more(driver: Command, count: Callable[[], int], n: int = 1) -> None:
    """Until so many more are there, or the driver is over."""
    enough = count() + n
    while driver.goes_on() and count() < enough:
        time.sleep(0.05)


def n_begun() -> int:
    return len(list(Path("ran").iterdir()))


def n_reports() -> int:
    return len(list(Path("reports").rglob("*.json")))


def cells() -> set[tuple[str, int]]:
    """What reports there are, of which analysis and SAE; none if there are two of one."""
    found: Sequence[tuple[str, int]] = list(_cells())
    return set(found) if len(set(found)) == len(found) else set()


def _cells() -> Iterator[tuple[str, int]]:
    for path in Path("reports").rglob("*.json"):
        name, number = re.sub(r"-[0-9a-f]{12}$", "", path.stem), re.search(r"sae_(\d+)", str(path.parent))
        yield name, int(number[1]) if number else -1


if __name__ == "__main__":
    main()
