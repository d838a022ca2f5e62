"""Layer and space are read from the name of the hook."""

import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.cloud.source_facts import describe, layer_of_hook, space_of_hook

NAMES = {"spec": "a:b", "release": "a", "sae_id": "b"}


@pytest.mark.parametrize(
    ("hook", "layer", "space"),
    [
        ("blocks.12.hook_resid_post", 12, "residual"),
        ("blocks.0.hook_resid_pre", 0, "residual"),
        ("blocks.3.hook_mlp_out", 3, "mlp"),
        ("blocks.7.attn.hook_z", 7, "attention"),
        ("blocks.7.hook_attn_out", 7, "attention"),
        ("hook_embed", None, "embedding"),
        ("model.layers.13.output", 13, "residual"),
        ("model.layers.5", 5, "residual"),
        ("encoder.layer.4", 4, "residual"),
        ("transformer.h.10", 10, "residual"),
        ("model.layers.2.self_attn.o_proj.input", 2, "attention"),
        ("model.layers.2.post_feedforward_layernorm.output", 2, "mlp"),
        ("layers.5.mlp", 5, "mlp"),
        ("", None, None),
        ("somewhere", None, None),
    ],
)
def test_hooks(hook, layer, space):
    assert (layer_of_hook(hook), space_of_hook(hook, "jumprelu", "decoder")) == (layer, space)


@pytest.mark.parametrize(("rows", "space"), [("decoder", "transcoder output"), ("encoder", "transcoder input")])
def test_a_transcoder_has_two_spaces(rows, space):
    assert space_of_hook("blocks.3.hook_mlp_in", "jumprelu_skip_transcoder", rows) == space


def test_what_the_source_says_goes_before_what_its_names_suggest():
    facts = {"hook_name": "blocks.3.hook_mlp_out", "layer": 5, "space": "elsewhere"}
    sae = describe(torch.ones(4, 2), facts, "decoder", **NAMES)
    assert (sae.layer, sae.space, sae.d_sae, sae.d_in, sae.dtype) == (5, "elsewhere", 4, 2, "float32")


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ({"color": "red"}, "says of color cannot be used: 'red'"),
        ({"layer": "the third"}, "says of layer cannot be used"),
        ({"d_sae": 5}, "says 5 features in 2 dimensions; its decoder holds 4 in 2"),
        ({"d_in": "wide"}, "says 4 features in wide dimensions"),
    ],
)
def test_facts_that_cannot_be(facts, complaint):
    with pytest.raises(SaegeoError, match=complaint):
        describe(torch.ones(4, 2), facts, "decoder", **NAMES)


@pytest.mark.parametrize("shape", [(4,), (0, 2), (4, 0), (4, 2, 2)])
def test_directions_of_no_matrix(shape):
    with pytest.raises(SaegeoError, match="there is nothing to measure"):
        describe(torch.ones(shape), {}, "decoder", **NAMES)
