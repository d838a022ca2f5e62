"""Activations as an analysis gets them: text by text, at the place of the SAE."""

import numpy as np
import pytest

from saegeo_core import SaegeoError
from saegeo_core.harvest.sources import Stored, Synthetic, Transformer
from saegeo_core.harvest.text_activations import EMBEDDING_HOOK, open_text_activations
from saegeo_core.sae_description import SaeDescription

KINDS = [Transformer(), Stored(), Synthetic()]
HOOK = "blocks.1.hook_resid_post"


def sae(d_in=16, hook=HOOK):
    return SaeDescription(spec="a:b", release="a", sae_id="b", hook_name=hook, d_sae=4, d_in=d_in, dtype="float32")


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
    np.testing.assert_array_equal(found[3], np.concatenate(batches))
    assert list(activations.of([])) == []


def test_the_place_is_the_saes_own_or_the_one_given(opened):
    assert opened().hook == HOOK
    assert opened(layer=2).hook == "blocks.2.hook_resid_post"
    assert opened(hook="blocks.0.hook_mlp_out").hook == "blocks.0.hook_mlp_out"
    with pytest.raises(SaegeoError, match="does not say where"):
        opened(description=sae(hook=None))


def test_another_width_is_refused_with_both_numbers(opened):
    with pytest.raises(SaegeoError, match=r"a:b have width 17; .* have width 16"):
        opened(description=sae(d_in=17))


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
