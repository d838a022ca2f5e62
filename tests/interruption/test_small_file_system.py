"""A file system that has no room left, in the middle of a command: what was there is still there, and with room it goes on."""

import contextlib
import shutil
from functools import partial

import pytest

from tests.interruption.commands import Saegeo
from tests.interruption.conftest import RUN
from tests.interruption.ended_harvests import digests, half_written
from tests.interruption.planted import CONTROLS, HARVEST
from tests.interruption.surroundings import small_file_system, writes_into

HARVEST_IT = (*HARVEST, *CONTROLS, "--out", "again")


@pytest.fixture
def small(undisturbed, tmp_path):
    """The undisturbed folder on a file system of 16 MB that is its own."""
    place = tmp_path / "small"
    place.mkdir()
    with small_file_system(place, "16m") as is_there:
        if not is_there:
            pytest.skip("no file system can be mounted here")
        yield shutil.copytree(undisturbed, place / "work")


@pytest.fixture
def leave_free(small):
    """Fills the file system but for so many bytes."""
    filling = small.parent / "filling"

    def fill(n_bytes):
        with filling.open("wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while file.write(bytes(1 << 16)):
                    pass
            file.truncate(file.tell() - n_bytes)

    yield fill
    filling.unlink(missing_ok=True)


def refused(small, arguments, first=(), status=2):
    done = Saegeo(small, *arguments, first=first).end()
    assert done.status == status, done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert not half_written(small)


@pytest.mark.parametrize(
    ("arguments", "n_bytes"),
    [
        ((*RUN, "--existing", "replace"), 0),
        ((*RUN, "--existing", "replace"), 16_384),
        (("page", "reports", "--out", "page.html"), 65_536),
        (("page", "reports", "--figures", "figures", "--figure-format", "pdf"), 8_192),
        ((*RUN[:-1], "new"), 16_384),
        (("page", "reports", "--out", "new.html", "--figures", "new"), 65_536),
    ],
    ids=["run", "run, some room", "page", "figures", "a first run", "a first page"],
)
def test_what_was_there_is_still_there_and_what_is_new_is_whole(small, leave_free, undisturbed, arguments, n_bytes):
    before = digests(small)
    leave_free(n_bytes)
    refused(small, arguments)
    after = digests(small)
    assert {name: after[name] for name in before} == before
    assert not [name for name in after.keys() - before.keys() if not name.startswith("new/")]
    leave_free(8 << 20)
    done = Saegeo(small, *arguments).end()
    assert done.status == 0, done.stderr


def test_a_harvest_goes_on_with_more_room(small, leave_free, as_undisturbed):
    for n_bytes in (0, 32_768, 131_072):
        leave_free(n_bytes)
        refused(small, HARVEST_IT)
    leave_free(8 << 20)
    assert Saegeo(small, *HARVEST_IT).end().status == 0
    assert as_undisturbed(small / "again")


def test_a_comparison_that_finds_no_room_is_a_sentence(small, leave_free):
    before = digests(small)
    leave_free(0)
    for as_format in ("csv", "parquet", "rich"):
        into = small.parent / f"table.{as_format}"
        refused(small, ("compare", "reports", "--format", as_format), [partial(writes_into, into)])
    assert digests(small) == before


WORKERS = ("--on", "local:2")


def test_a_harvest_whose_workers_have_no_room_goes_on_with_more(small, leave_free, as_undisturbed):
    leave_free(131_072)
    refused(small, (*HARVEST_IT, *WORKERS), status=1)
    leave_free(8 << 20)
    done = Saegeo(small, *HARVEST_IT, *WORKERS).end()
    assert done.status == 0, done.stderr
    assert as_undisturbed(small / "again")


def test_a_sweep_whose_workers_have_no_room_goes_on_with_more(small, leave_free, told):
    before = digests(small)
    leave_free(16_384)
    sweep = (*RUN, "--existing", "replace", *WORKERS)
    refused(small, sweep, status=1)
    assert digests(small) == before
    leave_free(8 << 20)
    expected = told(small / "reports")
    done = Saegeo(small, *sweep).end()
    assert done.status == 0, done.stderr
    assert told(small / "reports") == expected
    assert digests(small) != before
