"""Mistakes are found before anything is computed: exit status 2, a message, nothing on standard output, no folder made."""

from pathlib import Path

import pytest


@pytest.fixture
def refused(saegeo, plugins, analysis):
    def run(*arguments):
        measured = analysis()
        firing = analysis("fires", needs=frozenset({"vectors", "firing"}))
        result = saegeo("run", *arguments, plugins=plugins(measured, firing))
        assert result.exit_code == 2
        assert result.stdout == ""
        assert measured.runs.total() == 0
        assert not Path("saegeo-results").exists()
        return result.stderr

    return run


def test_no_analysis(refused, matrix):
    assert "no analysis was named" in refused(matrix)


def test_plugin_and_all(refused, matrix):
    assert "exclude each other" in refused(matrix, "--all", "--plugin", "mean-norm")


@pytest.mark.parametrize("name", ["mean-nrm", "../../x", "[red]"])
def test_unknown_analysis(refused, matrix, name):
    assert f"there is no analysis '{name}'" in (told := refused(matrix, "--plugin", name))
    assert "mean-norm" in told


def test_missing_inputs_of_a_named_analysis(refused, matrix):
    assert "fires needs firing statistics" in refused(matrix, "--plugin", "mean-norm", "--plugin", "fires")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("mean-norm.factr=2", "its parameters: mean-norm.factor, mean-norm.sizes"),
        ("mean-norm.factor=much", "mean-norm.factor cannot be 'much'"),
        ("mean-norm.factor=-1", "What the mean is multiplied by"),
        ("mean-norm.factor=nan", "mean-norm.factor cannot be 'nan'"),
        ("mean-norm.sizes=1,x", "mean-norm.sizes cannot be '1,x'"),
        ("mean-nrm.factor=2", "did you mean 'mean-norm'?"),
        ("fires.factor=2", "'fires' is not in this run"),
        ("factor=2", "is not NAME.KEY=VALUE"),
        ("mean-norm.factor", "is not NAME.KEY=VALUE"),
        ("=", "is not NAME.KEY=VALUE"),
    ],
)
def test_settings(refused, matrix, setting, told):
    assert told in refused(matrix, "--plugin", "mean-norm", "--set", setting)


def test_a_setting_given_twice(refused, matrix):
    twice = ["--set", "mean-norm.factor=1", "--set", "mean-norm.factor=2"]
    assert "is set twice" in refused(matrix, "--plugin", "mean-norm", *twice)


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "cuda:x"])
def test_device(refused, matrix, device):
    assert "device" in refused(matrix, "--plugin", "mean-norm", "--device", device)


@pytest.mark.parametrize(
    "spec",
    [
        "nowhere.npy",
        "./nowhere",
        "minilm-l6:../../x",
        "nothing-known:x",
        "",
        "a\0b",
        "~nobody/a.npy",
        "x" * 300,
        "x" * 300 + ":a",
    ],
)
def test_saes(refused, matrix, spec):
    assert refused(matrix, spec, "--plugin", "mean-norm").startswith("error: ")


def test_labels_of_several_saes(refused, matrix, another):
    assert "of one SAE" in refused(matrix, another, "--plugin", "mean-norm", "--feature-labels", matrix)


def test_labels_that_are_not_there(refused, matrix):
    assert "nowhere.json" in refused(matrix, "--plugin", "mean-norm", "--feature-labels", "nowhere.json")


def test_an_output_folder_that_cannot_be(refused, matrix, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot write" in refused(matrix, "--plugin", "mean-norm", "--out", "file/below")
    assert "--out is empty" in refused(matrix, "--plugin", "mean-norm", "--out", "")
