"""Harvests ended at random moments; `python -m tests.interruption --kills 100` ends more of them."""

import signal

import numpy as np
import pytest

from tests.interruption.commands import Before
from tests.interruption.ended_harvests import EndedHarvests, half_written
from tests.interruption.planted import CONTROLS, HARVEST


@pytest.mark.parametrize(
    "signals", [(signal.SIGKILL,), (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)], ids=["killed", "asked to end"]
)
def test_what_is_ended_at_random_moments_ends_as_if_it_had_not_been(tmp_path, signals):
    harvests = EndedHarvests(tmp_path / "work", signals, np.random.default_rng(5))
    ends = list(harvests.of(0, ends=5))
    assert len(ends) > 2
    assert not [end.wrong for end in ends if end.wrong]


def test_what_was_being_written_when_it_was_killed_is_gone_in_the_end(saegeo, work, as_undisturbed):
    harvest = (*HARVEST, *CONTROLS, "--out", "again")
    are_left = []
    for operation in (
        "os.rename again/.unfinished/252466336d10/.controls-00001.npz",
        "os.rename again/.unfinished/252466336d10/.shard-00003.json",
        "os.rename again/local/one/controls/1/.counts.npy",
        "os.rename again/local/two/.manifest.json",
        "os.rmdir again/.unfinished/",
    ):
        assert saegeo(*harvest, ended=Before(operation)).end().status == -signal.SIGKILL, operation
        are_left.append(bool(half_written(work)))
    assert all(are_left[:4])
    assert saegeo(*harvest).end().status == 0
    assert as_undisturbed(work / "again")
