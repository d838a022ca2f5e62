"""The decoder's release is what its card says: complete, small, of equal sparsity, honest about its weights."""

import itertools
import json
import zlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.tools.card_row import card_row

REPOSITORY = Path(__file__).parents[2]
BUNDLED = REPOSITORY / "saegeo_core" / "bundled" / "smollm2-135m"
CARD = REPOSITORY / "docs" / "smollm2-release.md"
FOUR_LAYERS = [f"layer_{layer}" for layer in (6, 12, 18, 24)]
SAE_IDS = [*FOUR_LAYERS, "seed_1_layer_12", "width_1024_layer_12"]
WEIGHTS = "sae_weights.safetensors"


@pytest.fixture(scope="module")
def release():
    return json.loads((BUNDLED / "release.json").read_text(encoding="utf-8"))


def test_it_holds_four_layers_a_second_seed_and_a_second_width(release):
    assert sorted(release["saes"]) == sorted(SAE_IDS)
    assert sorted(folder.name for folder in BUNDLED.iterdir() if folder.is_dir()) == sorted(SAE_IDS)


@pytest.mark.parametrize("sae_id", SAE_IDS)
def test_weights_are_finite_with_unit_decoder_rows_and_six_digits(sae_id):
    width = 1024 if sae_id == "width_1024_layer_12" else 4096
    weights = load_file(BUNDLED / sae_id / WEIGHTS)
    assert {name: tuple(weight.shape) for name, weight in weights.items()} == {
        "W_enc": (576, width),
        "W_dec": (width, 576),
        "b_enc": (width,),
        "b_dec": (576,),
        "threshold": (width,),
    }
    assert all(weight.dtype == torch.float16 and weight.isfinite().all() for weight in weights.values())
    torch.testing.assert_close(weights["W_dec"].float().norm(dim=1), torch.ones(width), atol=5e-3, rtol=0)
    assert (weights["threshold"] > 0).all()
    # Of normal numbers the five digits after the leading one are followed by five zeros.
    normal = weights["W_dec"].abs() >= 2.0**-14
    assert not (weights["W_dec"].view(torch.int16)[normal] & 0b11111).any()


def test_a_wheel_packs_a_dictionary_into_six_megabytes():
    packed = zlib.compress((BUNDLED / "layer_12" / WEIGHTS).read_bytes(), 1)
    assert len(packed) < 7e6


@pytest.mark.parametrize("sae_id", SAE_IDS)
def test_the_configuration_says_where_it_belongs_and_nothing_of_where_it_was_made(sae_id, release):
    text = (BUNDLED / sae_id / "cfg.json").read_text(encoding="utf-8")
    config = json.loads(text)
    metadata, facts = config["metadata"], release["saes"][sae_id]
    layer = int(sae_id.rpartition("_")[2])
    assert config["architecture"] == facts["architecture"] == "jumprelu"
    assert metadata["model_name"] == release["model"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert metadata["hook_name"] == facts["hook_name"] == f"blocks.{layer}.hook_resid_post"
    assert metadata["hf_hook_name"] == f"layers.{layer}"
    assert metadata["prepend_bos"] is True
    for name in ("layer", "l0", "fraction_of_variance_unexplained", "dead_share"):
        assert metadata[name] == facts[name]
    assert not any(path in text for path in ("/tmp", "/home", "/root", "/mnt", "\\\\"))


def test_the_layers_are_equally_sparse_and_reconstruct_well(release):
    l0 = [release["saes"][sae_id]["l0"] for sae_id in FOUR_LAYERS]
    assert max(a / b for a, b in itertools.permutations(l0, 2)) < 1.15
    assert all(facts["fraction_of_variance_unexplained"] < 0.35 for facts in release["saes"].values())
    assert all(facts["dead_share"] < 0.1 for facts in release["saes"].values())


@pytest.mark.parametrize("sae_id", SAE_IDS)
def test_the_card_shows_the_measured_figures(sae_id, release):
    assert card_row(sae_id, release["saes"][sae_id]) in CARD.read_text(encoding="utf-8").splitlines()


def test_the_card_says_what_the_model_is_and_names_every_kind_of_text(release):
    card = CARD.read_text(encoding="utf-8")
    assert "weights are 4-bit and instruction-tuned" in card
    assert all(f"| {kind['kind']} | " in card for kind in release["corpus"]["kinds"])
