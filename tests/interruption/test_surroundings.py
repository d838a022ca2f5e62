"""Wherever a command finds itself, it makes the same files, or says in a sentence why it cannot."""

import os
import signal
import stat
import sys
from functools import partial

import pytest

from tests.interruption.conftest import RUN
from tests.interruption.ended_harvests import digests
from tests.interruption.planted import CONTROLS, HARVEST
from tests.interruption.surroundings import (
    clock_goes_backwards,
    creates_for_the_owner_alone,
    environment,
    nobody,
    without_reader,
)

SURROUNDINGS = {
    "no home": partial(environment, HOME=None, SAEGEO_CACHE=None, XDG_CACHE_HOME=None),
    "a home that is no folder": partial(environment, HOME="/dev/null", SAEGEO_CACHE=None, XDG_CACHE_HOME=None),
    "a cache that is no folder": partial(environment, SAEGEO_CACHE="/dev/null/cache"),
    "ASCII": partial(environment, LC_ALL="C", LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
    "a terminal that can nothing": partial(environment, TERM="dumb", COLUMNS="20", FORCE_COLOR="1"),
    "no color": partial(environment, NO_COLOR="1", COLUMNS="20"),
    "umask 077": creates_for_the_owner_alone,
    "a clock that goes backwards": clock_goes_backwards,
}


@pytest.mark.parametrize("surroundings", list(SURROUNDINGS.values()), ids=list(SURROUNDINGS))
def test_runs_and_pages_are_what_they_are_elsewhere(saegeo, work, told, undisturbed, surroundings):
    first = [surroundings]
    for arguments in (
        (*RUN[:-1], "again", "--existing", "replace"),
        ("compare", "reports", "again"),
        ("page", "reports", "--out", "again.html"),
    ):
        done = saegeo(*arguments, first=first).end()
        assert done.status == 0, done.stderr
        assert "Traceback" not in done.stderr
    assert told(work / "again") == told(undisturbed / "reports")
    assert (work / "again.html").read_bytes() == (work / "page.html").read_bytes()


def test_a_harvest_by_a_clock_that_goes_backwards_is_the_same(saegeo, work, as_undisturbed):
    done = saegeo(
        *HARVEST, *CONTROLS, "--out", "again", first=[clock_goes_backwards, creates_for_the_owner_alone]
    ).end()
    assert done.status == 0
    assert as_undisturbed(work / "again")


def test_umask_077_is_heeded(saegeo, work):
    first = [creates_for_the_owner_alone]
    assert saegeo(*RUN[:-1], "again", first=first).end().status == 0
    assert saegeo("page", "again", "--out", "again.html", first=first).end().status == 0
    made = [work / "again", *(work / "again").rglob("*"), work / "again.html"]
    assert not [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root can become nobody")
def test_a_folder_of_another_user_is_a_sentence(saegeo, work):
    for path in (work, *work.rglob("*"), *work.parents[:3]):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = digests(work)
    for arguments in (
        (*RUN, "--existing", "replace"),
        (*HARVEST, "--out", "again"),
        ("page", "reports", "--out", "page.html"),
        ("page", "reports", "--figures", "figures"),
    ):
        done = saegeo(*arguments, first=[nobody]).end()
        assert done.status == 2
        assert "error: cannot write" in done.stderr
        assert "Permission denied" in done.stderr
    assert digests(work) == before


@pytest.mark.parametrize("arguments", [RUN, (*RUN, "--json"), ("compare", "reports"), (*HARVEST, "--out", "again")])
@pytest.mark.parametrize("closed", [(1,), (1, 2)], ids=["results", "results and messages"])
def test_a_reader_that_goes_away_is_no_trouble(saegeo, work, arguments, closed):
    done = saegeo(*arguments, first=[partial(without_reader, *closed)]).end()
    assert done.status in (1, -signal.SIGPIPE)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
