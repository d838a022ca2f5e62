"""The table of layouts in docs/loading.md, row by row: a small SAE in that layout is recognized, known and encoded as the row says.

Of sae-lens its own class writes the files; of the others their documented names and formula, in float64.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from saegeo_core import SaegeoError, SaeSpec
from saegeo_core.loading.tensor_files import SUFFIXES
from saegeo_core.loading.whole_sae import load_whole_sae

# sae-lens's own imports warn of deprecations
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

D_IN, N_FEATURES, K = 6, 24, 4
PAGE = (Path(__file__).parents[2] / "docs/loading.md").read_text()
SECTION = PAGE.partition("## An SAE on disk")[2].partition("###")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in SECTION.splitlines() if line.startswith("|")][
    2:
]
TABLE = {name: (file_format.strip("`"), files, known, whole) for name, file_format, files, known, whole in ROWS}


@dataclass
class Arrays:
    """An SAE by sae-lens's names and shapes."""

    W_enc: torch.Tensor
    W_dec: torch.Tensor
    b_enc: torch.Tensor
    b_dec: torch.Tensor
    threshold: torch.Tensor

    def named(self, *names: str) -> dict[str, torch.Tensor]:
        return {name: getattr(self, name) for name in names or ("W_enc", "W_dec", "b_enc", "b_dec")}

    def linear(self, encoder="encoder", decoder="decoder") -> dict[str, torch.Tensor]:
        """As two torch.nn.Linear keep it."""
        return {
            f"{encoder}.weight": self.W_enc.T.contiguous(),
            f"{encoder}.bias": self.b_enc,
            f"{decoder}.weight": self.W_dec.T.contiguous(),
            f"{decoder}.bias": self.b_dec,
        }

    def hidden(self, x, *, subtract=False):
        """What comes before the activation function, float64."""
        return (x - self.b_dec.double() * subtract) @ self.W_enc.double() + self.b_enc.double()

    def relu(self, x, **how):
        return self.hidden(x, **how).relu()

    def jump_relu(self, x, **how):
        hidden = self.hidden(x, **how)
        return hidden * (hidden > self.threshold.double())

    def top_k(self, x, **how):
        return top_k(self.hidden(x, **how))


def top_k(hidden):
    chosen = hidden.relu().topk(K)
    return torch.zeros_like(hidden).scatter(1, chosen.indices, chosen.values)


@dataclass
class Made:
    """A layout on disk.

    `known` are the facts that its files tell; `encode` is its library's rule, or `refusal` what is said of a whole SAE.
    """

    path: Path
    known: Mapping[str, object] = field(default_factory=dict)
    encode: Callable | None = None
    refusal: str | None = None
    rows: str = "decoder"


MAKERS: dict[str, Callable[[Path, Arrays], Made]] = {}


def layout(name):
    def register(make):
        MAKERS[name] = make
        return make

    return register


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".json", ".yaml"):
        path.write_text(json.dumps(content))  # JSON is YAML
    elif path.suffix == ".npz":
        np.savez(path, **content)
    else:
        (save_file if path.suffix == ".safetensors" else torch.save)(content, path)
    return path


LENGTH = 7.5
"""The mean length of activations that a scaled SAE was trained on."""
SCALE = D_IN**0.5 / LENGTH


@layout("Llama Scope")
def llama_scope(home, sae):
    put(home / "checkpoints/final.safetensors", sae.linear())
    hyperparameters = {
        "act_fn": "jumprelu",
        "jump_relu_threshold": 0.4,
        "sparsity_include_decoder_norm": False,
        "dataset_average_activation_norm": {"in": LENGTH, "out": LENGTH},
    }
    put(home / "hyperparams.json", LLAMA | hyperparameters)

    def encode(x):
        hidden = sae.hidden(x * SCALE)
        return hidden * (hidden > 0.4 * SCALE)

    return Made(home, {"hook": LLAMA["hook_point_in"], "layer": 15, "architecture": "jumprelu"}, encode)


LLAMA = {"hook_point_in": "blocks.15.hook_resid_post", "d_model": D_IN, "d_sae": N_FEATURES, "top_k": K}


@layout("Llamascopium")
def llamascopium(home, sae):
    arrays = {"W_E": sae.W_enc, "W_D": sae.W_dec, "b_E": sae.b_enc, "b_D": sae.b_dec}
    arrays[f"dataset_average_activation_norm.{LLAMA['hook_point_in']}"] = torch.tensor(LENGTH)
    put(home / "sae_weights.safetensors", arrays)
    put(home / "config.json", LLAMA | {"act_fn": "topk", "norm_activation": "dataset-wise"})
    known = {"hook": LLAMA["hook_point_in"], "layer": 15, "architecture": "topk", "L0": K}
    lengths = sae.W_dec.double().norm(dim=1)  # sparsity_include_decoder_norm is its default
    return Made(home, known, lambda x: top_k(sae.hidden(x * SCALE) * lengths) / lengths)


@layout("sae-lens")
def sae_lens(home, sae):
    from sae_lens import SAE

    config = {"architecture": "topk", "d_in": D_IN, "d_sae": N_FEATURES, "k": K, "dtype": "float32", "device": "cpu"}
    metadata = {"model_name": "gpt2-small", "hook_name": "blocks.8.hook_resid_pre", "sae_lens_version": "6.54.12"}
    module = SAE.from_dict({**config, "apply_b_dec_to_input": True, "metadata": metadata})
    module.load_state_dict(sae.named())
    module.save_model(home)
    known = {"model": "gpt2-small", "hook": "blocks.8.hook_resid_pre", "layer": 8, "architecture": "topk", "L0": K}
    return Made(home, known, lambda x: sae.top_k(x, subtract=True))


def sparsify_folder(home, sae, **config):
    folder = home / "layers.3.mlp"
    weights = sae.linear() | sae.named("W_dec", "b_dec")
    put(
        folder / "sae.safetensors",
        {name: weights[name] for name in ("encoder.weight", "encoder.bias", "W_dec", "b_dec")},
    )
    put(
        folder / "cfg.json",
        {"activation": "topk", "k": K, "num_latents": 0, "expansion_factor": 4, "d_in": D_IN, **config},
    )
    put(home / "config.json", {"model": "EleutherAI/pythia-70m"})
    return folder, {"model": "EleutherAI/pythia-70m", "hook": "layers.3.mlp", "layer": 3, "L0": K}


@layout("sparsify")
def sparsify(home, sae):
    folder, known = sparsify_folder(home, sae)
    return Made(folder, {**known, "architecture": "topk"}, lambda x: sae.top_k(x, subtract=True))


@layout("sparsify, transcoder")
def sparsify_transcoder(home, sae):
    folder, known = sparsify_folder(home, sae, transcode=True)
    return Made(folder, {**known, "architecture": "transcoder"}, sae.top_k)


@layout("temporal SAEs")
def temporal(home, sae):
    put(home / "latest_ckpt.safetensors", {"D": sae.W_dec, "E": sae.W_enc, "b": sae.b_dec})
    put(home / "conf.yaml", {"llm": {"dimin": D_IN}, "sae": {"exp_factor": 4, "kval_topk": K}})
    return Made(home, {"architecture": "temporal", "L0": K}, refusal="depend on the tokens around")


def gemma_scope_arrays(sae):
    return {name: array.numpy() for name, array in sae.named("W_enc", "W_dec", "b_enc", "b_dec", "threshold").items()}


@layout("Gemma Scope")
def gemma_scope(home, sae):
    folder = home / "gemma-scope-2b-pt-res/layer_12/width_16k/average_l0_82"
    put(folder / "params.npz", gemma_scope_arrays(sae))
    known = {"model": "google/gemma-2-2b", "hook": "blocks.12.hook_resid_post", "layer": 12, "L0": 82}
    return Made(folder, {**known, "architecture": "jumprelu"}, sae.jump_relu)


@layout("Gemma Scope, transcoder")
def gemma_scope_transcoder(home, sae):
    folder = home / "gemma-scope-2b-pt-transcoders/layer_12/width_16k/average_l0_6"
    put(folder / "params.npz", gemma_scope_arrays(sae))
    known = {"model": "google/gemma-2-2b", "hook": "blocks.12.ln2.hook_normalized", "layer": 12, "L0": 6}
    return Made(folder, {**known, "architecture": "jumprelu_transcoder"}, sae.jump_relu)


def gemma_scope_2_folder(folder, sae, **config):
    arrays = {name.lower(): array for name, array in sae.named("W_enc", "W_dec", "b_enc", "b_dec", "threshold").items()}
    put(folder / "params.safetensors", arrays)
    put(folder / "config.json", {"architecture": "jump_relu", "model_name": "gemma-3-1b-pt", "l0": 60, **config})
    return folder, {"model": "google/gemma-3-1b-pt", "hook": config["hf_hook_point_in"], "layer": 12, "L0": 60}


@layout("Gemma Scope 2")
def gemma_scope_2(home, sae):
    folder, known = gemma_scope_2_folder(home / "anywhere", sae, hf_hook_point_in="model.layers.12.output")
    return Made(folder, {**known, "architecture": "jumprelu"}, sae.jump_relu)


@layout("Gemma Scope 2, transcoder")
def gemma_scope_2_transcoder(home, sae):
    norms = (f"model.layers.12.{place}_feedforward_layernorm.output" for place in ("pre", "post"))
    hooks = dict(zip(("hf_hook_point_in", "hf_hook_point_out"), norms, strict=True))
    folder, known = gemma_scope_2_folder(home / "anywhere", sae, **hooks)
    return Made(folder, {**known, "architecture": "jumprelu_transcoder"}, sae.jump_relu)


@layout("Gemma Scope 2, cross-layer")
def gemma_scope_2_cross_layer(home, sae):
    arrays = {name.lower(): array for name, array in sae.named("W_enc", "b_enc", "b_dec", "threshold").items()}
    arrays["w_dec"] = torch.stack([sae.W_dec] * 3, dim=1)
    path = put(home / "clt/width_262k_l0_medium/params_layer_0.safetensors", arrays)
    known = {"hook": "blocks.0.hook_mlp_in", "layer": 0, "architecture": "jumprelu_transcoder"}
    return Made(path, known, refusal="--rows encoder", rows="encoder")


@layout("dictionary_learning")
def dictionary_learning(home, sae):
    linear = sae.linear()
    arrays = {**{name: linear[name] for name in list(linear)[:3]}, "b_dec": sae.b_dec, "k": torch.tensor(K)}
    put(home / "trainer_0/ae.pt", arrays | {"threshold": torch.tensor(-1.0)})
    trainer = {"dict_class": "AutoEncoderTopK", "k": K, "layer": 8, "lm_name": "google/gemma-2-2b"}
    put(home / "trainer_0/config.json", {"trainer": {**trainer, "dict_size": N_FEATURES, "activation_dim": D_IN}})
    known = {
        "model": "google/gemma-2-2b",
        "hook": "blocks.8.hook_resid_post",
        "layer": 8,
        "architecture": "topk",
        "L0": K,
    }
    return Made(home / "trainer_0", known, lambda x: sae.top_k(x, subtract=True))


@layout("dictionary_learning alone")
def dictionary_learning_alone(home, sae):
    path = dictionary_learning(home, sae).path
    (path / "config.json").unlink()
    return Made(path, refusal="there is no config.json beside it")


@layout("Qwen Scope")
def qwen_scope(home, sae):
    arrays = sae.named("b_enc", "b_dec") | {"W_enc": sae.W_enc.T.contiguous(), "W_dec": sae.W_dec.T.contiguous()}
    path = put(home / f"SAE-Res-Qwen3-1.7B-Base-W32K-L0_{K}/layer5.sae.pt", arrays)
    known = {
        "model": "Qwen/Qwen3-1.7B-Base",
        "hook": "blocks.5.hook_resid_post",
        "layer": 5,
        "architecture": "topk",
        "L0": K,
    }
    return Made(path, known, sae.top_k)


@layout("attention SAEs")
def attention_saes(home, sae):
    path = put(home / "gpt2-small_L5_z.pt", sae.named())
    config = {"act_name": "blocks.5.attn.hook_z", "act_size": D_IN, "dict_size": N_FEATURES, "model_name": "gpt2-small"}
    put(home / "gpt2-small_L5_z_cfg.json", config)
    known = {"model": "gpt2-small", "hook": config["act_name"], "layer": 5, "architecture": "standard"}
    return Made(path, known, lambda x: sae.relu(x, subtract=True))


CIRCUIT_TRACER = {
    "model_name": "Qwen/Qwen3-4B",
    "feature_input_hook": "mlp.hook_in",
    "feature_output_hook": "hook_mlp_out",
}


@layout("cross-layer transcoder")
def cross_layer_transcoder(home, sae):
    arrays = {"W_enc_3": sae.W_enc.T.contiguous(), "b_enc_3": sae.b_enc, "b_dec_3": sae.b_dec}
    path = put(home / "W_enc_3.safetensors", arrays)
    put(home / "W_dec_3.safetensors", {"W_dec_3": torch.stack([sae.W_dec] * 2, dim=1)})
    put(home / "config.yaml", CIRCUIT_TRACER)
    known = {
        "model": "Qwen/Qwen3-4B",
        "hook": "blocks.3.mlp.hook_in",
        "layer": 3,
        "architecture": "cross_layer_transcoder",
    }
    return Made(path, known, refusal="--rows encoder", rows="encoder")


@layout("transcoder of circuit-tracer")
def transcoder(home, sae):
    path = put(home / "layer_7.safetensors", sae.named() | {"W_enc": sae.W_enc.T.contiguous()})
    put(home / "config.yaml", CIRCUIT_TRACER)
    known = {"model": "Qwen/Qwen3-4B", "hook": "blocks.7.mlp.hook_in", "layer": 7, "architecture": "transcoder"}
    return Made(path, known, sae.relu)


@layout("Goodfire")
def goodfire(home, sae):
    path = put(home / "Llama-3.1-8B-Instruct-SAE-l19.pth", sae.linear("encoder_linear", "decoder_linear"))
    known = {"model": "meta-llama/Llama-3.1-8B-Instruct", "hook": "blocks.19.hook_resid_post", "layer": 19}
    return Made(path, {**known, "architecture": "standard"}, sae.relu)


@layout("qresearch")
def qresearch(home, sae):
    path = put(home / "DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt", sae.linear())
    known = {"model": "deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "hook": "blocks.19.hook_resid_post", "layer": 19}
    return Made(path, {**known, "architecture": "standard"}, sae.relu)


@layout("OpenAI")
def openai(home, sae):
    linear = sae.linear()
    arrays = {
        "pre_bias": sae.b_dec,
        "latent_bias": sae.b_enc,
        "stats_last_nonzero": torch.zeros(N_FEATURES, dtype=torch.long),
    }
    arrays |= {name: linear[name] for name in ("encoder.weight", "decoder.weight")}
    rule = {"activation": "TopK", "activation_state_dict": {"k": K, "postact_fn": "ReLU"}}
    path = put(home / "gpt2-small/resid_post_mlp_v5_32k/autoencoders/8.pt", arrays | rule)

    def encode(x):
        centered = x - x.mean(dim=1, keepdim=True)
        return sae.top_k(centered / (centered.std(dim=1, keepdim=True) + 1e-5), subtract=True)

    known = {"model": "gpt2-small", "hook": "blocks.8.hook_resid_post", "layer": 8, "architecture": "topk", "L0": K}
    return Made(path, known, encode)


def put_saev(path, header, arrays):
    with path.open("wb") as file:
        file.write(json.dumps(header).encode() + b"\n")
        torch.save(arrays, file)
    return path


@layout("saev")
def saev(home, sae):
    activation = {"cls": "TopK", "params": {"key": "top-k", "top_k": K}}
    header = {"schema": 5, "cfg": {"d_model": D_IN, "d_sae": N_FEATURES, "activation": activation}, "lib": "0.3"}
    path = put_saev(home / "sae.pt", header, sae.named())
    return Made(path, {"architecture": "topk", "L0": K}, sae.top_k)


@layout("e2e_sae")
def e2e_sae(home, sae):
    arrays = {f"blocks-6-hook_resid_pre.{name}": array for name, array in sae.linear("encoder.0").items()}
    path = put(home / "samples_40000.pt", arrays)
    put(home / "final_config.yaml", {"tlens_model_name": "gpt2-small", "lr": 5e-4})
    known = {"model": "gpt2-small", "hook": "blocks.6.hook_resid_pre", "layer": 6, "architecture": "standard"}
    return Made(path, known, sae.relu)


def overcomplete_arrays(sae):
    encoder = {"encoder.final_block.0.weight": sae.W_enc.T.contiguous(), "encoder.final_block.0.bias": sae.b_enc}
    return encoder | {"dictionary._weights": sae.W_dec, "dictionary.multiplier": torch.tensor(0.0)}


@layout("overcomplete, JumpSAE")
def overcomplete_jump(home, sae):
    path = put(home / "sae.pth", overcomplete_arrays(sae) | {"thresholds": sae.threshold.log()})
    return Made(path, {"architecture": "jumprelu"}, sae.jump_relu)


@layout("overcomplete, others")
def overcomplete(home, sae):
    return Made(put(home / "sae.pth", overcomplete_arrays(sae)), refusal="k or threshold are not in it")


@layout("anything else")
def anything_else(home, sae):
    return Made(put(home / "mine.safetensors", sae.named()), refusal="directions and not how they encode")


@pytest.fixture
def sae(rng):
    def normal(*shape):
        return torch.from_numpy(rng.standard_normal(shape).astype("f4"))

    threshold = torch.from_numpy(rng.uniform(0.1, 1, N_FEATURES).astype("f4"))
    return Arrays(normal(D_IN, N_FEATURES), normal(N_FEATURES, D_IN), normal(N_FEATURES), normal(D_IN), threshold)


def test_every_row_is_proven():
    assert set(MAKERS) == set(TABLE)
    assert len(TABLE) == len(ROWS)


def test_formats_stand_in_the_order_in_which_they_are_asked(formats):
    assert list(dict.fromkeys(row[0] for row in TABLE.values())) == [one.name for one in formats.formats]
    assert all(f"`{suffix}`" in TABLE["anything else"][1] for suffix in SUFFIXES)


@pytest.mark.parametrize("name", TABLE)
def test_a_row_says_whose_it_is_and_what_is_known(tmp_path, sae, load, formats, name):
    made = MAKERS[name](tmp_path, sae)
    file_format, _, known, _ = TABLE[name]
    assert next(one.name for one in formats.formats if one.recognises(made.path)) == file_format
    cloud = load(str(made.path), rows=made.rows)
    assert torch.equal(cloud.vectors, sae.W_dec if made.rows == "decoder" else sae.W_enc.T)
    told = cloud.sae
    found = {"model": told.model, "hook": told.hook_name or told.hf_hook_name, "layer": told.layer}
    found |= {"architecture": told.architecture, "L0": told.l0}
    assert {fact: value for fact, value in found.items() if value is not None} == made.known
    assert set(made.known) == set(known.split(", ")) - {""}


@pytest.mark.parametrize("name", TABLE)
def test_a_row_says_whether_it_can_be_harvested(tmp_path, sae, formats, rng, name):
    made = MAKERS[name](tmp_path, sae)
    whole = TABLE[name][-1]
    spec = SaeSpec.parse(str(made.path))
    if made.encode is None:
        assert whole.startswith("no: ")
        with pytest.raises(SaegeoError, match=made.refusal):
            load_whole_sae(spec, plugins=formats)
        return
    assert whole == "yes"
    x = torch.from_numpy(3 * rng.standard_normal((50, D_IN)).astype("f4") + 1)
    loaded = load_whole_sae(spec, plugins=formats)
    assert (loaded.d_in, loaded.n_features) == (D_IN, N_FEATURES)
    expected = made.encode(x.double())
    assert 0 < (expected > 0).sum() < expected.numel()
    torch.testing.assert_close(loaded.module.encode(x).double(), expected, rtol=1e-5, atol=1e-5)
