"""Every place of the table is in a model of its family, and is what the recipes of releases call it."""

import pytest
import torch
from transformers import AutoModel

from saegeo_core.activations.hook_points import FAMILIES, TRANSFORMER_LENS, find_hook_point
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.hub_recipes import RECIPES, Asked
from saegeo_core.loading.release_directory import matching_entries, release_names

TINY = sorted(set(FAMILIES) - {"gemma", "gemma3", "esm", "qwen3_5"})
FAMILY_OF = {
    "gemma-2": "gemma2",
    "gemma-3": "gemma3_text",
    "llama": "llama",
    "qwen3": "qwen3",
    "qwen2": "qwen2",
    "gpt2": "gpt2",
}


@pytest.mark.parametrize("family", TINY)
def test_every_hook_of_a_family_is_reached_in_one_pass(open_tiny, family):
    hooks = [f"blocks.1.{place}" for place in FAMILIES[family].places] + ["hook_embed"]
    source = open_tiny(family, *hooks)
    assert set(source.d_in) == set(hooks)
    for hook in hooks:
        if "resid" in hook or hook == "hook_embed" or hook.endswith(("mlp_out", "attn_out", "mlp_in", "hook_in")):
            assert source.d_in[hook] == 16, hook


@pytest.mark.parametrize("family", ["gpt2", "llama", "opt", "gpt_neo", "phi3", "bert", "t5"])
def test_the_hidden_layer_of_the_mlp_is_what_its_second_matrix_reads(open_tiny, tiny_model, family):
    hooks = ("blocks.1.mlp.hook_post", "blocks.1.hook_mlp_out")
    source = open_tiny(family, *hooks)
    model = AutoModel.from_pretrained(tiny_model(family)).eval()
    modules = dict(model.named_modules())
    points = [find_hook_point(hook, family, modules) for hook in hooks]
    seen = {}
    modules[points[0].module].register_forward_hook(
        lambda _, inputs, output: seen.update(input=inputs[0], output=output)
    )
    from saegeo_core.corpora.corpus import Document

    (batch,) = source.batches([Document("the cat sat", None, "#0", 0)])
    with torch.no_grad():
        matrix = modules[points[0].module]
        again = matrix(batch.activations[hooks[0]])
    if family != "bert":  # whose MLP ends in dropout and a norm
        torch.testing.assert_close(again, batch.activations[hooks[1]], rtol=1e-4, atol=1e-5)


def test_places_that_the_recipes_name_are_in_the_table_of_their_models():
    """Of every entry of the directory whose hook its name tells; a hook that no family has would be refused at harvest."""
    lacking, n_checked = set(), 0
    for release in release_names():
        for entry in matching_entries(SaeSpec(release=release, sae_id="*")):
            recipe = RECIPES.get(entry.loader)
            if recipe is None or (recipe.config is not None and entry.loader != "gemma_3"):
                continue
            try:
                facts = recipe.facts(Asked(entry, {}, "decoder"))
            except SaegeoError:
                continue
            family = next((family for name, family in FAMILY_OF.items() if name in (entry.model or "").lower()), None)
            match = TRANSFORMER_LENS.fullmatch(facts.get("hook_name") or "")
            if family is None or match is None:
                continue
            n_checked += 1
            if match["place"] not in FAMILIES[family].places:
                lacking.add((family, match["place"]))
    assert not lacking
    assert n_checked > 10_000
