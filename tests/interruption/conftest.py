"""Folders to work in, and one harvest and one run that nobody disturbed."""

import json
import shutil
import signal

import pytest

from tests.interruption.commands import Saegeo
from tests.interruption.ended_harvests import digests
from tests.interruption.planted import CONTROLS, HARVEST, save_saes

RUN = ("run", "one", "two", "--plugin", "cosine-tails", "--out", "reports")
UNLIKE = ("created", "duration_seconds", "environment")


@pytest.fixture(scope="package", autouse=True)
def heard():
    """What starts this suite may have signals ignored (nohup does), and then so would everything that is started here."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, usual[number]) for number in usual}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="package")
def undisturbed(tmp_path_factory):
    """A folder with SAEs, the harvest of them (`harvest`), their reports (`reports`), a page and figures of these."""
    folder = tmp_path_factory.mktemp("undisturbed")
    save_saes(folder)
    for arguments in (
        (*HARVEST, *CONTROLS, "--out", "harvest"),
        RUN,
        ("page", "reports", "--out", "page.html", "--figures", "figures"),
    ):
        done = Saegeo(folder, *arguments).end()
        assert done.status == 0, done.stderr
    return folder


@pytest.fixture
def work(undisturbed, tmp_path):
    """A copy of that folder."""
    return shutil.copytree(undisturbed, tmp_path / "work")


@pytest.fixture
def saegeo(work):
    """Starts `saegeo ARGS` there."""

    def start(*arguments, **more):
        return Saegeo(work, *arguments, **more)

    return start


@pytest.fixture
def as_undisturbed(undisturbed):
    """Whether a folder holds what the undisturbed harvest does."""
    expected = digests(undisturbed / "harvest")
    return lambda folder: digests(folder) == expected


@pytest.fixture
def told():
    """What every report in a folder says but for when and how fast it was made, by its path below the folder."""

    def read(folder):
        found = {path.relative_to(folder): json.loads(path.read_text()) for path in folder.rglob("*.json")}
        return {path: {key: one for key, one in report.items() if key not in UNLIKE} for path, report in found.items()}

    return read
