import io
import re
import sys

import pytest
from rich.console import Console

from saegeo_core.cli import harvest_progress, progress, progress_bars
from saegeo_core.cli.progress_lines import JobLines
from saegeo_core.harvesting.engine import unwatched
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.progress import silent


@pytest.fixture
def terminal(monkeypatch):
    """Standard error is a terminal 100 columns wide; what it was sent."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, color_system=None)
    for module in (progress, progress_bars, harvest_progress):
        monkeypatch.setattr(module, "messages", lambda: console)
    return stream


def test_a_log_is_told_start_and_end(capsys):
    with progress.job_progress("lobes on [some]:sae\x1b[31m", 1) as jobs, jobs.job("lobes") as bars:
        assert list(bars(range(3), 3, "tiles")) == [0, 1, 2]
    out, err = capsys.readouterr()
    assert out == ""
    started, done = err.splitlines()
    assert started == r"lobes on [some]:sae\x1b[31m: started"
    assert done.startswith(r"lobes on [some]:sae\x1b[31m: done in ")


def test_a_log_is_told_of_a_failure_by_who_meets_it(capsys):
    with pytest.raises(ZeroDivisionError), progress.job_progress("work", 1):
        1 / 0  # noqa: B018
    assert capsys.readouterr().err == "work: started\n"


def test_a_log_is_told_nothing_of_a_short_loop(capsys):
    with progress.loop_progress("reading") as bars:
        assert list(bars(range(3), 3, "files")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["terminal", "log"])
def test_nothing_is_said_where_nothing_is_to_be_said(kind, terminal, capsys, monkeypatch):
    for module in (progress, harvest_progress):
        monkeypatch.setattr(module, "are_wanted", lambda: False)
    with progress.job_progress("jobs", 2) as jobs, jobs.job("one") as bars:
        jobs.passed_over()
        assert bars is silent
    with harvest_progress.harvest_progress(HarvestSettings()) as watch:
        assert watch is unwatched
    assert (terminal.getvalue(), capsys.readouterr()) == ("", ("", ""))


def test_a_terminal_shows_how_far_a_loop_has_come_and_yields_every_item(terminal):
    with progress.loop_progress("lobes on some:[sae]\x1b[31m") as bars:
        assert list(bars(iter("abc"), 3, "[tiles]")) == ["a", "b", "c"]
    shown = terminal.getvalue()
    assert r"lobes on some:[sae]\x1b[31m" in shown
    assert "\x1b[31m" not in shown


def test_loops_within_loops_and_loops_left_early_are_no_trouble(terminal):
    with progress.loop_progress("lobes") as bars:
        for outer in bars(range(2), 2, "outer"):
            for inner in bars(range(5), 5, "inner"):
                if inner == outer:
                    break
    assert terminal.getvalue().endswith("\x1b[2K")  # the line is cleared


def test_standard_output_is_what_it_was_afterwards(terminal):
    before = sys.stdout, sys.stderr
    with pytest.raises(ZeroDivisionError), progress.loop_progress("lobes") as bars:
        list(bars((1 / i for i in (1, 0)), 2, "loop"))
    assert (sys.stdout, sys.stderr) == before


def test_several_jobs_have_a_bar_of_their_own_beside_the_loops_of_the_one_at_work(terminal):
    with progress.job_progress("lobes on 2 SAEs", 2) as jobs:
        for sae in ("first", "second"):
            with jobs.job(f"lobes on {sae}") as bars:
                assert list(bars(range(3), 3, "tiles")) == [0, 1, 2]
            between = terminal.tell()
            assert terminal.getvalue().endswith("\x1b[2K")  # nothing stands there when a result is printed
    assert re.search(r"lobes on 2 SAEs, 0\.\d\d s left", terminal.getvalue())
    assert " 50%" in terminal.getvalue()
    assert between == terminal.tell()


def test_a_job_that_fails_or_is_passed_over_counts_as_done(terminal):
    with progress.job_progress("jobs", 3) as jobs:
        jobs.passed_over()
        for error in (ZeroDivisionError, KeyError):
            with pytest.raises(error), jobs.job(f"on {error.__name__}"):
                raise error
    assert " 33%" in terminal.getvalue()
    assert " 67%" in terminal.getvalue()


def test_a_harvest_has_a_percentage_where_its_length_is_known(terminal):
    with harvest_progress.harvest_progress(HarvestSettings(documents=10)) as watch:
        watch(5, 1000, 1000)
    assert " 50%" in terminal.getvalue()


def test_a_harvest_tells_a_log_start_and_end(capsys):
    with harvest_progress.harvest_progress(HarvestSettings(documents=10)) as watch:
        watch(10, 1000, 1000)
    started, done = capsys.readouterr().err.splitlines()
    assert started == "harvest: started"
    assert done.startswith("harvest: 10 documents, 1,000 tokens (100%), ")


def test_what_jobs_need_has_a_percentage_and_is_no_job(terminal):
    with progress.job_progress("lobes on 2 SAEs", 2) as jobs:
        with jobs.before("loading some:[sae]") as bars:
            assert terminal.getvalue() == ""  # whatever downloads has bars of its own
            assert list(bars(range(2), 2, "rows read")) == [0, 1]
        assert "loading some:[sae]: rows read" in terminal.getvalue()
        with jobs.job("lobes on some:[sae]"):
            pass
    assert " 0%" in terminal.getvalue()


def test_a_log_names_what_jobs_need_and_the_loop_around_a_loop():
    said, now = [], 0.0
    jobs = JobLines("lobes on some:sae", 1, said.append, lambda: now)
    with jobs.before("loading some:sae") as rows:
        for _ in rows(range(4), 4, "rows read"):
            now += 100
            jobs.lines.beat()
    with jobs.job("lobes on some:sae") as loops:
        for _ in loops(range(2), 2, "outer"):
            list(loops(range(2), 2, "inner"))
            now += 100
            jobs.lines.beat()
    assert [line.split(": ", 1)[1] for line in said] == [
        *(f"loading some:sae, rows read {share}%" for share in (0, 25, 50, 75)),
        "outer 0%",
        "outer 50%",
    ]
