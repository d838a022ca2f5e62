"""Two commands on one folder: one waits or is refused, and neither spoils what the other makes."""

import signal

import pytest

from tests.interruption.commands import Before
from tests.interruption.conftest import RUN
from tests.interruption.planted import CONTROLS, HARVEST

HARVEST_IT = (*HARVEST, *CONTROLS, "--out", "again")
MEASURE = ("run", "--plugin", "frequency-geometry", "--firing", "again", "--out", "measured")


@pytest.fixture
def paused(saegeo):
    """Starts a command that pauses before an operation; what it returns has it go on, to its end."""

    def start(*arguments, before):
        command = saegeo(*arguments, ended=Before(before, signal.SIGSTOP))
        command.wait_for(before)

        def go_on():
            command.send(signal.SIGCONT)
            return command.end()

        return go_on

    return start


@pytest.mark.parametrize(
    ("second", "moment"),
    [
        (HARVEST_IT, "/.shard-00001.npz"),
        ((*HARVEST, "--fires-above", 1, "--out", "again"), "/.shard-00002.json"),
        (("harvest", "two", *HARVEST[3:], "--out", "again"), "os.rename again/local/one/.counts"),
    ],
    ids=["the same", "by another rule", "one SAE of both"],
)
def test_a_second_harvest_is_refused(saegeo, work, as_undisturbed, paused, second, moment):
    go_on = paused(*HARVEST_IT, before=moment)
    refused = saegeo(*second).end()
    assert refused.status == 2
    assert "is being harvested into again by process" in refused.stderr
    assert go_on().status == 0
    assert as_undisturbed(work / "again")


def test_harvests_of_different_saes_go_on_side_by_side(saegeo, work, paused):
    one, two = (("harvest", name, *HARVEST[3:], "--out", "again") for name in ("one", "two"))
    go_on = paused(*one, before="os.rmdir again/.unfinished")
    assert saegeo(*two).end().status == 0
    assert go_on().status == 0
    assert not (work / "again" / ".unfinished").exists()
    assert {path.name for path in (work / "again" / "local").iterdir()} == {"one", "two"}


def test_a_run_while_a_harvest_is_at_work_measures_what_is_finished_and_refuses_what_is_not(
    saegeo, work, told, paused, as_undisturbed
):
    go_on = paused(*HARVEST_IT, before="os.rename again/local/two/.manifest.json")
    measured, refused = (saegeo(*MEASURE, name).end() for name in ("one", "two"))
    assert (measured.status, refused.status) == (0, 2)
    assert "local:two" in refused.stderr
    early = told(work / "measured")
    assert go_on().status == 0
    assert as_undisturbed(work / "again")
    assert saegeo(*MEASURE, "one", "--existing", "replace").end().status == 0
    assert told(work / "measured") == early


def test_two_runs_make_one_report(saegeo, work, told, undisturbed, paused):
    twice = (*RUN[:-1], "twice")
    go_on = paused(*twice, before="os.rename twice/local/one/")
    assert saegeo(*twice).end().status == 0
    assert go_on().status == 0
    assert told(work / "twice") == told(undisturbed / "reports")
