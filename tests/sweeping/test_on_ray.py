"""Tasks on a Ray cluster of two nodes of this machine."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.sweep import ANALYSES, make_saes, one_after_the_other, tasks_of, told, two_nodes, workers_of
from saegeo_core import SaegeoError
from saegeo_core.errors import Unfinished
from saegeo_core.sweeping import ray_cluster
from saegeo_core.sweeping.executor import Share
from saegeo_core.sweeping.executors import OnRay
from saegeo_core.sweeping.on_ray import RayExecutor
from saegeo_core.sweeping.outcomes import Failed, Stored
from saegeo_core.sweeping.sweep import sweep
from saegeo_core.sweeping.task import NamedAnalysis
from tests.interruption.surroundings import has_mounts_of_its_own

DISK_OF_ITS_OWN = """
mount --make-rprivate / && mount -t tmpfs -o size=16k tmpfs {0} || exit
cat /dev/zero > {0}/filling
exec {1} --num-cpus 2 --block
"""

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
]  # Ray's own


@pytest.fixture(scope="module")
def cluster(installed):
    """Two nodes of one core each."""
    pytest.importorskip("ray")
    with (
        tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("PYTHONPATH", "")  # what the nodes are given is taken back with it
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_worker_niceness", "0")  # where others are at work too, workers would wait for ever
        patch.setenv("RAY_TMPDIR", folder)  # not found by tests that start their own
        with two_nodes() as cluster:
            yield cluster


@pytest.fixture(scope="module")
def workers(cluster):
    """An executor, whose workers stay: starting them takes longer than all that they do."""
    with workers_of(cluster) as executor:
        yield executor


@pytest.fixture
def executor(workers):
    """The same, whatever disks its workers have met."""
    return anew(workers)


def anew(executor):
    """The executor as it was when none of its workers had met a full disk."""
    executor._idle += [worker for worker, _ in executor._without_room]
    executor._without_room.clear()
    return executor


@pytest.fixture
def looking(executor):
    """The same, which looks at its machines anew: for that each of them starts a process of Ray's."""
    executor.cluster._fit.clear()
    return executor


def test_reports_are_those_of_one_process(executor, makes_the_same_reports):
    makes_the_same_reports(executor)


@pytest.fixture
def threads():
    """How many this process computes with, which is put back."""
    n = torch.get_num_threads()
    yield n
    torch.set_num_threads(n)


def test_what_the_benchmark_measures_are_the_same_reports(executor, stranger, threads):
    saes = range(2)
    make_saes(len(saes))
    here = list(one_after_the_other(tasks_of(saes, "here")))
    there = list(sweep(tasks_of(saes, "there"), executor))
    assert [type(one) for one in here + there] == [Stored] * 2 * len(saes) * len(ANALYSES)
    assert told("there") == told("here")
    assert len(told("here")) == len(saes) * len(ANALYSES)


def test_an_sae_that_workers_cannot_read_is_sent_to_them(executor, sends_what_workers_have_not):
    sends_what_workers_have_not(executor)


def test_a_death_is_made_good(tasks, executor, runs):
    outcomes = list(sweep(tasks(2, "well", "dies-once"), executor))
    assert [type(one) for one in outcomes] == [Stored] * 4
    assert runs("well") == 2


def test_who_dies_each_time_fails_and_the_others_go_on(tasks, executor):
    deadly, *others = tasks(1, "dies") + tasks(3, "well")
    outcomes = list(sweep([deadly, *others], executor))
    assert [one.message[:20] for one in outcomes if isinstance(one, Failed)] == ["its worker was lost:"]
    assert sum(isinstance(one, Stored) for one in outcomes) == 3


def test_where_a_disk_is_full_others_go_on(executor, goes_on_where_a_disk_is_full):
    goes_on_where_a_disk_is_full(executor)


def test_that_no_disk_has_room_is_said(executor, ends_where_all_disks_are_full):
    ends_where_all_disks_are_full(executor, lambda: anew(executor))


def test_a_full_store_is_said(executor, tasks, monkeypatch):
    import ray

    def put(_):
        raise ray.exceptions.OutOfDiskError

    monkeypatch.setattr(ray, "put", put)
    with pytest.raises(Unfinished, match=f"object store on {socket.gethostname()} is full, and so is the disk"):
        list(sweep(tasks(1, "well"), executor))


@pytest.fixture
def node_with_a_full_disk(cluster, executor, tasks):
    """A third node, the only one of two cores, for which the disk is full where reports of SAEs in files lie; as its process."""
    import ray

    full = Path("reports", "local").absolute()
    tasks(1)
    full.mkdir()
    start = Path(sys.executable).with_name("ray")
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", DISK_OF_ITS_OWN.format(full, f"{start} start --address {cluster.address}")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while sum(node["Alive"] for node in ray.nodes()) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    yield process
    process.terminate()
    process.wait()


@pytest.mark.skipif(not has_mounts_of_its_own(), reason="only root, on Linux, can have a disk of its own")
def test_a_node_with_a_full_disk_is_named_and_others_go_on(node_with_a_full_disk, executor, tasks, reports):
    wide = RayExecutor(Share(cpus=2), executor.cluster)
    with pytest.raises(Unfinished) as told:
        list(sweep(tasks(2, "well"), wide))
    assert f"the disk of {socket.gethostname()} is full: cannot write reports/local/sae_" in told.value.message
    assert told.value.message.endswith("No space left on device")
    seen_there = Path(f"/proc/{node_with_a_full_disk.pid}/root{Path('reports').absolute()}")
    assert [path.name for path in seen_there.rglob("*") if path.is_file()] == ["filling"]
    wide._end([worker for worker, _ in wide._without_room])
    outcomes = list(sweep(tasks(2, "well"), executor))
    assert [type(one) for one in outcomes] == [Stored] * 2
    assert len(reports("reports")) == 2


def test_a_harvest_is_that_of_one_process_though_a_worker_is_killed_and_a_machine_is_lost(cluster, executor, harvested):
    import ray

    third, told = cluster.add_node(num_cpus=1), []

    def trouble(*numbers):
        told.append(numbers)
        if len(told) == 1:
            at_work = sorted(executor._busy.values(), key=lambda one: one[1] is None)
            ray.kill(at_work[0][0] if at_work else executor._idle[0])
        if len(told) == 2:
            cluster.remove_node(third, allow_graceful=False)

    assert harvested("there", executor, trouble) == harvested("here")
    assert len(told) == 6


def test_a_cluster_that_is_gone_is_said(executor, tasks, monkeypatch):
    monkeypatch.setattr(ray_cluster, "SECONDS_TO_COME_BACK", 0)
    monkeypatch.setattr(executor.cluster, "head", ("127.0.0.1", 1))
    with pytest.raises(Unfinished, match=r"the Ray cluster at 127\.0\.0\.1:1 is gone"):
        list(sweep(tasks(1, "well"), executor))
    executor.cluster.is_lost = False  # it is not: the fixture leaves it


def test_nobody_is_started_on_a_cluster_that_is_gone(executor, tasks, monkeypatch):
    look, head = executor.cluster.look, executor.cluster.head

    def look_for_the_last_time(*folders):
        look(*folders)
        executor.cluster.head = ("127.0.0.1", 1)

    monkeypatch.setattr(ray_cluster, "SECONDS_TO_COME_BACK", 0)
    monkeypatch.setattr(executor.cluster, "look", look_for_the_last_time)
    with pytest.raises(Unfinished, match=r"the Ray cluster at 127\.0\.0\.1:1 is gone"):
        list(sweep(tasks(1, "well"), executor))
    executor.cluster.head, executor.cluster.is_lost = head, False  # it is not: the fixture leaves it


def test_a_folder_that_workers_cannot_see_is_refused(looking, tasks, tmp_path):
    (task,) = tasks(1, "well")
    with pytest.raises(SaegeoError, match="cannot work in"):
        looking.cluster.look(Path("/nowhere/at/all"), task)
    looking.cluster.look(tmp_path, task)


def test_what_is_named_and_workers_cannot_read_is_refused_before_anything_runs(looking, tasks, runs):
    Path("reader").write_text(str(os.getpid()))
    (task,) = tasks(1, "well")
    shutil.copy(task.spec.path, "other.here")
    others = NamedAnalysis("seeds", {"others": ["./other.here"]})
    with pytest.raises(SaegeoError, match=r"cannot read the parameters of seeds: there is no other.here on this mach"):
        list(sweep([replace(task, analyses=(*task.analyses, others))], looking))
    assert not runs("well")


@pytest.mark.parametrize("package", ["saegeo", "torch"])
def test_another_version_is_refused_by_name(tasks, looking, monkeypatch, package):
    pretended = {**ray_cluster._versions(), package: "99"}
    monkeypatch.setattr(ray_cluster, "_versions", lambda: pretended)
    with pytest.raises(SaegeoError, match=rf"has {package} [0-9.]+\S*, this process 99"):
        list(sweep(tasks(1, "well"), looking))


@pytest.mark.parametrize(("share", "what"), [(Share(gpus=1), "1 GPU"), (Share(cpus=64), "64 CPU")])
def test_a_cluster_without_what_is_asked_for_is_refused(executor, share, what):
    with pytest.raises(SaegeoError, match=what):
        executor.cluster.refuse_without_room(share)


def test_without_ray_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SaegeoError) as told:
        OnRay().open(None, Share())
    assert "pip install" in told.value.hint


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1", "127.0.0.1:none", ":::"])
def test_an_address_that_nobody_answers_at_is_said(address):
    pytest.importorskip("ray")
    with pytest.raises(SaegeoError, match=f"no Ray cluster answers at {address}"):
        OnRay().open(address, Share())


@pytest.mark.parametrize(("mode", "hint"), [(None, "type RAY_AUTH_MODE=token before"), ("token", "ray get-auth-token")])
def test_a_cluster_that_asks_for_a_token_is_said(monkeypatch, mode, hint):
    ray = pytest.importorskip("ray")

    def init(**_):
        raise ConnectionError("Failed to connect")

    monkeypatch.setattr(ray, "init", init)
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    if mode:
        monkeypatch.setenv("RAY_AUTH_MODE", mode)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(SaegeoError, match=f"answers at {address} is no Ray cluster, or does not let") as told:
            OnRay().open(address, Share())
    assert hint in told.value.hint


def test_sigterm_is_answered_as_it_was_before_ray_came():
    class Ray:
        @staticmethod
        def init(**_):
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(15))

    def ours(*_):
        pass

    before = signal.signal(signal.SIGTERM, ours)
    try:
        with ray_cluster.answer_to_sigterm_kept():
            Ray.init()
        assert signal.getsignal(signal.SIGTERM) is ours
    finally:
        signal.signal(signal.SIGTERM, before)
