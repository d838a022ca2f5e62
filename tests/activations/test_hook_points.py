import pytest

from saegeo_core import SaegeoError
from saegeo_core.activations.hook_points import FAMILIES, HookPoint, block_list, find_hook_point

LLAMA = ["", "embed_tokens", "layers"] + [
    f"layers.{block}{part}"
    for block in range(2)
    for part in ("", ".self_attn", ".self_attn.o_proj", ".post_attention_layernorm", ".mlp", ".input_layernorm")
]
BERT = ["", "encoder", "encoder.layer", "encoder.layer.0", "encoder.layer.0.output", "encoder.layer.0.output.dense"]


@pytest.mark.parametrize(
    ("hook", "module", "side"),
    [
        ("blocks.1.hook_resid_post", "layers.1", "output"),
        ("blocks.0.hook_resid_pre", "layers.0", "input"),
        ("blocks.0.hook_resid_mid", "layers.0.post_attention_layernorm", "input"),
        ("blocks.1.attn.hook_z", "layers.1.self_attn.o_proj", "input"),
        ("blocks.1.hook_mlp_out", "layers.1.mlp", "output"),
        ("layers.1", "layers.1", "output"),
        ("model.layers.1", "layers.1", "output"),
        ("model.layers.1.output", "layers.1", "output"),
        ("model.layers.1.self_attn.o_proj.input", "layers.1.self_attn.o_proj", "input"),
        ("embed_tokens", "embed_tokens", "output"),
    ],
)
def test_a_hook_is_found_by_either_name(hook, module, side):
    assert find_hook_point(hook, "llama", LLAMA) == HookPoint(module, side)


def test_a_module_called_output_is_found_before_the_output_of_its_parent():
    assert find_hook_point("encoder.layer.0.output", "bert", BERT) == HookPoint("encoder.layer.0.output", "output")
    assert find_hook_point("bert.encoder.layer.0.output.output", "bert", BERT).module == "encoder.layer.0.output"


def test_models_of_text_and_images_keep_their_blocks_one_level_down():
    modules = [f"language_model.{name}" for name in LLAMA]
    expected = HookPoint("language_model.layers.1", "output")
    assert find_hook_point("blocks.1.hook_resid_post", "gemma3", modules) == expected
    assert find_hook_point("model.layers.1.output", "gemma3", modules) == expected
    assert find_hook_point("model.language_model.layers.1", "gemma3", modules) == expected


@pytest.mark.parametrize(
    ("hook", "family", "message"),
    [
        (
            "blocks.2.hook_resid_post",
            "llama",
            "of 2 blocks, has no hook(.|\n)*type blocks.1.hook_resid_post for the last",
        ),
        ("blocks.1.hook_resid_pst", "llama", "'blocks.1.hook_resid_post'"),
        ("blocks.0.hook_resid_mid", "gpt_neox", "a gpt_neox has no hook 'hook_resid_mid'(.|\n)*blocks.0.hook_resid_"),
        ("layers.1.self_atn.o_proj", "llama", "'layers.1.self_attn.o_proj'"),
        ("layers.7", "llama", "no module 'layers.7'"),
        ("blocks.1.hook_mlp_out", "mamba", "'mamba' is not known(.|\n)*embed_tokens"),
        ("hook_embed", "mamba", "'mamba' is not known(.|\n)*embed_tokens"),
        ("output", "llama", "no module"),
        ("", "llama", "no module ''"),
    ],
)
def test_a_hook_that_the_model_has_not_is_told_with_those_it_has(hook, family, message):
    with pytest.raises(SaegeoError, match=message):
        find_hook_point(hook, family, LLAMA)


def test_every_family_has_the_residual_stream_before_and_behind_each_block():
    for family in FAMILIES.values():
        assert {"hook_resid_pre", "hook_resid_post", "hook_mlp_out", "hook_mlp_in", "mlp.hook_in"} <= set(family.places)


def test_in_a_family_that_is_not_known_the_residual_stream_is_found_by_structure():
    modules = [
        "",
        "embeddings",
        "backbone.layers",
        *(f"backbone.layers.{i}{part}" for i in range(3) for part in ("", ".mixer")),
    ]
    assert find_hook_point("blocks.1.hook_resid_post", "mamba", modules) == HookPoint("backbone.layers.1", "output")
    assert find_hook_point("blocks.1.hook_resid_pre", "mamba", modules) == HookPoint("backbone.layers.1", "input")
    experts = [*modules, *(f"backbone.layers.0.experts.{i}" for i in range(9))]
    assert block_list(experts) == "backbone.layers"
    both = [f"{side}.block.{i}" for side in ("decoder", "encoder") for i in range(2)]
    assert block_list(both) == "encoder.block"


def test_in_a_family_that_is_not_known_the_saes_own_word_on_the_module_counts():
    found = find_hook_point("blocks.1.hook_mlp_out", "mamba", LLAMA, also_called="model.layers.1.mlp")
    assert found == HookPoint("layers.1.mlp", "output")
    known = find_hook_point("blocks.1.hook_mlp_out", "llama", LLAMA, also_called="model.layers.0")
    assert known == HookPoint("layers.1.mlp", "output")
