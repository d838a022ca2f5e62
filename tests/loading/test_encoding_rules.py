"""The variants of the layouts: each encodes by its library's own formula, or the refusal names what is missing."""

import json
import types
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from saegeo_core import SaegeoError, SaeSpec, hookimpl
from saegeo_core.loading.sae_from_arrays import sae_from_arrays
from saegeo_core.loading.whole_sae import load_whole_sae

# sae-lens's own imports warn of deprecations
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

D_IN, N_FEATURES, K = 6, 20, 4
HOOK = "blocks.3.hook_resid_post"


@pytest.fixture
def w(rng):
    """Arrays by sae-lens's names and shapes."""
    shapes = {"W_enc": (D_IN, N_FEATURES), "W_dec": (N_FEATURES, D_IN), "b_enc": N_FEATURES, "b_dec": D_IN}
    arrays = {name: torch.from_numpy(rng.standard_normal(shape).astype("f4")) for name, shape in shapes.items()}
    return arrays | {"threshold": torch.from_numpy(rng.uniform(0.1, 1, N_FEATURES).astype("f4"))}


@pytest.fixture
def x(rng):
    return torch.from_numpy(2 * rng.standard_normal((50, D_IN)).astype("f4") + 1)


def turned(w, *names):
    return {name: w[name].T.contiguous() for name in names}


def whole(path):
    return load_whole_sae(SaeSpec.parse(str(path)))


def assert_encodes(path, x, expected):
    assert 0 < (expected > 0).sum() < expected.numel()
    torch.testing.assert_close(whole(path).module.encode(x).double(), expected, rtol=1e-5, atol=1e-5)


def hidden(w, x, *, subtract=False):
    return (x.double() - w["b_dec"].double() * subtract) @ w["W_enc"].double() + w["b_enc"].double()


def above(before, threshold):
    return before * (before > threshold)


def top_k(before, by=None, k=K):
    chosen = (before if by is None else before * by).topk(k).indices
    return torch.zeros_like(before).scatter(1, chosen, before.gather(1, chosen).relu())


# Language-Model-SAEs: Llama Scope and Llamascopium


def save_llamascopium(folder, w, arrays=None, **config):
    stored = {"W_E": w["W_enc"], "W_D": w["W_dec"], "b_E": w["b_enc"], "b_D": w["b_dec"]}
    save_file(stored | (arrays or {}), folder / "sae_weights.safetensors")
    known = {"hook_point_in": HOOK, "hook_point_out": HOOK, "d_model": D_IN, "expansion_factor": 4, "top_k": K}
    (folder / "config.json").write_text(json.dumps(known | config))
    return folder


@pytest.mark.parametrize("by_contribution", [True, False])
@pytest.mark.parametrize("scaling", ["dataset-wise", "token-wise", "inference"])
@pytest.mark.parametrize("rule", ["relu", "jumprelu", "topk"])
def test_llamascopium(tmp_path, w, x, rule, scaling, by_contribution):
    arrays = {"activation_function.log_jumprelu_threshold": w["threshold"].log()}
    arrays[f"dataset_average_activation_norm.{HOOK}"] = torch.tensor(7.0)
    config = {"act_fn": rule, "norm_activation": scaling, "sparsity_include_decoder_norm": by_contribution}
    path = save_llamascopium(tmp_path, w, arrays, **config)
    lengths = {"dataset-wise": 7.0, "token-wise": x.double().norm(dim=1, keepdim=True), "inference": D_IN**0.5}
    before = hidden(w, x * D_IN**0.5 / lengths[scaling])
    of_rows = w["W_dec"].double().norm(dim=1) if by_contribution else torch.ones(N_FEATURES).double()
    expected = {
        "relu": before.relu(),
        "jumprelu": above(before * of_rows, w["threshold"].double()) / of_rows,
        "topk": top_k(before, of_rows),
    }
    assert_encodes(path, x, expected[rule])


def test_an_sae_by_contribution_is_not_taken_for_another(tmp_path, w):
    digests = set()
    for by_contribution in (True, False):
        folder = tmp_path / str(by_contribution)
        folder.mkdir()
        config = {"act_fn": "topk", "norm_activation": "inference", "sparsity_include_decoder_norm": by_contribution}
        digests.add(whole(save_llamascopium(folder, w, **config)).digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"act_fn": "batchtopk"}, "keeps the largest activations of a batch(.|\n)*act_fn jumprelu"),
        ({"act_fn": "softplus"}, "of activation 'softplus'\nknown are jumprelu"),
        ({"act_fn": "jumprelu", "norm_activation": "inference"}, "thresholds are not there\n.*jump_relu_threshold"),
        ({"act_fn": "relu", "use_glu_encoder": True}, "gated linear encoder"),
        ({"act_fn": "relu"}, r"scaled dataset-wise, and their mean length \(dataset_average_activation_norm\) is not"),
        ({"act_fn": "relu", "norm_activation": "batch-wise"}, "scaled batch-wise, and the length in a batch is not"),
        ({"act_fn": "topk", "top_k": None, "norm_activation": "inference"}, r"fire at once \(k\) is not told"),
    ],
    ids=str,
)
def test_what_llamascopium_does_not_tell_is_named(tmp_path, w, config, why):
    with pytest.raises(SaegeoError, match=why):
        whole(save_llamascopium(tmp_path, w, **config))


def test_a_length_that_was_never_measured_is_no_length(tmp_path, w):
    """Its library stores what lies in memory where the length was not set."""
    path = save_llamascopium(tmp_path, w, {f"dataset_average_activation_norm.{HOOK}": torch.tensor(0.0)}, act_fn="relu")
    with pytest.raises(SaegeoError, match="is not in its files"):
        whole(path)


# OpenAI


def save_openai(path, w, **rule):
    linear = {"encoder.weight": w["W_enc"].T.contiguous(), "decoder.weight": w["W_dec"].T.contiguous()}
    torch.save({"pre_bias": w["b_dec"], "latent_bias": w["b_enc"], **linear, **rule}, path)
    return path


@pytest.mark.parametrize("rule", [{}, {"activation": "ReLU", "activation_state_dict": {}}], ids=["unsaid", "said"])
def test_openai_with_relu_knows_no_layer_norm(tmp_path, w, x, rule):
    assert_encodes(save_openai(tmp_path / "8.pt", w, **rule), x, hidden(w, x, subtract=True).relu())


@pytest.mark.parametrize(
    "rule",
    [
        {"activation": "TopK", "activation_state_dict": {"k": K, "postact_fn": "Identity"}},
        {"activation": "Identity"},
    ],
    ids=str,
)
def test_openai_with_negative_activations_is_refused(tmp_path, w, rule):
    with pytest.raises(SaegeoError, match="whose activations may be negative"):
        whole(save_openai(tmp_path / "8.pt", w, **rule))
    with pytest.raises(SaegeoError, match=r"\(k\) is not told"):
        whole(save_openai(tmp_path / "9.pt", w, activation="TopK"))


# saev


def save_saev(path, w, header, **arrays):
    with path.open("wb") as file:
        file.write(json.dumps(header).encode() + b"\n")
        torch.save({name: w[name] for name in ("W_enc", "W_dec", "b_enc", "b_dec")} | arrays, file)
    return path


def saev_header(cls, schema=5, **params):
    return {"schema": schema, "cfg": {"d_model": D_IN, "activation": {"cls": cls, "params": params}}}


def test_the_first_version_of_saev_takes_the_bias_off(tmp_path, w, x):
    path = save_saev(tmp_path / "sae.pt", w, {"d_vit": D_IN, "exp_factor": 4, "sparsity_coeff": 1e-4})
    assert_encodes(path, x, hidden(w, x, subtract=True).relu())


def test_saev_between_its_versions(tmp_path, w, x):
    """The bias is zero by itself there, and then both rules are one."""
    header = {"schema": 1, "cls": "TopK", "cfg": {"d_vit": D_IN, "top_k": K}}
    with pytest.raises(SaegeoError, match="does not say which\n.*saev.nn.dump"):
        whole(save_saev(tmp_path / "a.pt", w, header))
    assert_encodes(save_saev(tmp_path / "b.pt", w, header, b_dec=torch.zeros(D_IN)), x, top_k(hidden(w, x)))


def test_saev_of_batches_by_its_threshold(tmp_path, w, x):
    header = saev_header("BatchTopK", top_k=K)
    path = save_saev(tmp_path / "a.pt", w, header, **{"activation.threshold": torch.tensor(0.7)})
    assert_encodes(path, x, above(hidden(w, x), 0.7))
    with pytest.raises(SaegeoError, match="the threshold that stands for them is not in it"):
        whole(save_saev(tmp_path / "b.pt", w, header))


def test_saev_of_an_unknown_activation(tmp_path, w):
    with pytest.raises(SaegeoError, match="of activation 'Softmax'\nknown are Relu, TopK"):
        whole(save_saev(tmp_path / "a.pt", w, saev_header("Softmax")))


def test_another_line_of_json_is_not_saev_s(tmp_path, w, load, formats):
    path = save_saev(tmp_path / "a.pt", w, {"title": "weights"})
    assert torch.equal(load(str(path)).vectors, w["W_dec"])
    assert [one.name for one in formats.formats if one.recognises(path)] == ["plain-matrix"]


# transcoders


@pytest.mark.parametrize("has_skip", [True, False])
@pytest.mark.parametrize("has_threshold", [True, False])
def test_transcoders_of_circuit_tracer(tmp_path, w, x, has_skip, has_threshold):
    arrays = {**w, "W_enc": w["W_enc"].T.contiguous()}
    arrays["activation_function.threshold"] = arrays.pop("threshold")
    if not has_threshold:
        del arrays["activation_function.threshold"]
    if has_skip:
        arrays["W_skip"] = torch.eye(D_IN)
    save_file(arrays, tmp_path / "layer_3.safetensors")
    with pytest.raises(SaegeoError, match="there is no config.yaml beside it"):
        whole(tmp_path / "layer_3.safetensors")
    (tmp_path / "config.yaml").write_text("model_kind: transcoder_set")
    before = hidden(w, x)
    expected = above(before, w["threshold"].double()) if has_threshold else before.relu()
    assert_encodes(tmp_path / "layer_3.safetensors", x, expected)


def test_a_file_called_as_a_transcoder_with_the_encoder_turned_is_none(tmp_path, w, load, formats):
    save_file(w, tmp_path / "layer_3.safetensors")
    assert not [one.name for one in formats.formats if one.recognises(tmp_path / "layer_3.safetensors")].count(
        "circuit-tracer"
    )
    assert torch.equal(load(str(tmp_path / "layer_3.safetensors"), rows="encoder").vectors, w["W_enc"].T)


def test_sparsify_transcoders_of_both_ages(tmp_path, w, x):
    arrays = {"encoder.weight": w["W_enc"].T.contiguous(), "encoder.bias": w["b_enc"], "W_dec": w["W_dec"]}
    config = {"d_in": D_IN, "num_latents": N_FEATURES, "k": K, "transcode": True}
    for age, b_dec in (("old", w["b_dec"]), ("unbiased", torch.zeros(D_IN))):
        folder = tmp_path / age / "layers.3.mlp"
        folder.mkdir(parents=True)
        save_file(arrays | {"b_dec": b_dec}, folder / "sae.safetensors")
        (folder / "cfg.json").write_text(json.dumps(config))
    with pytest.raises(SaegeoError, match="later versions read the same file otherwise\n.*save_to_disk"):
        whole(tmp_path / "old" / "layers.3.mlp")
    assert_encodes(tmp_path / "unbiased" / "layers.3.mlp", x, top_k(hidden(w, x)))


def test_a_cross_layer_transcoder_is_a_cloud_for_each_layer(tmp_path, w, load):
    for layer in (0, 1, 10):
        save_file({f"W_enc_{layer}": w["W_enc"].T.contiguous()}, tmp_path / f"W_enc_{layer}.safetensors")
    with pytest.raises(SaegeoError, match=r"of 3 layers(.|\n)*W_enc_0.safetensors --rows encoder for one"):
        load(str(tmp_path), rows="encoder")
    with pytest.raises(SaegeoError, match="add --rows encoder"):
        load(str(tmp_path / "W_enc_10.safetensors"))
    sae = load(str(tmp_path / "W_enc_10.safetensors"), rows="encoder").sae
    assert (sae.layer, sae.space, sae.model, sae.hook_name) == (10, "transcoder input", None, None)


# what is told by a name, or not at all


def test_arrays_as_goodfire_s_under_another_name(tmp_path, w):
    arrays = {"encoder_linear.weight": w["W_enc"].T.contiguous(), "encoder_linear.bias": w["b_enc"]}
    arrays |= {"decoder_linear.weight": w["W_dec"].T.contiguous(), "decoder_linear.bias": w["b_dec"]}
    torch.save(arrays, tmp_path / "l37.pt")
    with pytest.raises(SaegeoError, match="may be another's(.|\n)*Llama-3.1-8B-Instruct-SAE-l19.pth"):
        whole(tmp_path / "l37.pt")


def test_thresholds_alone_are_not_gemma_scope_s(tmp_path, w):
    save_file(w, tmp_path / "mine.safetensors")
    with pytest.raises(
        SaegeoError, match="does not tell whether the decoder's bias comes off its input\ncall it params.npz"
    ):
        whole(tmp_path / "mine.safetensors")


def test_dictionary_learning_s_second_autoencoder_takes_no_bias_off(tmp_path, w, x):
    linear = {"encoder.weight": w["W_enc"].T.contiguous(), "decoder.weight": w["W_dec"].T.contiguous()}
    torch.save({**linear, "encoder.bias": w["b_enc"], "decoder.bias": w["b_dec"]}, tmp_path / "ae.pt")
    (tmp_path / "config.json").write_text(json.dumps({"trainer": {"dict_class": "AutoEncoderNew"}}))
    assert_encodes(tmp_path, x, hidden(w, x).relu())


def test_qwen_scope_outside_its_folder_lacks_k(tmp_path, w):
    torch.save({**w, **turned(w, "W_enc", "W_dec")}, tmp_path / "layer5.sae.pt")
    with pytest.raises(SaegeoError, match=r"\(k\) is told by the name of its repository alone\nput it into a folder"):
        whole(tmp_path / "layer5.sae.pt")


def test_attention_saes_of_a_later_library_are_not_guessed(tmp_path, w):
    torch.save(w, tmp_path / "sae.pt")
    config = {"act_name": "blocks.3.attn.hook_z", "act_size": D_IN, "dict_size": N_FEATURES, "sae_type": "batchtopk"}
    (tmp_path / "sae_cfg.json").write_text(json.dumps(config))
    with pytest.raises(SaegeoError, match="its configuration says sae_type"):
        whole(tmp_path / "sae.pt")


def test_e2e_saes_of_several_places_are_listed(tmp_path, w, load):
    arrays = {}
    for hook in ("blocks-2-hook_resid_pre", "blocks-6-hook_resid_pre"):
        arrays |= {f"{hook}.encoder.0.weight": w["W_enc"].T.contiguous(), f"{hook}.encoder.0.bias": w["b_enc"]}
        arrays |= {f"{hook}.decoder.weight": w["W_dec"].T.contiguous(), f"{hook}.decoder.bias": w["b_dec"]}
    torch.save(arrays, tmp_path / "samples_1.pt")
    key = "blocks-2-hook_resid_pre.decoder.weight"
    with pytest.raises(SaegeoError, match=f"the SAEs of 2 places(.|\n)*--decoder-key {key}"):
        load(str(tmp_path / "samples_1.pt"))
    assert torch.equal(load(str(tmp_path / "samples_1.pt"), decoder_key=key).vectors, w["W_dec"])


def test_overcomplete_with_a_deeper_encoder_is_refused(tmp_path, w):
    arrays = {"encoder.final_block.0.weight": w["W_enc"].T.contiguous(), "encoder.final_block.0.bias": w["b_enc"]}
    arrays |= {"dictionary._weights": w["W_dec"], "thresholds": w["threshold"].log()}
    torch.save(arrays | {"encoder.final_block.1.running_mean": torch.zeros(N_FEATURES)}, tmp_path / "sae.pth")
    with pytest.raises(SaegeoError, match="an encoder of several layers or with a norm"):
        whole(tmp_path / "sae.pth")


# formats of others


def stranger_s(plugin_manager, read_sae=None):
    from saegeo_core.loading.file_format import StoredDirections

    class Format:
        name = "theirs"
        summary = "files of one laboratory"

        def recognises(self, path):
            return path.suffix == ".lab"

        def read(self, path, rows, layout):
            return StoredDirections(torch.load(path)["W_dec"], {"model": "theirs"})

    if read_sae is not None:
        Format.read_sae = read_sae
    module = types.ModuleType("stranger")
    module.saegeo_register_loaders = hookimpl(lambda register: register(Format()))
    return plugin_manager(theirs=module)


def test_a_stranger_s_format_gives_the_whole_sae(plugin_manager, tmp_path, w, x):
    def read_sae(self, path):
        arrays = torch.load(path)
        return sae_from_arrays("jumprelu", arrays, path, subtracts_bias=True)

    torch.save(w, tmp_path / "a.lab")
    plugins = stranger_s(plugin_manager, read_sae)
    sae = load_whole_sae(SaeSpec.parse(str(tmp_path / "a.lab")), plugins=plugins)
    assert (sae.description.model, sae.architecture, sae.is_feature_wise) == ("theirs", "jumprelu", True)
    expected = above(hidden(w, x, subtract=True), w["threshold"].double())
    torch.testing.assert_close(sae.module.encode(x).double(), expected, rtol=1e-5, atol=1e-5)


def test_the_tutorial_s_format_gives_the_whole_sae(plugin_manager, tmp_path, w, x):
    place = Path(__file__).parents[1] / "third_party_plugin/acme-geometry/acme_geometry/text_format.py"
    spec = spec_from_file_location("text_format", place)
    text_format = module_from_spec(spec)
    spec.loader.exec_module(text_format)
    module = types.ModuleType("stranger")
    module.saegeo_register_loaders = hookimpl(lambda register: register(text_format.AcmeText()))
    lines = [" ".join(map(str, row.tolist())) for row in w["W_dec"]]
    (tmp_path / "a.acme").write_text("\n".join([f"acme {N_FEATURES} {D_IN}", *lines]))
    sae = load_whole_sae(SaeSpec.parse(str(tmp_path / "a.acme")), plugins=plugin_manager(theirs=module))
    before = x.double() @ w["W_dec"].double().T
    torch.testing.assert_close(sae.module.encode(x).double(), top_k(before, k=8), rtol=1e-5, atol=1e-5)


def test_a_stranger_s_format_without_a_whole_sae_or_with_a_wrong_one(plugin_manager, tmp_path, w):
    torch.save(w, tmp_path / "a.lab")
    spec = SaeSpec.parse(str(tmp_path / "a.lab"))
    with pytest.raises(SaegeoError, match="is read as theirs, which gives directions and not how they encode"):
        load_whole_sae(spec, plugins=stranger_s(plugin_manager))
    with pytest.raises(
        RuntimeError, match="file format theirs of package saegeo_test_theirs failed(.|\n)*returned a dict"
    ):
        load_whole_sae(spec, plugins=stranger_s(plugin_manager, lambda self, path: {}))


@pytest.mark.parametrize(("name", "what"), [("threshold", "features"), ("b_enc", "features"), ("b_dec", "dimensions")])
def test_one_number_where_there_is_one_for_each_is_told_by_name(tmp_path, name, what):
    arrays = {
        "W_enc": torch.ones(4, 9),
        "W_dec": torch.ones(9, 4),
        "b_enc": torch.ones(9),
        "b_dec": torch.ones(4),
        "threshold": torch.ones(9),
    }
    with pytest.raises(SaegeoError, match=rf"{name} of .* has shape \(\), and the SAE has . {what}"):
        sae_from_arrays("jumprelu", {**arrays, name: torch.tensor(0.5)}, tmp_path)
