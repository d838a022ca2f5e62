"""SAEs with their encoders, from every format, encode as the library that wrote them does."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from saegeo_core import SaegeoError, SaeSpec, load_cloud
from saegeo_core.loading.whole_sae import load_whole_sae

D_IN, N_FEATURES, K = 6, 20, 4

# sae-lens's own imports warn of deprecations
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture
def weights(rng):
    """Arrays by sae-lens's names and shapes."""
    shapes = {
        "W_enc": (D_IN, N_FEATURES),
        "W_dec": (N_FEATURES, D_IN),
        "b_enc": N_FEATURES,
        "b_dec": D_IN,
        "threshold": N_FEATURES,
        "r_mag": N_FEATURES,
        "gate_bias": N_FEATURES,
        "mag_bias": N_FEATURES,
    }
    return {name: torch.from_numpy(rng.standard_normal(shape).astype("f4")) for name, shape in shapes.items()}


@pytest.fixture
def rows(rng):
    return torch.from_numpy(rng.standard_normal((50, D_IN)).astype("f4"))


def encoded(path, rows):
    sae = load_whole_sae(SaeSpec.parse(str(path)))
    assert (sae.d_in, sae.n_features) == (D_IN, N_FEATURES)
    with torch.no_grad():
        return sae.module.encode(rows)


def top_k(values):
    kept = torch.zeros_like(values)
    chosen = values.relu().topk(K)
    return kept.scatter(1, chosen.indices, chosen.values)


def save_gemma_scope(folder, weights):
    np.savez(
        folder / "params.npz", **{name: weights[name] for name in ("W_enc", "W_dec", "b_enc", "b_dec", "threshold")}
    )
    return folder / "params.npz"


def save_gemma_scope_2(folder, weights):
    named = {name.replace("W_", "w_"): weights[name] for name in ("W_enc", "W_dec", "b_enc", "b_dec", "threshold")}
    save_file(named, folder / "params.safetensors")
    return folder / "params.safetensors"


@pytest.mark.parametrize("save", [save_gemma_scope, save_gemma_scope_2])
def test_gemma_scope(tmp_path, weights, rows, save):
    before = rows @ weights["W_enc"] + weights["b_enc"]
    expected = before.relu() * (before > weights["threshold"])
    torch.testing.assert_close(encoded(save(tmp_path, weights), rows), expected)


def linear(weights):
    return {"encoder.weight": weights["W_enc"].T.contiguous(), "decoder.weight": weights["W_dec"].T.contiguous()}


def dictionary_learning_cases():
    def subtracted(w, x):
        return (x - w["b_dec"]) @ w["W_enc"]

    def pick(w, *names):
        return {name: w[name] for name in names}

    def gated(w, x):
        gate, magnitude = subtracted(w, x) + w["gate_bias"], w["r_mag"].exp() * subtracted(w, x) + w["mag_bias"]
        return (gate > 0) * magnitude.relu()

    def above(before, threshold):
        return before.relu() * (before > threshold)

    return {
        "AutoEncoder": (
            lambda w: linear(w) | {"encoder.bias": w["b_enc"], "bias": w["b_dec"]},
            lambda w, x: (subtracted(w, x) + w["b_enc"]).relu(),
        ),
        "GatedAutoEncoder": (
            lambda w: linear(w) | pick(w, "r_mag", "gate_bias", "mag_bias") | {"decoder_bias": w["b_dec"]},
            gated,
        ),
        "AutoEncoderTopK": (
            lambda w: (
                linear(w)
                | {
                    "encoder.bias": w["b_enc"],
                    "b_dec": w["b_dec"],
                    "k": torch.tensor(K),
                    "threshold": torch.tensor(0.3),
                }
            ),
            lambda w, x: top_k(subtracted(w, x) + w["b_enc"]),
        ),
        "BatchTopKSAE": (
            lambda w: (
                linear(w)
                | {
                    "encoder.bias": w["b_enc"],
                    "b_dec": w["b_dec"],
                    "k": torch.tensor(K),
                    "threshold": torch.tensor(0.3),
                }
            ),
            lambda w, x: above(subtracted(w, x) + w["b_enc"], 0.3),
        ),
        "JumpReluAutoEncoder": (
            lambda w: pick(w, "W_enc", "W_dec", "b_enc", "b_dec", "threshold"),
            lambda w, x: above(x @ w["W_enc"] + w["b_enc"], w["threshold"]),
        ),
    }


def save_dictionary_learning(folder, dict_class, stored):
    torch.save(stored, folder / "ae.pt")
    trainer = {"dict_class": dict_class, "k": K, "dict_size": N_FEATURES, "activation_dim": D_IN}
    (folder / "config.json").write_text(json.dumps({"trainer": trainer}))
    return folder / "ae.pt"


@pytest.mark.parametrize("dict_class", dictionary_learning_cases())
def test_dictionary_learning(tmp_path, weights, rows, dict_class):
    stored, encode = dictionary_learning_cases()[dict_class]
    path = save_dictionary_learning(tmp_path, dict_class, stored(weights))
    torch.testing.assert_close(encoded(path, rows), encode(weights, rows))


def test_dictionary_learning_of_an_unknown_class_is_not_guessed(tmp_path, weights):
    path = save_dictionary_learning(tmp_path, "CrossCoder", linear(weights))
    with pytest.raises(SaegeoError, match="its class is 'CrossCoder'"):
        load_whole_sae(SaeSpec.parse(str(path)))
    (tmp_path / "config.json").unlink()
    with pytest.raises(SaegeoError, match="there is no config.json beside it"):
        load_whole_sae(SaeSpec.parse(str(path)))


def test_arrays_that_are_missing_are_named(tmp_path, weights):
    path = save_dictionary_learning(tmp_path, "JumpReluAutoEncoder", linear(weights) | {"b_enc": weights["b_enc"]})
    with pytest.raises(SaegeoError, match=r"ae\.pt.*b_dec"):
        load_whole_sae(SaeSpec.parse(str(path)))
    np.savez(tmp_path / "params.npz", W_enc=weights["W_enc"], W_dec=weights["W_dec"], threshold=weights["threshold"])
    with pytest.raises(SaegeoError, match="holds no b_dec and no b_enc"):
        load_whole_sae(SaeSpec.parse(str(tmp_path / "params.npz")))


def save_sparsify(folder, weights, **config):
    folder = folder / "layers.3"
    folder.mkdir()
    stored = {"encoder.weight": weights["W_enc"].T.contiguous(), "encoder.bias": weights["b_enc"]}
    save_file(stored | {"W_dec": weights["W_dec"], "b_dec": weights["b_dec"]}, folder / "sae.safetensors")
    (folder / "cfg.json").write_text(json.dumps({"d_in": D_IN, "num_latents": N_FEATURES, "k": K, **config}))
    return folder


def test_sparsify(tmp_path, weights, rows):
    expected = top_k((rows - weights["b_dec"]) @ weights["W_enc"] + weights["b_enc"])
    torch.testing.assert_close(encoded(save_sparsify(tmp_path, weights), rows), expected)


@pytest.mark.parametrize("config", [{"activation": "groupmax"}, {"signed": True}], ids=str)
def test_what_sparsify_can_do_and_sae_lens_cannot_is_refused(tmp_path, weights, config):
    with pytest.raises(SaegeoError, match="which sae-lens does not encode"):
        load_whole_sae(SaeSpec.parse(str(save_sparsify(tmp_path, weights, **config))))


def test_the_bundled_release(rows):
    sae = load_whole_sae(SaeSpec.parse("minilm-l6:layer_3"))
    assert (sae.d_in, sae.n_features, sae.architecture, sae.is_feature_wise) == (384, 1536, "jumprelu", True)
    assert sae.cloud.digest == load_cloud("minilm-l6:layer_3").digest
    assert sae.module.W_enc.dtype == torch.float32
    assert not any(weight.requires_grad for weight in sae.module.parameters())
    assert sae.module.W_dec.numel() == 0  # the cloud has the decoder; encoding does without


def save_with_sae_lens(folder, architecture="standard", metadata=None, **config):
    from sae_lens import SAE

    config = {
        "architecture": architecture,
        "d_in": D_IN,
        "d_sae": N_FEATURES,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": True,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {"sae_lens_version": "6.54.12", **(metadata or {})},
        **config,
    }
    SAE.from_dict(config).save_model(folder)
    return SaeSpec.parse(str(folder))


def test_the_digest_tells_weights_and_rules_apart(tmp_path):
    torch.manual_seed(0)
    first = load_whole_sae(save_with_sae_lens(tmp_path / "a"))
    assert load_whole_sae(save_with_sae_lens(tmp_path / "b")).digest != first.digest  # other random weights
    config = json.loads((tmp_path / "a" / "cfg.json").read_text())
    (tmp_path / "a" / "cfg.json").write_text(json.dumps(config | {"apply_b_dec_to_input": False}))
    changed = load_whole_sae(SaeSpec.parse(str(tmp_path / "a")))
    assert changed.digest != first.digest
    assert changed.cloud.digest == first.cloud.digest


def test_hook_z_saes_take_flat_activations(tmp_path, rows):
    spec = save_with_sae_lens(
        tmp_path / "z", reshape_activations="hook_z", metadata={"hook_name": "blocks.0.attn.hook_z"}
    )
    assert load_whole_sae(spec).module.encode(rows).shape == (50, N_FEATURES)


def test_centered_writing_weights_are_noticed(tmp_path):
    kwargs = {"model_from_pretrained_kwargs": {"center_writing_weights": True}}
    assert load_whole_sae(save_with_sae_lens(tmp_path / "centred", metadata=kwargs)).description.is_centered
    assert not load_whole_sae(save_with_sae_lens(tmp_path / "plain")).description.is_centered


def test_scalings_that_the_files_do_not_tell_are_refused(tmp_path):
    spec = save_with_sae_lens(tmp_path / "scaled", normalize_activations="expected_average_only_in")
    with pytest.raises(SaegeoError, match="scaled by a factor that its files do not tell"):
        load_whole_sae(spec)


def test_a_bare_decoder_has_no_encoder(tmp_path, weights):
    np.save(tmp_path / "decoder.npy", weights["W_dec"].numpy())
    with pytest.raises(SaegeoError, match="read as plain-matrix, which gives directions and not how they encode"):
        load_whole_sae(SaeSpec.parse(str(tmp_path / "decoder.npy")))


def test_an_encoder_with_nan_is_refused(sae_lens_folder, decoder, encoder, write):
    """Its features would never fire, and a harvest would count that."""
    encoder[2, 3] = np.nan
    own = {"W_dec": decoder, "W_enc": encoder, "b_enc": np.zeros(24, np.float32), "b_dec": np.zeros(6, np.float32)}
    write(sae_lens_folder / "sae_weights.safetensors", own | {"threshold": np.ones(24, np.float32)})
    with pytest.raises(SaegeoError, match="W_enc of .* holds NaN or infinity"):
        load_whole_sae(SaeSpec(path=sae_lens_folder))
