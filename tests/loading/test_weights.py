"""Which array is the decoder: by names in wrappers and behind prefixes, by the shapes beside it, never by being the only matrix."""

import numpy as np
import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.loading import load_cloud

N, D = 24, 6


@pytest.fixture
def arrays(decoder, encoder, rng):
    """The same SAE as libraries name and turn its arrays."""
    b_enc, b_dec = rng.standard_normal(N).astype(np.float32), rng.standard_normal(D).astype(np.float32)
    d, e = torch.from_numpy(decoder), torch.from_numpy(encoder)
    b_enc, b_dec = torch.from_numpy(b_enc), torch.from_numpy(b_dec)
    linear = {"encoder.weight": e.T.contiguous(), "encoder.bias": b_enc, "decoder.weight": d.T.contiguous()}
    return {
        "sae-lens": {"W_enc": e, "b_enc": b_enc, "W_dec": d, "b_dec": b_dec},
        "linear": {**linear, "bias": b_dec},
        "OpenAI": {**linear, "pre_bias": b_dec, "latent_bias": b_enc, "stats_last_nonzero": torch.zeros(N).long()},
        "Goodfire": {
            "encoder_linear.weight": e.T.contiguous(),
            "encoder_linear.bias": b_enc,
            "decoder_linear.weight": d.T.contiguous(),
            "decoder_linear.bias": b_dec,
        },
        "Llamascopium": {"W_E": e, "b_E": b_enc, "W_D": d, "b_D": b_dec},
        "overcomplete": {"encoder.final_block.0.weight": e.T.contiguous(), "dictionary._weights": d},
        "e2e_sae": {
            "encoder.0.weight": e.T.contiguous(),
            "encoder.0.bias": b_enc,
            "decoder.weight": d.T.contiguous(),
            "decoder_bias": b_dec,
        },
        "transposed, as Qwen Scope": {
            "W_enc": e.T.contiguous(),
            "b_enc": b_enc,
            "W_dec": d.T.contiguous(),
            "b_dec": b_dec,
        },
    }


NAMINGS = [
    "sae-lens",
    "linear",
    "OpenAI",
    "Goodfire",
    "Llamascopium",
    "overcomplete",
    "e2e_sae",
    "transposed, as Qwen Scope",
]
WRAPPERS = {
    "none": lambda a: a,
    "state_dict, with a mean beside it": lambda a: {"state_dict": a, "cfg": {"d_sae": N}, "act_mean": torch.zeros(D)},
    "state_dict, with a covariance beside it": lambda a: {"state_dict": a, "act_cov": torch.eye(D)},
    "model_state_dict": lambda a: {"model_state_dict": a, "epoch": 3},
    "model.sae": lambda a: {"model": {"sae": a}, "step": 1},
    "ae, interrupted": lambda a: {"step": 5, "ae": a, "norm_factor": torch.tensor(1.0)},
    "prefix sae.": lambda a: {f"sae.{name}": value for name, value in a.items()},
    "prefix module.": lambda a: {f"module.{name}": value for name, value in a.items()},
    "prefix _orig_mod.module.": lambda a: {"state_dict": {f"_orig_mod.module.{k}": v for k, v in a.items()}},
}


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_the_decoder_is_found_under_any_name_in_any_wrapper(tmp_path, arrays, decoder, naming, wrapper):
    path = tmp_path / "checkpoint.pt"
    torch.save(WRAPPERS[wrapper](arrays[naming]), path)
    np.testing.assert_array_equal(load_cloud(str(path)).vectors.numpy(), decoder)


@pytest.mark.parametrize("naming", [name for name in NAMINGS if name != "overcomplete"])
def test_the_encoder_is_found_beside_it(tmp_path, arrays, encoder, naming):
    torch.save({"state_dict": arrays[naming]}, tmp_path / "checkpoint.pt")
    cloud = load_cloud(str(tmp_path / "checkpoint.pt"), rows="encoder")
    np.testing.assert_array_equal(cloud.vectors.numpy(), encoder.T)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".ckpt"])
def test_endings_of_checkpoints(tmp_path, arrays, decoder, suffix):
    torch.save(arrays["linear"], tmp_path / f"pytorch_model{suffix}")
    np.testing.assert_array_equal(load_cloud(str(tmp_path / f"pytorch_model{suffix}")).vectors.numpy(), decoder)


class TestRefused:
    @pytest.mark.parametrize(
        "content",
        [
            {"act_mean": torch.zeros(D), "act_cov": torch.eye(D)},
            {"covariance": torch.ones(N, D), "codes": torch.ones(7)},
            {"a": torch.ones(N, D), "b": torch.ones(N, D)},
        ],
    )
    def test_a_matrix_that_nothing_says_is_a_decoder(self, tmp_path, content):
        torch.save({"state_dict": content, "step": 1}, tmp_path / "x.pt")
        with pytest.raises(SaegeoError, match=r"which array of .* is the decoder\? It holds (.|\n)*--decoder-key NAME"):
            load_cloud(str(tmp_path / "x.pt"))

    def test_two_saes_in_one_file(self, tmp_path, arrays):
        torch.save({"first": arrays["sae-lens"], "second": arrays["sae-lens"]}, tmp_path / "two.pt")
        with pytest.raises(SaegeoError, match=r"first.W_dec \(24, 6\), second.W_dec \(24, 6\)"):
            load_cloud(str(tmp_path / "two.pt"))

    def test_a_decoder_that_its_biases_contradict(self, tmp_path, arrays):
        content = {**arrays["sae-lens"], "b_enc": torch.ones(25)}
        torch.save(content, tmp_path / "x.pt")
        with pytest.raises(SaegeoError, match=r"W_dec \(24, 6\) of .* fits nothing that lies beside it"):
            load_cloud(str(tmp_path / "x.pt"))

    def test_a_layout_that_its_biases_contradict(self, tmp_path, arrays):
        torch.save(arrays["sae-lens"], tmp_path / "x.pt")
        with pytest.raises(SaegeoError, match="--decoder-layout columns contradicts what lies beside"):
            load_cloud(str(tmp_path / "x.pt"), layout="columns")


class TestDecoderKey:
    def test_it_names_the_array(self, tmp_path, arrays, decoder):
        torch.save(
            {"first": arrays["sae-lens"], "second": {"W_dec": 2 * arrays["sae-lens"]["W_dec"]}}, tmp_path / "x.pt"
        )
        cloud = load_cloud(str(tmp_path / "x.pt"), decoder_key="second.W_dec")
        np.testing.assert_array_equal(cloud.vectors.numpy(), 2 * decoder)

    def test_it_names_an_array_of_no_known_name(self, tmp_path, decoder):
        torch.save({"a": torch.from_numpy(decoder), "b": torch.ones(N, D)}, tmp_path / "x.pt")
        np.testing.assert_array_equal(load_cloud(str(tmp_path / "x.pt"), decoder_key="a").vectors.numpy(), decoder)

    def test_one_that_is_not_there_is_answered_with_those_that_are(self, tmp_path, arrays):
        torch.save(arrays["sae-lens"], tmp_path / "x.pt")
        with pytest.raises(SaegeoError, match=r"holds no 'W_decc' \(did you mean 'W_dec'(.|\n)*W_enc \(6, 24\)"):
            load_cloud(str(tmp_path / "x.pt"), decoder_key="W_decc")

    def test_a_release_has_no_arrays_to_choose_among(self):
        with pytest.raises(SaegeoError, match="is an SAE of a release"):
            load_cloud("minilm-l6:layer_3", decoder_key="W_dec")


class TestCrosscoder:
    @pytest.fixture
    def halves(self, rng):
        return torch.from_numpy(rng.standard_normal((2, N, D)).astype(np.float32))

    @pytest.mark.parametrize("axes", ["models first", "features first"])
    def test_its_halves_are_measured_one_at_a_time(self, tmp_path, halves, axes):
        content = {
            "W_dec": halves if axes == "models first" else halves.transpose(0, 1).contiguous(),
            "b_enc": torch.zeros(N),
            "b_dec": torch.zeros(2, D),
        }
        torch.save({"state_dict": content}, tmp_path / "crosscoder.pt")
        path = str(tmp_path / "crosscoder.pt")
        for half in (0, 1):
            assert torch.equal(load_cloud(path, model_slice=half).vectors, halves[half])
        with pytest.raises(SaegeoError, match="three axes(.|\n)*--model-slice 0 for the first"):
            load_cloud(path)  # and its bias, the only matrix, is not measured in its place
        with pytest.raises(SaegeoError, match=r"is of 2 models\ntype a number from 0 to 1"):
            load_cloud(path, model_slice=2)

    def test_without_biases_the_axis_of_the_models_is_unknown(self, tmp_path, halves):
        torch.save({"W_dec": halves}, tmp_path / "x.pt")
        with pytest.raises(SaegeoError, match="which axis of W_dec"):
            load_cloud(str(tmp_path / "x.pt"), model_slice=0)

    def test_a_matrix_of_two_axes_has_no_slices(self, tmp_path, arrays):
        torch.save(arrays["sae-lens"], tmp_path / "x.pt")
        with pytest.raises(SaegeoError, match="is no crosscoder"):
            load_cloud(str(tmp_path / "x.pt"), model_slice=0)


class TestShards:
    def test_an_index_names_the_file_of_each_array(self, tmp_path, arrays, decoder, write):
        from safetensors.torch import save_file

        own = arrays["sae-lens"]
        save_file({"W_enc": own["W_enc"], "b_enc": own["b_enc"]}, tmp_path / "model-1-of-2.safetensors")
        save_file({"W_dec": own["W_dec"], "b_dec": own["b_dec"]}, tmp_path / "model-2-of-2.safetensors")
        places = dict.fromkeys(["W_enc", "b_enc"], "model-1-of-2.safetensors")
        places |= dict.fromkeys(["W_dec", "b_dec"], "model-2-of-2.safetensors")
        index = write(tmp_path / "model.safetensors.index.json", {"weight_map": places})
        np.testing.assert_array_equal(load_cloud(str(index)).vectors.numpy(), decoder)
        write(index, {"weight_map": {**places, "W_dec": "model-1-of-2.safetensors"}})
        with pytest.raises(SaegeoError, match="says that model-1-of-2.safetensors holds W_dec, which it does not"):
            load_cloud(str(index))
        write(index, {"weight_map": {"W_dec": "../elsewhere.safetensors"}})
        with pytest.raises(SaegeoError, match="which is not beside it"):
            load_cloud(str(index))
