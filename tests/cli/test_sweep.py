"""`saegeo run` over many SAEs: from a file, in parts, and elsewhere."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import PluginManager, SaegeoError
from saegeo_core.cli import run_sweep
from saegeo_core.cli.run_plan import plan_run
from saegeo_core.sweeping.options import RunOptions
from saegeo_core.sweeping.sweep_file import read_sweep
from tests.sweeping.plain_options import PLAIN_OPTIONS

OUT = Path("saegeo-results")
PLUGINS = PluginManager()


@pytest.fixture(scope="module")
def folder_of_saes(tmp_path_factory):
    """The working folder: three decoders, one of them in a folder."""
    folder = tmp_path_factory.mktemp("saes")
    (folder / "sub").mkdir()
    for name in ("a.npy", "b.npy", "sub/c.npy"):
        np.save(folder / name, np.random.default_rng(0).standard_normal((9, 3)).astype("f4"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


@pytest.fixture
def saes(matrix, rng):
    """Four decoders."""
    paths = [matrix.with_name(f"sae_{number}.npy") for number in range(4)]
    for path in paths:
        np.save(path, rng.standard_normal((30, 5)).astype("f4"))
    return paths


def stored(name="mean-norm"):
    return sorted(path.parent.name for path in OUT.rglob(f"{name}-*.json"))


def test_a_file_says_what_is_measured_and_how(saegeo, saes, plugins, analysis, tmp_path):
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(
        f"saes: ['{saes[0].parent}/sae_*.npy']\nplugins: [mean-norm]\nparameters: {{mean-norm: {{factor: 2}}}}\nseeds: [0, 7]\n"
    )
    result = saegeo("run", "--from", sweep, "--json", plugins=plugins(analysis()))
    assert result.exit_code == 0
    reports = json.loads(result.stdout)
    assert len(reports) == 8
    assert {report["parameters"]["factor"] for report in reports} == {2.0}
    assert [report["seed"] for report in reports] == [0, 7] * 4


def test_lines_are_saes(saegeo, saes, plugins, analysis, tmp_path):
    lines = tmp_path / "saes.txt"
    lines.write_text(f"{saes[0]}\n{saes[1]}  # and no more\n")
    assert saegeo("run", "--from", lines, "--plugin", "mean-norm", plugins=plugins(analysis())).exit_code == 0
    assert stored() == ["sae_0.npy", "sae_1.npy"]


def test_parts_are_all_of_it_together(saegeo, saes, plugins, analysis):
    for part in ("1/3", "2/3", "3/3"):
        assert (
            saegeo("run", *saes, "--plugin", "mean-norm", "--shard", part, plugins=plugins(analysis())).exit_code == 0
        )
    assert stored() == [path.name for path in saes]
    wrong = saegeo("run", *saes, "--plugin", "mean-norm", "--shard", "4/3", plugins=plugins(analysis()))
    assert wrong.exit_code == 2
    assert "I/N" in wrong.stderr


def test_a_part_without_saes_is_no_mistake(saegeo, saes, plugins, analysis):
    none = saegeo("run", saes[0], "--plugin", "mean-norm", "--shard", "2/2", "--json", plugins=plugins(analysis()))
    assert (none.exit_code, json.loads(none.stdout)) == (0, [])
    assert "more parts than SAEs" in none.stderr


NAMED = ("a.npy", "./a.npy", "b.npy", "b.npy  # twice", "[ab].npy", "*.npy", "sub", "sub/../sub/c.npy")
RELEASED = ("minilm-l6:layer_0", "minilm-l6:layer_[01]")
NOTHING = ("", "   ", "# nothing", "\t# a.npy")


@given(
    st.lists(st.sampled_from(NAMED + RELEASED + NOTHING), min_size=1, max_size=8),
    st.integers(1, 9),
    st.sampled_from(["\n", "\r\n"]),
)
def test_parts_of_any_file_are_all_of_it_and_none_twice(folder_of_saes, lines, n, end):
    file = folder_of_saes / "saes.txt"
    file.write_bytes((end.join(lines) + end).encode())
    try:
        named = read_sweep(file).saes
    except SaegeoError:
        assert not any(line.partition("#")[0].strip() for line in lines)
        return
    options = RunOptions(**PLAIN_OPTIONS, out=str(folder_of_saes / "out"))
    plan = partial(plan_run, named, ["entropy"], options, run_all=False, plugins=PLUGINS)
    parts = [plan(part=(number, n)).specs for number in range(1, n + 1)]
    together = [spec for part in parts for spec in part]
    assert sorted(map(str, together)) == sorted(map(str, plan().specs))
    resolved = [str(spec.path.resolve()) if spec.path else str(spec) for spec in together]
    assert len(set(resolved)) == len(resolved)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    here = [Path(line) for line in named if line.endswith(".npy") and "[" not in line and "*" not in line]
    assert {str(path.resolve()) for path in here} <= set(resolved)


@pytest.mark.parametrize("on", ["nowhere", "local:none"])
def test_a_place_that_is_none_is_said(saegeo, saes, plugins, analysis, on):
    result = saegeo("run", *saes, "--plugin", "mean-norm", "--on", on, plugins=plugins(analysis()))
    assert result.exit_code == 2
    assert on in result.stderr


class Backwards:
    """Does tasks in the wrong order, in this process."""

    def __init__(self, plugins):
        self.plugins = plugins
        self.is_closed = False

    def perform(self, tasks):
        for task in reversed(list(tasks)):
            yield task, list(task.perform(self.plugins))

    def close(self):
        self.is_closed = True


@pytest.fixture
def backwards(monkeypatch, plugins, analysis):
    """Two analyses, of which one fails on an SAE, done elsewhere."""

    def fails(cloud, *_):
        if "sae_1" in cloud.sae.spec:
            raise ZeroDivisionError("by nothing")

    manager = plugins(analysis("a", fails), analysis("b"))
    executor = Backwards(manager)
    monkeypatch.setattr(run_sweep, "open_executor", lambda *_: executor)
    return manager, executor


def test_what_is_done_elsewhere_is_listed_in_order(saegeo, saes, backwards):
    manager, executor = backwards
    result = saegeo("run", *saes, "--all", "--on", "there", plugins=manager)
    assert result.exit_code == 1
    assert executor.is_closed
    lines = [line.partition(": ")[0] for line in result.stdout.splitlines()]
    expected = [f"{name} on {path}" for path in saes for name in "ab" if (name, path) != ("a", saes[1])]
    assert lines == expected
    assert "on there: 8 reports of 4 SAEs; what they take is not known" in result.stderr
    assert result.stderr.count("ZeroDivisionError: by nothing") == 1
    again = saegeo("run", *saes, "--all", "--on", "there", plugins=manager)
    assert "7 of which seem to be stored" in again.stderr
    assert again.stdout.count("(computed earlier)") == 7
    assert again.exit_code == 1


def test_seeds_come_in_the_order_of_one_process(saegeo, saes, backwards, tmp_path):
    manager, _ = backwards
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(f"saes: ['{saes[0]}', '{saes[2]}']\nplugins: [b, a]\nseeds: [7, 0]\n")
    reports = [
        json.loads(saegeo("run", "--from", sweep, "--json", "--out", out, *on, plugins=manager).stdout)
        for out, on in (("here", ()), ("there", ("--on", "there")))
    ]
    here, there = (
        [(one["sae"]["spec"], one["seed"], one["analysis"]["name"], one["metrics"]) for one in made] for made in reports
    )
    assert there == here
    assert [one[1:3] for one in here] == [(7, "b"), (7, "a"), (0, "b"), (0, "a")] * 2


def test_compare_measures_elsewhere_too(saegeo, saes, backwards):
    manager, _ = backwards
    result = saegeo("compare", *saes, "--plugin", "b", "--on", "there", "--format", "json", plugins=manager)
    assert [row[0] for row in json.loads(result.stdout)["table"]["rows"]] == list(map(str, saes))
