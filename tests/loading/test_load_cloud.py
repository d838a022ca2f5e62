"""From a name to a cloud, and from names with wildcards to names."""

import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from saegeo_core import SaegeoError, SaeSpec, hookimpl
from saegeo_core.loading import expand_specs, formats, load_cloud


def test_specs_may_be_parsed_already(load, sae_lens_folder):
    by_text, by_spec = load(str(sae_lens_folder)), load(SaeSpec(path=sae_lens_folder))
    assert by_text.digest == by_spec.digest
    assert by_text.sae == by_spec.sae


def test_labels_come_with_the_features(load, tmp_path, decoder):
    decoder[1] = 0
    np.save(tmp_path / "a.npy", decoder)
    (tmp_path / "labels.csv").write_text("feature,label\n0,dates\n2,names\n")
    cloud = load(str(tmp_path / "a.npy"), labels=tmp_path / "labels.csv")
    assert cloud.labels[:3] == ("dates", "names", "")
    assert load(str(tmp_path / "a.npy")).labels is None


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("", "is empty"),
        ("./nowhere/params.npz", "there is no file or folder nowhere/params.npz"),
        ("gpt2-small-res-jb", "is a release, not an SAE\ntype 'gpt2-small-res-jb:\\*'"),
        ("gpt2-small-res-jq", "names no release\n.*did you mean 'gpt2-small-res-jb'"),
        ("gpt2-small-res-jb:*", "gpt2-small-res-jb:\\* names 13 SAEs\nname one"),
        ("gpt2-small-res-jb:../../x", "is not an SAE name"),
        ("gpt2-small-res-jb:", "is not an SAE name"),
    ],
)
def test_names_of_nothing(load, spec, complaint):
    with pytest.raises(SaegeoError, match=complaint):
        load(spec)


def test_rows_of_neither_kind(load, sae_lens_folder):
    with pytest.raises(SaegeoError, match="say 'decoder' or 'encoder'"):
        load(str(sae_lens_folder), rows="both")


def test_without_file_formats_nothing_can_be_read(plugin_manager, sae_lens_folder):
    with pytest.raises(
        SaegeoError, match=r"holds cfg.json, sae_weights.safetensors, is in no(.|\n)*none is registered"
    ):
        load_cloud(str(sae_lens_folder), plugins=plugin_manager())


def test_wildcards_are_expanded_in_the_order_of_the_directory_and_repeats_dropped(sae_lens_folder, monkeypatch):
    monkeypatch.chdir(sae_lens_folder.parent)
    specs = expand_specs(
        [
            "gpt2-small-res-jb:blocks.1?.hook_resid_*",
            "./layer_12",
            "gpt2-small-res-jb:blocks.11.hook_resid_post",
            "gpt2-small-res-jb:blocks.0.hook_resid_pre",
            "layer_12",
        ]
    )
    assert [str(spec) for spec in specs] == [
        "gpt2-small-res-jb:blocks.10.hook_resid_pre",
        "gpt2-small-res-jb:blocks.11.hook_resid_pre",
        "gpt2-small-res-jb:blocks.11.hook_resid_post",
        "layer_12",
        "gpt2-small-res-jb:blocks.0.hook_resid_pre",
    ]


@pytest.mark.parametrize(
    "spec", ["gpt2-small-res-jb:blocks.99.*", "no-such-release:*", "./nowhere", "gpt2-small-res-jb"]
)
def test_names_of_nothing_are_not_expanded(spec):
    with pytest.raises(SaegeoError):
        expand_specs([spec])


def test_a_pattern_of_paths_that_no_shell_expanded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for layer in (10, 2):
        (tmp_path / f"layer_{layer}").mkdir()
    (tmp_path / "layer_[1]").mkdir()
    assert [str(spec) for spec in expand_specs(["layer_?*"])] == ["layer_2", "layer_10", "layer_[1]"]
    assert [str(spec) for spec in expand_specs(["layer_[1]"])] == ["layer_[1]"]
    with pytest.raises(SaegeoError, match=r"no file or folder is called like seed_\*"):
        expand_specs(["seed_*"])


def test_every_bundled_sae_loads():
    specs = expand_specs(["minilm-l6:*"])
    assert len(expand_specs(["minilm-l6:layer_*"])) == 6
    for spec in specs:
        cloud = load_cloud(spec)
        width = 768 if "width_768" in cloud.sae.sae_id else 1536
        assert (cloud.sae.d_sae, cloud.d_in, cloud.vectors.dtype) == (width, 384, torch.float16)
        assert cloud.sae.hook_name == f"blocks.{cloud.sae.layer}.hook_resid_post"
        assert (cloud.sae.space, cloud.sae.model) == ("residual", "sentence-transformers/all-MiniLM-L6-v2")
        assert cloud.sae.l0 == pytest.approx(64 if "l0_64" in cloud.sae.sae_id else 32, rel=0.25)
        np.testing.assert_allclose(cloud.norms, 1, atol=2e-3)


def test_importing_the_room_and_its_formats_is_cheap():
    program = """
import sys
import saegeo_core.loading, saegeo_core.loading.formats
print({"torch", "numpy", "sae_lens", "transformers", "safetensors", "yaml", "huggingface_hub"} & set(sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert (run.stdout, run.stderr) == ("set()\n", "")


class Stranger:
    """A file format that fails wherever it is told to."""

    name, summary = "strange", "files called .strange"

    def __init__(self, looks=None, reads=None):
        self.looks, self.reads = looks, reads

    def recognises(self, path):
        return self.looks(path) if self.looks else path.suffix == ".strange"

    def read(self, path, rows, layout):
        return self.reads(path)


def fail(path):
    raise IndexError("list index out of range")


@pytest.fixture
def strange(plugin_manager, tmp_path):
    """Loads a file in a stranger's format, or a decoder matrix, where a stranger's format is installed."""

    def load(name, **does):
        module = types.ModuleType("saegeo_test_strange")
        module.saegeo_register_loaders = hookimpl(lambda register: register(Stranger(**does)))
        module.saegeo_register_loaders.__name__ = "saegeo_register_loaders"
        (tmp_path / "a.strange").touch()
        return load_cloud(str(tmp_path / name), plugins=plugin_manager(formats=formats, strange=module))

    return load


def test_a_format_that_fails_to_look_stops_nobody(strange, tmp_path, decoder):
    np.save(tmp_path / "a.npy", decoder)
    with pytest.warns(
        UserWarning, match="format strange of package saegeo_test_strange failed to look at .*IndexError"
    ):
        assert strange("a.npy", looks=fail).n_features == 24


@pytest.mark.parametrize(
    ("reads", "told"), [(fail, "IndexError: list index"), (lambda path: None, "TypeError: read returned a NoneType")]
)
def test_a_format_that_fails_to_read_names_its_package(strange, reads, told):
    with pytest.raises(RuntimeError, match=f"strange of package saegeo_test_strange failed to read .*{told}"):
        strange("a.strange", reads=reads)


def test_a_user_s_mistake_stays_one(strange):
    def refuse(path):
        raise SaegeoError("damaged", "write it again")

    with pytest.raises(SaegeoError, match="^damaged\nwrite it again$"):
        strange("a.strange", reads=refuse)


def test_a_folder_of_saes_stands_for_all_of_them_in_natural_order(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    for place in ("runs/layer_10", "runs/layer_2", "runs/deep/er/layer_3", "runs/.hidden/layer_4", "layer_1/inner"):
        Path(place).mkdir(parents=True)
        np.savez(Path(place, "params.npz"), W_dec=rng.standard_normal((20, 5)).astype("f4"))
    np.savez("layer_1/params.npz", W_dec=rng.standard_normal((20, 5)).astype("f4"))
    np.save("runs/activations.npy", np.zeros(4, "f4"))
    Path("runs/notes.txt").write_text("mine")
    Path("texts").mkdir()
    assert list(map(str, expand_specs(["runs", "runs/layer_2"]))) == [
        "runs/deep/er/layer_3",
        "runs/layer_2",
        "runs/layer_10",
    ]
    assert list(map(str, expand_specs(["layer_1"]))) == ["layer_1"]
    assert list(map(str, expand_specs(["texts"]))) == ["texts"]
    with pytest.raises(SaegeoError, match="texts"):
        load_cloud("texts")
