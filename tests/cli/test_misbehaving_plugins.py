"""Whatever a plugin does beside its work is told in a sentence, and the reports of the others are what they are without it."""

import json
import multiprocessing
import os
import random
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from saegeo_core import Absent, Findings, Metric
from saegeo_core.loading import formats
from saegeo_core.report import findings

ENDS = threading.Event()


def prints(*_):
    print("a word")


def exits(*_):
    raise SystemExit(3)


def exits_at_once(*_):
    os._exit(4)


def trusts_a_child_that_exits(*_):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        pool.submit(exits_at_once).result()


def breaks(*_):
    raise ZeroDivisionError("by nothing")


def writes(cloud, *_):
    cloud.vectors[0] = 0


def sets_its_parameters(cloud, parameters, context):
    parameters.sizes.append(3)


def draws_from_numpy(*_):
    np.random.rand()  # noqa: NPY002


def seeds_numpy(*_):
    np.random.seed(0)  # noqa: NPY002


def draws_from_random(*_):
    random.random()


def draws_from_torch(*_):
    torch.rand(3)


def seeds_torch(*_):
    torch.manual_seed(0)


def goes_elsewhere(*_):
    os.chdir("/")


def silences_warnings(*_):
    warnings.simplefilter("ignore")


def takes_threads(*_):
    torch.set_num_threads(torch.get_num_threads() + 1)


def changes_the_number_type(*_):
    torch.set_default_dtype(torch.float64)


def silences_numpy(*_):
    np.seterr(all="ignore")


def leaves_a_thread(*_):
    threading.Thread(target=ENDS.wait, name="left-behind", daemon=True).start()


def tells_too_much(*_):
    one = Metric(
        name="mean_norm",
        estimate=1.0,
        interval=Absent("a test needs none"),
        nulls=Absent("a test needs none"),
        n=1,
        unit="length",
        better="neither",
        description="One.",
    )
    return Findings([one], {"huge": pd.DataFrame({"x": np.zeros(1001)})})


FAILED = {
    exits: "it asked to end the program, with status 3",
    exits_at_once: "it asked to end the program, with status 4",
    trusts_a_child_that_exits: "BrokenProcessPool",
    breaks: "ZeroDivisionError: by nothing",
    writes: "wrote to the cloud's vectors",
    sets_its_parameters: "changed its parameters",
    tells_too_much: "the tables have 1,001 cells, and a report holds 1,000",
}
WARNED = {
    prints: "it printed",
    draws_from_numpy: "the global generator of numpy",
    seeds_numpy: "the global generator of numpy",
    draws_from_random: "the generator of random",
    draws_from_torch: "the global generator of torch",
    seeds_torch: "the global generator of torch",
    goes_elsewhere: "it changed the working directory",
    silences_warnings: "it changed which warnings are shown",
    takes_threads: "it changed how many threads torch takes",
    changes_the_number_type: "it changed torch's default number type",
    silences_numpy: "it changed how numpy treats overflow",
    leaves_a_thread: "it left threads running (left-behind)",
}


def state_of_all():
    """What everybody shares."""
    return [
        str(np.random.get_state()),  # noqa: NPY002
        random.getstate(),
        tuple(torch.get_rng_state().tolist()),
        Path.cwd(),
        list(warnings.filters),
        torch.get_num_threads(),
        torch.get_default_dtype(),
        np.geterr(),
    ]


@pytest.fixture
def reads_what_is_shared(analysis):
    """An analysis whose numbers would show what others leave behind."""

    class Reads(type(analysis("zz-reads"))):
        def analyze(self, cloud, parameters, context):
            found = super().analyze(cloud, parameters, context)
            shared = json.dumps([str(one) for one in state_of_all() if not isinstance(one, list)])
            return Findings([*found.metrics], {"shared": pd.DataFrame({"text": [shared]})})

    return Reads()


def contents(report):
    told = json.loads(report.read_text())
    return {name: told[name] for name in ("metrics", "tables", "warnings", "parameters")}


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("deed", [*FAILED, *WARNED], ids=lambda one: one.__name__)
def test_it_is_told_and_the_others_are_what_they_are(
    saegeo, matrix, analysis, reads_what_is_shared, plugin_manager, deed, monkeypatch
):
    monkeypatch.setattr(findings, "MOST_CELLS", 1000)
    others = [analysis("b-other"), reads_what_is_shared]
    alone = saegeo("run", matrix, "--all", "--out", "alone", plugins=plugin_manager(formats=formats, others=others))
    assert alone.exit_code == 0
    before = state_of_all()
    bad = analysis("a-bad", deed)
    beside = saegeo(
        "run", matrix, "--all", "--out", "beside", plugins=plugin_manager(formats=formats, bad=[bad], others=others)
    )
    ENDS.set()
    ENDS.clear()
    assert beside.exit_code == (1 if deed in FAILED else 0)
    assert state_of_all() == before
    said = " ".join((beside.stderr if deed in FAILED else beside.stdout).split())
    assert {**FAILED, **WARNED}[deed] in said
    assert "a-bad" in said
    assert "saegeo_test_bad" in said
    for name in ("b-other", "zz-reads"):
        (one,), (other,) = (list(Path(out).rglob(f"{name}-*.json")) for out in ("alone", "beside"))
        assert contents(one) == contents(other)


def forks(*_):
    """Its child fails, and would be saegeo all over again."""
    child = os.fork()
    if child == 0:
        raise ZeroDivisionError
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def has_a_child_that_exits(*_):
    child = multiprocessing.get_context("fork").Process(target=exits_at_once)
    child.start()
    child.join()
    assert child.exitcode == 4


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("deed", [forks, has_a_child_that_exits])
def test_processes_that_an_analysis_starts_end_as_they_like_and_never_go_on_as_saegeo(
    saegeo, matrix, analysis, plugin_manager, deed
):
    manager = plugin_manager(formats=formats, started=[analysis("a-starts", deed), analysis("b-other")])
    ran = saegeo("run", matrix, "--all", plugins=manager)
    assert ran.exit_code == 0
    assert ran.stderr.count("ZeroDivisionError") == 0
    assert len(list(Path("saegeo-results").rglob("*.json"))) == 2
    assert os._exit.__module__ == "posix"


def test_a_slow_import_is_told(saegeo, matrix, analysis, plugin_manager):
    manager = plugin_manager(slow=[analysis()], formats=formats)
    manager.plugins[0].seconds = 4.0
    ran = saegeo("run", matrix, "--plugin", "mean-norm", plugins=manager)
    assert ran.exit_code == 0
    assert "slow: slow (package saegeo_test_slow) took 4.00 s to load" in ran.stderr


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import os\nos._exit(3)"], ids=["exit", "_exit"])
def test_a_module_that_exits_at_import_is_told(saegeo, matrix, analysis, plugin_manager, tmp_path, monkeypatch, code):
    (tmp_path / "saegeo_test_gone.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    gone = EntryPoint("gone", "saegeo_test_gone", "saegeo")
    sound = plugin_manager(formats=formats, sound=[analysis()])
    sound._load(gone, set())
    ran = saegeo("run", matrix, "--all", plugins=sound)
    assert ran.exit_code == 0
    assert (
        "broken: gone (package saegeo_test_gone): RuntimeError: it asked to end the program, with status 3"
        in ran.stderr
    )
