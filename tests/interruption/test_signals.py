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
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
SENTENCE = {signal.SIGINT: "interrupted", signal.SIGTERM: "ended by SIGTERM", signal.SIGHUP: "ended by SIGHUP"}


def ended_as_agreed(ended, number):
    """Whether it said so in one sentence, with the status of that signal."""
    return (ended.status, ended.stderr.splitlines()[-1]) == (STATUS[number], f"{SENTENCE[number]}: {PROMISE}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_keeps_the_reports_that_are_whole(saegeo, work, undisturbed, told, number):
    again = (*RUN[:-1], "again")
    assert ended_as_agreed(saegeo(*again, ended=Before("os.rename again/local/two/", number)).end(), number)
    assert [path.parent.name for path in (work / "again").rglob("*.json")] == ["one"]
    assert not half_written(work)
    assert saegeo(*again).end().status == 0
    assert told(work / "again") == told(undisturbed / "reports")


@pytest.mark.parametrize(
    ("arguments", "operation", "number"),
    [
        (("page", "reports", "--out", "page.html"), "os.rename .page.html", signal.SIGTERM),
        (("page", "reports", "--figures", "figures"), "os.rename figures/.cosine-tails-one", signal.SIGINT),
        (("compare", "reports", "--format", "csv"), "open reports/local/two/", signal.SIGINT),
        (("compare", "reports"), "open reports/local/one/", signal.SIGTERM),
        ((*RUN, "--existing", "replace"), "os.rename reports/local/one/", signal.SIGTERM),
        ((*RUN, "--figures", "figures"), "os.rename figures/.cosine-tails-two", signal.SIGHUP),
    ],
    ids=["page", "figures", "compare", "compare again", "run again", "figures of a run"],
)
def test_what_was_there_is_still_there(saegeo, work, arguments, operation, number):
    before = digests(work)
    ended = saegeo(*arguments, ended=Before(operation, number)).end()
    assert ended_as_agreed(ended, number)
    assert "Traceback" not in ended.stderr
    after = digests(work)
    assert after.keys() == before.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert all(name.startswith("figures/") for name in changed)  # those that were finished: each is drawn anew
    if arguments[0] == "compare":
        assert not ended.stdout


@pytest.mark.parametrize(
    ("number", "to_all"), [(signal.SIGINT, True), (signal.SIGTERM, False)], ids=["Ctrl-C", "SIGTERM"]
)
def test_the_workers_of_a_sweep_end_with_it(saegeo, work, number, to_all):
    """A terminal sends Ctrl-C to workers, too, which must not answer while they import what they need."""
    sweep = saegeo(*RUN[:-1], "swept", "--on", "local:2", first=[os.setsid])
    sweep.wait_to_say("on local:2: 2 reports")
    time.sleep(1)
    sweep.send(number, to_all=to_all)
    ended = sweep.end()
    assert ended_as_agreed(ended, number)
    assert "Traceback" not in ended.stderr
    assert not half_written(work)
    assert not list((work / "swept").rglob("*.failed"))


@pytest.fixture
def as_at_the_start():
    """Signals do what they do in a new process, whatever a library has made of them in this one (Ray takes SIGTERM)."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_that_is_ignored_stays_ignored(as_at_the_start):
    """As by nohup, and by a shell for what it starts with `&`."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with signals_raised():
        os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_signal_that_is_sent_twice_does_not_disturb_the_clearing_up(as_at_the_start):
    cleared = []
    with pytest.raises(Interruption) as raised, signals_raised():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            cleared.append("all of it")
    assert raised.value.number == signal.SIGTERM
    assert cleared
