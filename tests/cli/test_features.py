"""`saegeo features` and `saegeo match`: what is typed, and what a pipe of 80 columns shows."""

import csv
import io
import json
import types

import numpy as np
import pytest
from rich.cells import cell_len

from saegeo_core import hookimpl
from saegeo_core.loading import formats


@pytest.fixture
def narrow(saegeo, monkeypatch):
    """Runs `saegeo ARGS` 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    return saegeo


@pytest.fixture
def matrix(matrix):
    """Named as short as it lies in the folder where one is."""
    return matrix.name


@pytest.fixture
def another(matrix, tmp_path):
    """The same decoder under another name."""
    (tmp_path / "another.npy").write_bytes((tmp_path / matrix).read_bytes())
    return "another.npy"


def test_cards_of_a_bare_matrix_say_what_is_lacking(narrow, matrix):
    result = narrow("features", matrix)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"{matrix}: 10 of 30 features"
    assert "feature 9" in lines
    assert "feature 10" not in lines
    assert result.stdout.endswith("\n")
    assert max(map(len, lines)) <= 80
    assert "not known: how often features fire" in result.stdout
    assert "--contexts 5" in " ".join(result.stdout.split())


@pytest.mark.parametrize(("typed", "shown"), [(["-n", "2"], 2), (["-n", "0"], 30), (["3-20"], 18)], ids=str)
def test_as_many_cards_as_are_asked_for(narrow, matrix, typed, shown):
    assert narrow("features", matrix, *typed).stdout.count("\nfeature ") == shown


@pytest.mark.parametrize("sign", "#:")
def test_one_feature_is_named_with_its_sae(narrow, matrix, sign):
    result = narrow("features", f"{matrix}{sign}12")
    assert result.stdout.splitlines()[2] == "feature 12"
    assert "1 feature\n" in result.stdout


def test_numbers_alone_are_of_the_sae_that_is_measured_unasked(narrow, tmp_path):
    lines = narrow("features", "1337-1338").stdout.splitlines()
    assert lines[0] == "minilm-l6:layer_3: 2 features"
    assert [line for line in lines if line.startswith("feature ")] == ["feature 1337", "feature 1338"]
    np.save(tmp_path / "7.npy", np.eye(4, 3, dtype=np.float32))
    (tmp_path / "7.npy").rename(tmp_path / "7")
    assert "minilm" not in narrow("features", "7").output


def test_files_hold_all_features(narrow, matrix):
    told = json.loads(narrow("features", matrix, "--json").stdout)
    assert [one["feature"] for one in told["features"]] == list(range(30))
    rows = list(csv.DictReader(io.StringIO(narrow("features", matrix, "--format", "csv", "--sort", "norm").stdout)))
    assert len(rows) == 30
    assert sorted(rows, key=lambda row: -float(row["norm"])) == rows


def test_what_is_not_there_is_a_mistake(narrow, matrix):
    for typed, told in (
        (["features", matrix, "30"], "error: 30 is a feature that is not there; the SAE has 30"),
        (["features", matrix, "9-3"], "error: 9-3 ends before it begins"),
        (["features", matrix, "three"], "type numbers and ranges, for example 1,5,9-20"),
        (["features", f"{matrix}#"], f"'' is no feature of {matrix}"),
        (["features", f"{matrix}#x"], f"type its number, for example '{matrix}#412'"),
        (["features", ""], "the name of the SAE is empty"),
        (["features", matrix, "--table", "lobes.map"], "has a table lobes.map of features"),
        (["features", matrix, "--sort", "nonsense"], "known: id, max, norm, rate"),
        (["features", matrix, "--sort", "rate"], "give a harvest of it with --firing"),
        (["features", matrix, "--results", matrix], "is a file"),
        (["features", matrix, "--lobe", "1"], "saegeo run --plugin lobes"),
        (["features", "minilm-l6:layer_33"], "layer_3"),
        (["match", matrix, matrix], "names no feature"),
        (["match", matrix], "type saegeo match SAE#ID OTHER"),
        (["match", matrix, "40", matrix], "error: 40 is a feature that is not there"),
        (["match", matrix], "one name was given"),
        (["match", f"{matrix}#3", f"{matrix}#4"], f"type the SAE alone: {matrix}"),
    ):
        result = narrow(*typed)
        assert result.exit_code == 2
        assert told in result.stderr


@pytest.mark.parametrize("columns", [40, 80])
def test_labels_of_strangers_steer_nothing_and_fit(narrow, matrix, tmp_path, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    labels = {
        "0": "\x1b[31mred\x1b]0;title\x07",
        "1": "日本語の長いラベル" * 12,
        "2": "=1+1",
        "3": "a\nb\r",
        "4": "\u202eevil",
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    typed = ["features", matrix, "0-4", "--feature-labels", "labels.json"]
    shown = narrow(*typed).stdout
    assert all(one.isprintable() or one == "\n" for one in shown)
    assert max(map(cell_len, shown.splitlines())) <= columns
    assert "feature 0  \\x1b[31mred" in shown
    assert "feature 4  \\u202eevil" in shown
    assert json.loads(narrow(*typed, "--json").stdout)["features"][0]["label"] == labels["0"]
    assert ",=1+1" not in narrow(*typed, "--format", "csv").stdout


def test_a_matrix_that_could_lie_either_way_is_read_as_it_is_said_to(narrow, tmp_path, rng):
    for name, shape in (("wide.npy", (5, 30)), ("other.npy", (5, 40))):
        np.save(tmp_path / name, rng.standard_normal(shape).astype(np.float32))
    refused = narrow("features", "wide.npy")
    assert refused.exit_code == 2
    assert "--decoder-layout columns if it holds 30 features" in refused.stderr
    assert "10 of 30 features" in narrow("features", "wide.npy", "--decoder-layout", "columns").stdout
    result = narrow("match", "wide.npy", "29", "other.npy", "--decoder-layout", "columns")
    assert result.stdout.startswith("wide.npy in other.npy\n")


def test_what_a_plugin_prints_is_no_result(narrow, matrix, plugin_manager):
    class Loud:
        name, summary = "loud", "nothing"

        def recognises(self, path):
            print("noise")
            return False

        def read(self, path, rows, layout):
            """Never called."""

    @hookimpl
    def saegeo_register_loaders(register):
        register(Loud())

    module = types.ModuleType("loud")
    module.saegeo_register_loaders = saegeo_register_loaders
    plugins = plugin_manager(loud=module, formats=formats)
    for typed in (["features", matrix, "3", "--json"], ["match", matrix, "3", matrix, "--json"]):
        result = narrow(*typed, plugins=plugins)
        assert json.loads(result.stdout)
        assert "noise" in result.stderr


def test_a_feature_is_its_own_counterpart_in_a_copy(narrow, matrix, another):
    result = narrow("match", f"{matrix}#3", another)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[4].split()[:3] == ["3", "3", "1"]
    told = json.loads(narrow("match", matrix, "3,5", another, "--json").stdout)
    assert [one["counterpart"]["feature"] for one in told["matches"]] == [3, 5]
    [heading, first, _] = narrow("match", matrix, "3,5", another, "--format", "csv").stdout.splitlines()
    assert heading.startswith("feature,counterpart,cosine,chance_cosine,pvalue,is_mutual")
    assert first.startswith("3,3,1.0,")


def test_reports_are_exported(narrow, matrix):
    assert narrow("run", "--plugin", "entropy", matrix, "--set", "entropy.null_draws=19").exit_code == 0
    result = narrow("export", "saegeo-results", "--to", "delphi-neighbors", "out")
    assert result.exit_code == 0
    assert result.stdout.startswith("delphi-neighbors: out/decoder.npy/")
    for typed, told in (
        (["export", "saegeo-results", "--to", "csv"], "type saegeo export REPORT… --to csv OUT"),
        (["export", "nowhere", "out", "--to", "csv"], "nowhere"),
        (["export", "saegeo-results", "out", "--to", "neuronpedia-json"], "--contexts 5"),
    ):
        result = narrow(*typed)
        assert result.exit_code == 2
        assert told in result.stderr
