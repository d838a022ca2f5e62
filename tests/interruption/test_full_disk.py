"""A disk that is full, as a program sees it: what was there is still there, and with room the same command goes on."""

import os
from functools import partial

import pytest

from tests.interruption.conftest import RUN
from tests.interruption.ended_harvests import digests, half_written
from tests.interruption.planted import CONTROLS, HARVEST
from tests.interruption.surroundings import full, no_file_beyond

AGAIN = (*HARVEST, *CONTROLS, "--out", "again")


def test_a_harvest_goes_on_with_more_room(saegeo, work, as_undisturbed):
    for n_bytes in (0, 4_000, 28_000):
        refused = saegeo(*AGAIN, first=[partial(no_file_beyond, n_bytes)]).end()
        assert refused.status == 2
        assert "error: cannot write" in refused.stderr
        assert "File too large" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert not half_written(work)
    assert saegeo(*AGAIN).end().status == 0
    assert as_undisturbed(work / "again")


@pytest.mark.parametrize(
    ("arguments", "n_bytes"),
    [
        ((*RUN, "--existing", "replace"), 10_000),
        (("page", "reports", "--out", "page.html"), 10_000),
        (("page", "reports", "--figures", "figures", "--figure-format", "pdf"), 1_000),
        ((*HARVEST, *CONTROLS, "--out", "harvest"), 0),
    ],
    ids=["run", "page", "figures", "harvest"],
)
def test_what_was_there_is_still_there(saegeo, work, arguments, n_bytes):
    before = digests(work)
    done = saegeo(*arguments, first=[partial(no_file_beyond, n_bytes)]).end()
    assert done.status == 2
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert digests(work) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is always full is needed")
@pytest.mark.parametrize(
    "arguments",
    [(*RUN, "--json"), ("compare", "reports", "--format", "csv"), (*HARVEST, *CONTROLS, "--out", "harvest")],
    ids=["run", "compare", "harvest"],
)
def test_results_that_find_no_room_are_a_sentence(saegeo, work, arguments):
    before = digests(work)
    done = saegeo(*arguments, first=[partial(full, 1)]).end()
    assert done.status == 2
    assert "error: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert digests(work) == before
