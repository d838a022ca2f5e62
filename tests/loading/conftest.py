"""SAEs in every form they are kept in, small and made by hand, and a Hugging Face cache to put them in."""

import json
import socket
from functools import partial
from importlib.metadata import EntryPoint

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from saegeo_core import PluginManager
from saegeo_core.loading import load_cloud

COMMIT = "0" * 40


@pytest.fixture
def decoder(rng):
    """24 features in 6 dimensions."""
    return rng.standard_normal((24, 6)).astype(np.float32)


@pytest.fixture
def encoder(rng):
    """The same 24 features, read from 6 dimensions; kept as sae-lens keeps it, (d_in, d_sae)."""
    return rng.standard_normal((6, 24)).astype(np.float32)


@pytest.fixture(scope="session")
def formats():
    """The built-in file formats alone, whatever is installed."""
    return PluginManager([EntryPoint("file-formats", "saegeo_core.loading.formats", "saegeo")], disabled="")


@pytest.fixture(scope="session")
def load(formats):
    return partial(load_cloud, plugins=formats)


def write_file(path, content):
    """Write arrays by name, or a JSON object, as the suffix of `path` says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".json", ".yaml"):
        path.write_text(json.dumps(content))
    elif path.suffix == ".npz":
        np.savez(path, **content)
    else:
        save = save_file if path.suffix == ".safetensors" else torch.save
        save({name: torch.tensor(array) for name, array in content.items()}, path)
    return path


@pytest.fixture
def write():
    return write_file


@pytest.fixture
def sae_lens_folder(tmp_path, decoder, encoder):
    """A folder as SAE.save_model leaves it."""
    folder = tmp_path / "layer_12"
    weights = {"W_dec": decoder, "W_enc": encoder, "b_dec": np.zeros(6, np.float32)}
    write_file(folder / "sae_weights.safetensors", weights)
    metadata = {"model_name": "gpt2-small", "hook_name": "blocks.12.hook_resid_post", "context_size": 128}
    config = {"architecture": "jumprelu", "d_in": 6, "d_sae": 24, "dtype": "float32", "device": "cpu"}
    write_file(folder / "cfg.json", {**config, "metadata": metadata})
    return folder


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """`hub(repository)` is the folder of a repository in an offline cache; what is put there can be had, nothing else."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    def repository_folder(repository):
        repository_cache = tmp_path / "hub" / f"models--{repository.replace('/', '--')}"
        snapshot = repository_cache / "snapshots" / COMMIT
        snapshot.mkdir(parents=True, exist_ok=True)
        (repository_cache / "refs").mkdir(exist_ok=True)
        (repository_cache / "refs" / "main").write_text(COMMIT)
        return snapshot

    return repository_folder


@pytest.fixture
def no_network(monkeypatch):
    """Sockets are refused."""

    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
