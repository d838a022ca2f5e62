"""The unembedding of a model: its own weights beside its own tokens; what nobody trained is refused."""

import numpy as np
import pytest
import torch

from saegeo_core import Analysis, Declarations, Declared, FeatureCloud, PluginManager, SaegeoError, run
from saegeo_core.activations.sources import Transformer
from saegeo_core.activations.unembedding import open_unembedding
from saegeo_core.testing import check_analysis
from tests.activations.conftest import WIDTH, WORDS

KINDS = [Transformer()]


@pytest.fixture(scope="module")
def untied(tiny_model, tmp_path_factory):
    """A llama with an unembedding of its own, wider than its tokenizer."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("untied")
    AutoTokenizer.from_pretrained(tiny_model("llama")).save_pretrained(folder)
    config = AutoConfig.from_pretrained(tiny_model("llama"))
    config.tie_word_embeddings, config.vocab_size = False, config.vocab_size + 5
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    return folder, model.lm_head.weight.detach()


def cloud_of(width, model=None):
    rows = np.random.default_rng(0).standard_normal((20, width)).astype("f4")
    cloud = FeatureCloud.from_array(rows)
    return cloud if model is None else cloud.with_description(cloud.sae.model_copy(update={"model": model}))


def test_an_unembedding_of_its_own_is_read_with_the_tokens(untied):
    folder, weights = untied
    unembedding = open_unembedding(cloud_of(WIDTH).sae, str(folder), kinds=KINDS)
    assert torch.equal(unembedding.matrix, weights)
    assert len(unembedding.tokens) == len(weights)
    assert set(WORDS) < set(unembedding.tokens)
    assert unembedding.tokens[-5:] == ("",) * 5


def test_tied_weights_are_those_of_the_embedding(tiny_model):
    from transformers import AutoModel

    unembedding = open_unembedding(cloud_of(WIDTH).sae, str(tiny_model("gpt2")), kinds=KINDS)
    embedding = AutoModel.from_pretrained(tiny_model("gpt2")).get_input_embeddings().weight
    assert torch.equal(unembedding.matrix, embedding)


@pytest.mark.parametrize(
    ("family", "width", "told"),
    [
        ("llama", WIDTH, "has no unembedding"),
        ("bert", WIDTH, "has no unembedding"),
        ("gpt2", 7, "width 7; the unembedding"),
    ],
)
def test_what_cannot_be_is_refused(tiny_model, family, width, told):
    with pytest.raises(SaegeoError, match=told):
        open_unembedding(cloud_of(width).sae, str(tiny_model(family)), kinds=KINDS)


def test_another_model_than_the_sae_s_is_refused(tiny_model):
    sae = cloud_of(WIDTH, "gemma-2-2b").sae
    with pytest.raises(SaegeoError, match="gemma-2-2b"):
        open_unembedding(sae, str(tiny_model("gpt2")), kinds=KINDS)
    assert open_unembedding(sae, str(tiny_model("gpt2")), force_model=True, kinds=KINDS).matrix.shape[1] == WIDTH


def test_a_source_that_is_no_language_model_has_none():
    with pytest.raises(SaegeoError, match="has no unembedding"):
        open_unembedding(cloud_of(WIDTH).sae, "stored:folder", kinds=PluginManager().sources)


def test_the_digest_tells_weights_and_tokens_apart(untied):
    from dataclasses import replace

    one = open_unembedding(cloud_of(WIDTH).sae, str(untied[0]), kinds=KINDS)
    assert one.digest == replace(one).digest
    assert one.digest != replace(one, tokens=(*one.tokens[:-1], "x")).digest
    assert one.digest != replace(one, matrix=one.matrix + 1).digest


DECLARED = Declarations(
    alignment=Declared(
        "cosine",
        "neither",
        "Largest cosine of a feature and a token, averaged.",
        no_interval="a test",
        no_null="a test",
    )
)


class TokenAlignment(Analysis):
    """For every feature the largest cosine with a token, averaged."""

    name, version, headline = "token-alignment", "1", "alignment"
    summary, reference = "How near features lie to tokens", "none"
    needs = frozenset({"vectors", "unembedding"})
    invariances = frozenset({"rotation", "feature order", "scale", "row lengths"})

    def analyze(self, cloud, parameters, context):
        tokens = torch.nn.functional.normalize(context.unembedding.matrix.float(), dim=1)
        return DECLARED.findings({"alignment": (cloud.unit_vectors() @ tokens.T).amax(1).mean()}, n=len(cloud))


def test_an_analysis_that_needs_it_is_given_it(untied):
    folder, weights = untied
    cloud = cloud_of(WIDTH)
    report = run(TokenAlignment(), cloud, model=str(folder))
    cosines = cloud.unit_vectors() @ torch.nn.functional.normalize(weights, dim=1).T
    assert report.metric().estimate == pytest.approx(float(cosines.amax(1).mean()), rel=1e-5)
    assert report.inputs["unembedding"]["n_tokens"] == len(weights)


def test_without_a_model_it_says_what_to_type():
    with pytest.raises(SaegeoError) as error:
        run(TokenAlignment(), cloud_of(WIDTH))
    assert "needs unembedding" in error.value.message
    assert "--model" in error.value.hint


def test_it_can_be_checked():
    check_analysis(TokenAlignment(), quick=True).raise_failures()
