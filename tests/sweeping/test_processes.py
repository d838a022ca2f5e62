"""Tasks in other processes: the same reports as here, and what a death among them does."""

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from saegeo_core import SaegeoError
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.full_disk import NoRoom
from saegeo_core.sweeping.executor import Share, open_executor
from saegeo_core.sweeping.executors import SeveralProcesses
from saegeo_core.sweeping.outcomes import Failed, Stored
from saegeo_core.sweeping.sweep import sweep


@pytest.fixture(scope="module")
def two(installed):
    executor = SeveralProcesses().open("2", Share())
    yield executor
    executor.close()


def test_reports_are_those_of_one_process(two, makes_the_same_reports):
    makes_the_same_reports(two)


def test_an_sae_that_workers_cannot_read_is_sent_to_them(two, sends_what_workers_have_not):
    sends_what_workers_have_not(two)


def test_an_sae_that_nobody_can_read_is_told_once(tasks, two):
    Path("reader").write_text("0")
    (task,) = tasks(1, "well")
    path = task.spec.path.rename("sae.here")
    (failed,) = sweep([replace(task, spec=SaeSpec(path=path))], two)
    assert failed.is_mistake
    assert failed.message == "there is no sae.here on this machine"


def test_what_is_stored_is_not_computed_again(tasks, two, runs):
    list(sweep(tasks(2, "well"), two))
    again = list(sweep(tasks(3, "well"), two))
    assert sorted(one.is_reused for one in again) == [False, True, True]
    assert runs("well") == 3


def test_a_death_is_made_good(tasks, two, runs):
    outcomes = list(sweep(tasks(3, "well", "dies-once"), two))
    assert [type(one) for one in outcomes] == [Stored] * 6
    assert (runs("well"), runs("dies-once")) == (3, 4)


def test_who_dies_each_time_fails_and_the_others_go_on(tasks, two, runs):
    deadly, *others = tasks(3, "dies"), *tasks(3, "well")
    outcomes = list(sweep([deadly[0], *others], two))
    failed = [one for one in outcomes if isinstance(one, Failed)]
    assert [one.message for one in failed] == ["the process was ended by SIGKILL (out of memory?)"]
    assert sum(isinstance(one, Stored) for one in outcomes) == 3
    assert runs("dies") == 3


def test_who_ends_the_process_is_named_and_the_others_are_measured(tasks, two, runs):
    outcomes = list(sweep(tasks(1, "dies", "well"), two))
    (failed,) = (one for one in outcomes if isinstance(one, Failed))
    assert failed.where == f"dies on {Path.cwd() / 'sae_0.npy'}"
    assert [one.analysis for one in outcomes if isinstance(one, Stored)] == ["well"]
    assert runs("well") == 1
    again = list(sweep(tasks(1, "dies", "well"), two))  # it is kept by its name, and stands for nobody else
    assert sorted(type(one).__name__ for one in again) == ["Failed", "Stored"]
    assert runs("dies") == 3


def test_what_breaks_is_tried_again_and_kept_with_its_last_words(tasks, two, runs):
    outcomes = list(sweep(tasks(1, "breaks", "well"), two))
    (failed,) = (one for one in outcomes if isinstance(one, Failed))
    assert failed.where == f"breaks (package stranger) on {Path.cwd() / 'sae_0.npy'}"
    assert failed.message == "ZeroDivisionError: by nothing"
    (kept,) = Path("reports").rglob("*.failed")
    written = json.loads(kept.read_text())
    assert "the last words" in written["log"]
    assert "in breaks" in written["traceback"]
    assert runs("breaks") == 3
    assert runs("well") == 1


def test_what_failed_before_is_told_and_tried_again_when_asked(tasks, two, runs):
    first = list(sweep(tasks(1, "breaks"), two))
    second = list(sweep(tasks(1, "breaks"), two))
    assert [one.message for one in second] == [one.message for one in first]
    assert runs("breaks") == 3
    list(sweep(tasks(1, "breaks"), two, retry_failed=True))
    assert runs("breaks") == 6


def test_a_failure_is_forgotten_when_it_is_mended(tasks, two):
    (task,) = tasks(1, "dies-once")
    assert [type(one) for one in task_outcomes(two, task)] == [Failed]
    list(sweep([task], two, retry_failed=True))
    assert not list(Path("reports").rglob("*.failed"))


def task_outcomes(executor, task):
    return [one for _, outcomes in executor.perform([task]) for one in outcomes]


def test_mistakes_are_told_once(tasks, two):
    (task,) = tasks(1, "well")
    task.spec.path.write_bytes(b"no array")
    (failed,) = sweep([task], two)
    assert failed.is_mistake
    assert not list(Path("reports").rglob("*.failed"))


def test_a_harvest_is_that_of_one_process_though_a_worker_is_killed(harvested):
    executor, killed = SeveralProcesses().open("2", Share()), []

    def kill_one(*_):
        for worker in [*executor._busy.values()][: not killed]:
            os.kill(worker.process.pid, signal.SIGKILL)
            killed.append(worker)

    assert harvested("there", executor, kill_one) == harvested("here")
    assert killed
    executor.close()


@pytest.fixture
def two_anew(two):
    """The two workers, whatever disks they have met."""

    def anew():
        two._without_room.clear()
        return two

    yield anew
    anew()


def test_where_a_disk_is_full_others_go_on(two_anew, goes_on_where_a_disk_is_full):
    goes_on_where_a_disk_is_full(two_anew())


def test_that_no_disk_has_room_is_said(two_anew, ends_where_all_disks_are_full):
    ends_where_all_disks_are_full(two_anew(), two_anew)


def test_what_finds_no_room_on_any_disk_is_told_and_the_others_go_on(tasks):
    class ManyMachines:
        """Of which each that is given the first SAE finds its disk full."""

        n_full = 0

        def perform(self, work):
            for task in work:
                is_first = task.spec.path.name == "sae_0.npy"
                self.n_full += is_first
                yield task, NoRoom(f"machine {self.n_full}", "it is too long") if is_first else task.done()

    outcomes = list(sweep(tasks(3, "well"), ManyMachines()))
    (failed,) = (one for one in outcomes if isinstance(one, Failed))
    assert failed.message == "the disk of machine 3 is full: it is too long"
    assert failed.is_mistake
    assert not list(Path("reports").rglob("*.failed"))
    assert sum(isinstance(one, Stored) for one in outcomes) == 2


def test_who_stops_listening_ends_the_workers(tasks, two):
    outcomes = sweep(tasks(4, "well"), two)
    next(outcomes)
    processes = [worker.process.pid for worker in two._busy.values()]
    assert processes
    outcomes.close()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in processes)
    assert os.getpid() not in processes


@pytest.mark.parametrize("on", ["local:0", "local:many", "local:²", "nowhere"])
def test_what_is_no_place_is_refused(on):
    with pytest.raises(SaegeoError):
        open_executor(on, Share(), [SeveralProcesses()])
