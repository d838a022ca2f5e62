"""Activations as an analysis gets them: text by text, at the place of the SAE."""

import numpy as np
import pytest

from saegeo_core import SaegeoError
from saegeo_core.activations import text_activations, transformer_source
from saegeo_core.activations.sources import Stored, Synthetic, Transformer
from saegeo_core.activations.text_activations import EMBEDDING_HOOK, open_text_activations
from saegeo_core.cloud.description import SaeDescription
from saegeo_core.corpora.corpus import Document

KINDS = [Transformer(), Stored(), Synthetic()]
HOOK = "blocks.1.hook_resid_post"
TEXT = "the a cat dog sat ran on over mat moon and then it was red blue one two three four five " * 2


def sae(d_in=16, hook=HOOK, **facts):
    known = {"spec": "a:b", "release": "a", "sae_id": "b", "d_sae": 4, "dtype": "float32"} | facts
    return SaeDescription(hook_name=hook, d_in=d_in, **known)


@pytest.fixture
def opened(tiny_model):
    def open_at(family="bert", description=None, **place):
        return open_text_activations(description or sae(), str(tiny_model(family)), kinds=KINDS, **place)

    return open_at


def test_the_tokens_of_each_text_come_together(opened, open_tiny, documents):
    texts = ["cat dog", "", "moon", documents[4].text, ""]  # the fourth is longer than the model reads at once
    activations = opened()
    found = list(activations.of(texts))
    assert [len(one) for one in found] == [2, 0, 1, 75, 0]
    assert all(one.dtype == np.float32 and one.shape[1] == 16 for one in found)
    source = open_tiny("bert", HOOK)
    batches = [batch.activations[HOOK].numpy() for batch in source.batches([documents[4]])]
    np.testing.assert_allclose(found[3], np.concatenate(batches), atol=1e-5)
    assert list(activations.of([])) == []


@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "gemma2", "gpt_neox"])
def test_texts_of_one_length_share_a_pass_and_differ_by_rounding(family, opened, open_tiny, documents, monkeypatch):
    monkeypatch.setattr(transformer_source, "ALIKE_TOKENS", 64)
    monkeypatch.setattr(text_activations, "CHARACTERS_AT_ONCE", 400)
    words = TEXT.split()
    texts = [" ".join(words[start : start + 1 + start % 4]) for start in range(30)] + [documents[4].text, ""]
    source, passes = open_tiny(family, HOOK), []
    activations = opened(family)
    activations.source._model.register_forward_pre_hook(
        lambda model, args, inputs: passes.append(inputs["input_ids"].shape), with_kwargs=True
    )
    found = list(activations.of(texts))
    assert max(n_windows for n_windows, _ in passes) > 3
    assert all(n_windows * n_tokens <= 64 or n_windows == 1 for n_windows, n_tokens in passes)
    for text, tokens in zip(texts, found, strict=True):
        alone = [batch.activations[HOOK].numpy() for batch in source.batches([Document(text, None, "", 0)])]
        alone = np.concatenate(alone) if alone else np.empty((0, 16))
        np.testing.assert_allclose(tokens, alone, atol=1e-5 * np.abs(alone).max(initial=1))


def test_the_place_is_the_saes_own_or_the_one_given(opened):
    assert opened().hook == HOOK
    assert opened(layer=2).hook == "blocks.2.hook_resid_post"
    assert opened(hook="blocks.0.hook_mlp_out").hook == "blocks.0.hook_mlp_out"
    with pytest.raises(SaegeoError, match="does not say where"):
        opened(description=sae(hook=None))


def test_another_width_is_refused_with_both_numbers(opened):
    with pytest.raises(SaegeoError, match=r"a:b have width 17; .* have width 16"):
        opened(description=sae(d_in=17))


def test_another_model_is_refused_unless_insisted_on(opened):
    of_another = sae(model="gemma-2-2b")
    with pytest.raises(SaegeoError, match="a:b was trained on gemma-2-2b") as refusal:
        opened(description=of_another)
    assert "--force-model" in refusal.value.hint
    assert opened(description=of_another, force_model=True).hook == HOOK


def test_saes_of_centered_weights_get_centered_activations(opened):
    of_centered = sae(training={"model_from_pretrained_kwargs": {"center_writing_weights": True}})
    as_it_is, centered = opened("llama"), opened("llama", of_centered)
    for plain, moved in [(as_it_is, centered), (as_it_is.embeddings(), centered.embeddings())]:
        (before,), (after,) = plain.of(["cat dog"]), moved.of(["cat dog"])
        np.testing.assert_allclose(after, before - before.mean(1, keepdims=True), atol=1e-5)
        assert np.abs(before.mean(1)).max() > 1e-3  # else there were nothing to take away
    assert centered.describe() != as_it_is.describe()


def test_embeddings_do_not_know_their_neighbors(opened):
    embeddings = opened("llama").embeddings()
    assert embeddings.hook == EMBEDDING_HOOK
    alone, together = list(embeddings.of(["moon", "cat moon"]))
    np.testing.assert_array_equal(alone[0], together[1])
    deep_alone, deep_together = list(opened("llama").of(["moon", "cat moon"]))
    assert not np.allclose(deep_alone[0], deep_together[1])


def test_what_it_is_of_is_described(opened):
    described = opened().describe()
    assert described["hooks"][HOOK]["module"] == "encoder.layer.1"
    assert described["model_digest"]
