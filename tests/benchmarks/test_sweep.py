"""What `benchmarks.sweep` measures, small: three analyses on two nodes of Ray make the reports that this process makes."""

import pytest
import torch

from benchmarks.sweep import ANALYSES, make_saes, one_after_the_other, tasks_of, told, two_nodes
from saegeo_core.sweeping.outcomes import Stored
from saegeo_core.sweeping.sweep import sweep

N = 3


@pytest.fixture
def saes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "")  # what the nodes are given is taken back with it
    n_threads = torch.get_num_threads()
    make_saes(N)
    yield range(N)
    torch.set_num_threads(n_threads)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_reports_are_those_of_one_process_byte_for_byte(saes):
    pytest.importorskip("ray")
    here = list(one_after_the_other(tasks_of(saes, "here")))
    with two_nodes() as executor:
        there = list(sweep(tasks_of(saes, "there"), executor))
    assert [type(one) for one in here + there] == [Stored] * 2 * N * len(ANALYSES)
    assert told("there") == told("here")
    assert len(told("here")) == N * len(ANALYSES)
