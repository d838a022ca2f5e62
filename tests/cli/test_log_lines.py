"""What a log is told of long work: at its start, with every twentieth or minute, and at its end. By a clock that tests set."""

import re
import threading

import pytest

from saegeo_core.cli.log_lines import LogLines, beating
from saegeo_core.cli.progress_lines import JobLines


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def said():
    return []


def test_a_line_comes_with_every_twentieth(clock, said):
    lines = LogLines("work", lambda: f"{done} done", said.append, clock)
    lines.begin()
    for done in range(1, 101):
        clock.now += 4
        lines.reach(done / 100)
    lines.end("done")
    shares = [int(line.split()[-2]) for line in said[1:-1]]
    assert shares == list(range(5, 101, 5))
    assert said[0] == "work: started"
    assert said[1] == "work, after 20 s: 5 done"
    assert said[-1] == "work: done in 6 min 40 s"


def test_a_line_comes_with_every_minute_whatever_is_done(clock, said):
    lines = LogLines("work", lambda: "at work", said.append, clock)
    lines.begin()
    for _ in range(1560):
        clock.now += 1
        lines.beat()
    assert said[1:] == [f"work, after {minute} min 00 s: at work" for minute in range(1, 27)]


@pytest.mark.parametrize("is_announced", [True, False])
def test_of_short_work_only_start_and_end_are_said_if_anything(clock, said, is_announced):
    lines = LogLines("work", lambda: "at work", said.append, clock)
    if is_announced:
        lines.begin()
    for done in range(1, 21):
        clock.now += 0.125
        lines.reach(done / 20)
        lines.beat()
    lines.end("done")
    assert said == (["work: started", "work: done in 2.50 s"] if is_announced else [])


def test_work_that_was_not_announced_is_told_of_from_its_third_second_on(clock, said):
    lines = LogLines("work", lambda: "at work", said.append, clock)
    for _ in range(62):
        clock.now += 1
        lines.beat()
    lines.end("done")
    assert said == ["work, after 3.00 s: at work", "work: done in 1 min 02 s"]


def test_a_thread_looks_where_the_work_tells_nothing(clock, said):
    told = threading.Event()

    def say(line):
        said.append(line)
        told.set()

    with beating(LogLines("work", lambda: "at work", say, clock), every=0.001):
        clock.now += 60
        assert told.wait(60)
    clock.now += 60  # it looks no more
    assert said == ["work, after 1 min 00 s: at work"]


def announced(jobs):
    jobs.lines.begin()
    return jobs


def test_of_several_jobs_it_tells_number_speed_rest_and_what_is_at_work(clock, said):
    jobs = announced(JobLines("lobes on 10 SAEs", 10, said.append, clock))
    for number in range(3):
        with jobs.job(f"lobes on sae_{number}") as progress:
            for _ in progress(range(4), 4, "random probes"):
                clock.now += 6
                jobs.lines.beat()
    assert said[1:] == [
        "lobes on 10 SAEs, after 24 s: 1 of 10 done (10%), 2.5 a minute, 3 min 36 s left",
        "lobes on 10 SAEs, after 48 s: 2 of 10 done (20%), 2.5 a minute, 3 min 12 s left",
        "lobes on 10 SAEs, after 1 min 12 s: 3 of 10 done (30%), 2.5 a minute, 2 min 48 s left",
    ]
    with jobs.job("lobes on sae_3") as progress:
        for _ in progress(range(4), 4, "random probes"):
            clock.now += 45
            jobs.lines.beat()
    assert said[4].endswith("left; lobes on sae_3, random probes 25%")


def test_of_one_job_it_tells_the_loop(clock, said):
    jobs = announced(JobLines("lobes on a:b", 1, said.append, clock))
    with jobs.job("lobes on a:b") as progress:
        for _ in progress(range(4), 4, "random probes"):
            clock.now += 30
            jobs.lines.beat()
    jobs.tell_end()
    assert said[1:] == [
        "lobes on a:b, after 1 min 00 s: random probes 25%",
        "lobes on a:b, after 2 min 00 s: random probes 75%",
        "lobes on a:b: done in 2 min 00 s",
    ]


def test_reports_that_are_there_count_as_done_and_not_as_speed(clock, said):
    jobs = JobLines("entropy on 4 SAEs", 4, said.append, clock)
    jobs.passed_over()
    jobs.passed_over()
    with jobs.job("entropy on a:b"):
        clock.now += 30
    assert said == ["entropy on 4 SAEs, after 30 s: 3 of 4 done (75%), 2 a minute, 30 s left"]


def test_a_job_that_fails_counts_as_done(clock, said):
    jobs = JobLines("two", 2, said.append, clock)
    with pytest.raises(ZeroDivisionError), jobs.job("one"):
        clock.now += 10
        1 / 0  # noqa: B018
    assert re.match("two, after 10 s: 1 of 2 done", said[0])


def test_the_last_line_tells_what_failed(clock, said):
    jobs = announced(JobLines("two on 5 SAEs", 10, said.append, clock))
    for _ in range(4):
        jobs.passed_over()
    jobs.failed(3)
    with jobs.elsewhere() as finished:
        finished(6)
    jobs.tell_end()
    assert said[-1] == "two on 5 SAEs: 10 of 10 done, 3 of them failed in 0.00 s"
    jobs = announced(JobLines("one", 1, said.append, clock))
    jobs.failed(1)
    jobs.tell_end()
    assert said[-1].startswith("one: failed in ")
