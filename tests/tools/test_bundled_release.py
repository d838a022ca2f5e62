"""The release that ships is what its card says: complete, small, of equal sparsity, loadable without a network."""

import itertools
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.tools.card_row import card_row

REPOSITORY = Path(__file__).parents[2]
BUNDLED = REPOSITORY / "saegeo_core" / "bundled" / "minilm-l6"
CARD = REPOSITORY / "docs" / "bundled-release.md"
SIX_LAYERS = [f"layer_{layer}" for layer in range(6)]
SAE_IDS = [*SIX_LAYERS, "l0_64_layer_3", "seed_1_layer_3", "width_768_layer_3"]


@pytest.fixture(scope="module")
def release():
    return json.loads((BUNDLED / "release.json").read_text(encoding="utf-8"))


def test_it_holds_the_six_layers_and_three_more(release):
    assert sorted(release["saes"]) == sorted(SAE_IDS)
    assert sorted(folder.name for folder in BUNDLED.iterdir() if folder.is_dir()) == sorted(SAE_IDS)
    assert sorted(folder.name for folder in BUNDLED.glob("layer_*")) == SIX_LAYERS


def test_it_fits_in_24_megabytes():
    assert sum(file.stat().st_size for file in BUNDLED.rglob("*") if file.is_file()) <= 24e6


@pytest.mark.parametrize("sae_id", SAE_IDS)
def test_weights_are_finite_half_precision_with_unit_decoder_rows(sae_id):
    width = 768 if sae_id == "width_768_layer_3" else 1536
    weights = load_file(BUNDLED / sae_id / "sae_weights.safetensors")
    assert {name: tuple(weight.shape) for name, weight in weights.items()} == {
        "W_enc": (384, width),
        "W_dec": (width, 384),
        "b_enc": (width,),
        "b_dec": (384,),
        "threshold": (width,),
    }
    assert all(weight.dtype == torch.float16 and weight.isfinite().all() for weight in weights.values())
    torch.testing.assert_close(weights["W_dec"].float().norm(dim=1), torch.ones(width), atol=1e-3, rtol=0)
    assert (weights["threshold"] > 0).all()


@pytest.mark.parametrize("sae_id", SAE_IDS)
def test_the_configuration_says_where_it_belongs_and_nothing_of_where_it_was_made(sae_id, release):
    text = (BUNDLED / sae_id / "cfg.json").read_text(encoding="utf-8")
    config = json.loads(text)
    metadata, facts = config["metadata"], release["saes"][sae_id]
    layer = int(sae_id[-1])
    assert config["architecture"] == facts["architecture"] == "jumprelu"
    assert metadata["model_name"] == release["model"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert metadata["hook_name"] == facts["hook_name"] == f"blocks.{layer}.hook_resid_post"
    assert metadata["hf_hook_name"] == f"encoder.layer.{layer}"
    for name in ("layer", "l0", "fraction_of_variance_unexplained", "dead_share"):
        assert metadata[name] == facts[name]
    assert not any(path in text for path in ("/tmp", "/home", "/root", "/mnt", "\\\\"))


def test_the_six_layers_are_equally_sparse_and_reconstruct_well(release):
    l0 = [release["saes"][sae_id]["l0"] for sae_id in SIX_LAYERS]
    assert max(a / b for a, b in itertools.permutations(l0, 2)) < 1.1
    assert release["saes"]["l0_64_layer_3"]["l0"] == pytest.approx(64, rel=0.1)
    assert all(facts["fraction_of_variance_unexplained"] < 0.25 for facts in release["saes"].values())
    assert all(facts["dead_share"] < 0.05 for facts in release["saes"].values())


@pytest.mark.parametrize("sae_id", SAE_IDS)
def test_the_card_shows_the_measured_figures(sae_id, release):
    assert card_row(sae_id, release["saes"][sae_id]) in CARD.read_text(encoding="utf-8").splitlines()


def test_the_card_names_every_kind_of_text(release):
    card = CARD.read_text(encoding="utf-8")
    assert all(f"| {kind['kind']} | " in card for kind in release["corpus"]["kinds"])
