"""`saegeo features` and `saegeo match`: what is typed, and what a pipe of 80 columns shows."""

import csv
import io
import json

import pytest


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


def test_files_hold_all_features(narrow, matrix):
    told = json.loads(narrow("features", matrix, "--json").stdout)
    assert [one["feature"] for one in told["features"]] == list(range(30))
    rows = list(csv.DictReader(io.StringIO(narrow("features", matrix, "--format", "csv", "--sort", "norm").stdout)))
    assert len(rows) == 30
    assert sorted(rows, key=lambda row: -float(row["norm"])) == rows


def test_what_is_not_there_is_a_mistake(narrow, matrix):
    for typed, told in (
        (["features", matrix, "30"], "not there"),
        (["features", matrix, "--lobe", "1"], "saegeo run --plugin lobes"),
        (["features", "minilm-l6:layer_33"], "layer_3"),
        (["match", matrix, matrix], "names no feature"),
        (["match", matrix], "type saegeo match SAE#ID OTHER"),
        (["match", matrix, "40", matrix], "not there"),
    ):
        result = narrow(*typed)
        assert result.exit_code == 2
        assert told in result.stderr


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
