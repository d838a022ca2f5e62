"""Wherever a command finds itself, it makes the same files, or says in a sentence why it cannot."""

import os
import signal
import stat
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.interruption.conftest import RUN
from tests.interruption.ended_harvests import digests
from tests.interruption.planted import CONTROLS, HARVEST
from tests.interruption.surroundings import (
    clock_goes_backwards,
    creates_for_the_owner_alone,
    environment,
    has_mounts_of_its_own,
    nobody,
    read_only,
    without_reader,
)

SURROUNDINGS = {
    "a bare system": (
        partial(environment, HOME=None, SAEGEO_CACHE=None, XDG_CACHE_HOME=None, LC_ALL="C", LANG="C"),
        partial(environment, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", TERM="dumb", FORCE_COLOR="1", COLUMNS="20"),
        creates_for_the_owner_alone,
        clock_goes_backwards,
    ),
    "nothing of one's own": (
        partial(environment, HOME="/dev/null", SAEGEO_CACHE="/dev/null/cache", NO_COLOR="1", COLUMNS="20"),
    ),
}


@pytest.mark.parametrize("first", list(SURROUNDINGS.values()), ids=list(SURROUNDINGS))
def test_what_is_made_is_what_is_made_elsewhere(saegeo, work, told, undisturbed, as_undisturbed, first):
    for arguments in (
        (*RUN[:-1], "again"),
        ("compare", "reports", "again"),
        ("page", "reports", "--out", "again.html"),
        (*HARVEST, *CONTROLS, "--out", "again.harvest"),
    ):
        done = saegeo(*arguments, first=first).end()
        assert done.status == 0, done.stderr
        assert "Traceback" not in done.stderr
    assert told(work / "again") == told(undisturbed / "reports")
    assert (work / "again.html").read_bytes() == (work / "page.html").read_bytes()
    assert as_undisturbed(work / "again.harvest")
    made = [path for place in work.glob("again*") for path in (place, *place.rglob("*"))]
    if creates_for_the_owner_alone in first:
        assert not [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root can become nobody")
@pytest.mark.skipif(
    any(not path.stat().st_mode & stat.S_IXOTH for path in Path(os.__file__).parents),
    reason="nobody may not read this Python's library",
)
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


@pytest.mark.skipif(not has_mounts_of_its_own(), reason="only root, on Linux, can have folders that root may not write")
def test_an_installation_that_cannot_be_written_is_enough(saegeo, work, told, undisturbed, as_undisturbed):
    import saegeo_core
    import saegeo_cosine_tails

    installed = [Path(one.__file__).parent for one in (saegeo_core, saegeo_cosine_tails)]
    for arguments in (
        (*RUN[:-1], "again"),
        (*HARVEST, *CONTROLS, "--out", "again.harvest"),
        ("show", next((work / "reports").rglob("*.json"))),
        ("compare", "reports", "again"),
        ("page", "reports", "--out", "again.html", "--figures", "again.figures"),
        ("plugins",),
        ("plugins", "show", "cosine-tails"),
        ("plugins", "new", "again-new"),
        ("releases", "minilm"),
    ):
        done = saegeo(*arguments, first=[partial(read_only, *installed)]).end()
        assert done.status == 0, done.stderr
        assert "Read-only" not in done.stderr
    assert told(work / "again") == told(undisturbed / "reports")
    assert as_undisturbed(work / "again.harvest")


@pytest.mark.parametrize(
    ("arguments", "closed"),
    [
        ((*RUN, "--json"), (1,)),
        ((*HARVEST, "--out", "again"), (1, 2)),
        (("compare", "reports"), (1,)),
        (("page", "reports", "--figures", "figures"), (1,)),
    ],
    ids=["run", "harvest, errors too", "compare", "figures"],
)
def test_a_reader_that_goes_away_is_no_trouble(saegeo, arguments, closed):
    done = saegeo(*arguments, first=[partial(without_reader, *closed)]).end()
    assert done.status in (1, -signal.SIGPIPE)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
