"""Ctrl-C, SIGTERM and a closed terminal: a sentence, the agreed status, and files as they were or as they shall be."""

import os
import signal
import time

import pytest

from saegeo_core.cli.interruption import Interruption, signals_raised
from tests.interruption.commands import Before
from tests.interruption.conftest import RUN
from tests.interruption.ended_harvests import digests, half_written

PROMISE = "what was finished is kept, nothing is left half-written, and the same command goes on"
BOTH = pytest.mark.parametrize(
    ("number", "status", "sentence"),
    [
        (signal.SIGINT, 130, f"interrupted: {PROMISE}"),
        (signal.SIGTERM, 143, f"ended by SIGTERM: {PROMISE}"),
    ],
    ids=["SIGINT", "SIGTERM"],
)


@BOTH
def test_a_run_keeps_the_reports_that_are_whole(saegeo, work, undisturbed, told, number, status, sentence):
    again = (*RUN[:-1], "again")
    ended = saegeo(*again, ended=Before("os.rename again/local/two/", number)).end()
    assert (ended.status, ended.stderr.splitlines()[-1]) == (status, sentence)
    assert [path.parent.name for path in (work / "again").rglob("*.json")] == ["one"]
    assert not half_written(work)
    assert saegeo(*again).end().status == 0
    assert told(work / "again") == told(undisturbed / "reports")


@BOTH
@pytest.mark.parametrize(
    ("arguments", "operation"),
    [
        (("page", "reports", "--out", "page.html"), "os.rename .page.html"),
        (("page", "reports", "--figures", "figures"), "os.rename figures/.cosine-tails-one"),
        (("compare", "reports", "--format", "csv"), "open reports/local/two/"),
        ((*RUN, "--existing", "replace"), "os.rename reports/local/one/"),
        ((*RUN, "--figures", "figures"), "os.rename figures/.cosine-tails-two"),
    ],
    ids=["page", "figures", "compare", "run again", "figures of a run"],
)
def test_what_was_there_is_still_there(saegeo, work, arguments, operation, number, status, sentence):
    before = digests(work)
    ended = saegeo(*arguments, ended=Before(operation, number)).end()
    assert (ended.status, ended.stderr.splitlines()[-1]) == (status, sentence)
    assert "Traceback" not in ended.stderr
    after = digests(work)
    assert after.keys() == before.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert all(name.startswith("figures/") for name in changed)  # those that were finished: each is drawn anew
    if "csv" in arguments:
        assert not ended.stdout


@pytest.mark.parametrize(
    ("number", "status", "to_all"),
    [(signal.SIGINT, 130, True), (signal.SIGTERM, 143, False), (signal.SIGTERM, 143, True)],
    ids=["Ctrl-C", "SIGTERM", "SIGTERM to all"],
)
def test_the_workers_of_a_sweep_end_with_it(saegeo, work, number, status, to_all):
    """A terminal sends Ctrl-C to workers, too, which must not answer while they import what they need."""
    sweep = saegeo(*RUN[:-1], "swept", "--on", "local:2", first=[os.setsid])
    sweep.wait_to_say("on local:2: 2 reports")
    time.sleep(1)
    sweep.send(number, to_all=to_all)
    ended = sweep.end()
    assert ended.status == status
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].endswith(PROMISE)
    assert not half_written(work)
    assert not list((work / "swept").rglob("*.failed"))


def test_a_signal_that_is_ignored_stays_ignored():
    """As by nohup, and by a shell for what it starts with `&`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_raised():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_that_is_sent_twice_does_not_disturb_the_clearing_up():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    cleared = []
    try:
        with pytest.raises(Interruption) as raised, signals_raised():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGINT)
                cleared.append("all of it")
        assert raised.value.number == signal.SIGTERM
        assert cleared
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
