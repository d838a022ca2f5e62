"""Gemma Scope 2, the directory's largest family, is used whole from the hub's cache with no network: sockets are refused here."""

import pytest
import torch

from saegeo_core import SaeSpec
from saegeo_core.loading.release_directory import matching_entries
from saegeo_core.loading.whole_sae import load_whole_sae


@pytest.mark.parametrize(
    "name",
    [
        "gemma-scope-2-4b-pt-res-all:layer_0_width_16k_l0_big",
        "gemma-scope-2-4b-pt-transcoders-all:layer_0_width_16k_l0_big",
        "gemma-scope-2-4b-pt-transcoders-all:layer_0_width_16k_l0_big_affine",
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_gemma_scope_2_encodes_as_sae_lens_has_it(hub, write, no_network, decoder, encoder, rng, name, monkeypatch):
    """sae-lens asks the hub for the shapes of what it has: with these given, it loads the same SAE."""
    [entry] = matching_entries(SaeSpec.parse(name))
    arrays = {"w_enc": encoder, "w_dec": decoder, "b_enc": rng.standard_normal(24).astype("f4")}
    arrays |= {"b_dec": rng.standard_normal(6).astype("f4"), "threshold": rng.uniform(0, 1, 24).astype("f4")}
    if "affine" in name:
        arrays["affine_skip_connection"] = rng.standard_normal((6, 6)).astype("f4")
    write(hub(entry.repository) / entry.path / "params.safetensors", arrays)
    ours = load_whole_sae(SaeSpec.parse(name))

    from sae_lens.loading import pretrained_sae_loaders

    shapes = {"w_enc": [6, 24], "w_dec": [24, 6]}
    monkeypatch.setattr(pretrained_sae_loaders, "get_safetensors_tensor_shapes", lambda *_: shapes)
    config, state, _ = pretrained_sae_loaders.gemma_3_sae_huggingface_loader(entry.repository, entry.path)
    assert ours.architecture == config["architecture"]
    rows = torch.from_numpy(rng.standard_normal((50, 6)).astype("f4"))
    before = rows @ state["W_enc"] + state["b_enc"]
    torch.testing.assert_close(ours.module.encode(rows), before.relu() * (before > state["threshold"]))
