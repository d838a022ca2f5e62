"""Checkpoints whose weights live in a scaled space: undone where the files tell how, said where they do not."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from saegeo_core import SaegeoError, SaeSpec
from saegeo_core.loading import load_cloud
from saegeo_core.loading.whole_sae import load_whole_sae

N, D = 24, 6
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture
def checkpoint(tmp_path, decoder, encoder, rng):
    """`checkpoint(normalize, **scaler)` is a folder as training leaves it, and the whitening it was trained under."""
    root = rng.standard_normal((D, D)).astype("f4") + 2 * np.eye(D, dtype="f4")
    whitening = {
        "mean": torch.from_numpy(rng.standard_normal(D).astype("f4")),
        "matrix": torch.from_numpy(root),
        "inverse_matrix": torch.linalg.inv(torch.from_numpy(root).double()).float().contiguous(),
    }

    def make(normalize, *, with_whitening=False, **scaler):
        weights = {
            "W_enc": torch.from_numpy(encoder),
            "W_dec": torch.from_numpy(decoder),
            "b_enc": torch.from_numpy(rng.standard_normal(N).astype("f4")),
            "b_dec": torch.from_numpy(rng.standard_normal(D).astype("f4")),
        }
        save_file(weights, tmp_path / "sae_weights.safetensors")
        config = {
            "architecture": "standard",
            "d_in": D,
            "d_sae": N,
            "dtype": "float32",
            "device": "cpu",
            "apply_b_dec_to_input": False,
            "normalize_activations": normalize,
            "reshape_activations": "none",
            "metadata": {"hook_name": "blocks.3.hook_resid_post"},
        }
        (tmp_path / "cfg.json").write_text(json.dumps(config))
        if scaler:
            (tmp_path / "activation_scaler.json").write_text(json.dumps(scaler))
        if with_whitening:
            save_file(whitening, tmp_path / "activation_whitening.safetensors")
        return weights

    make.folder, make.whitening = tmp_path, whitening
    return make


def test_a_whitened_checkpoint_is_measured_where_its_activations_are(checkpoint, decoder, encoder):
    checkpoint("covariance_whitening", with_whitening=True, scaling_factor=None, has_whitening=True)
    cloud = load_cloud(str(checkpoint.folder))
    inverse = checkpoint.whitening["inverse_matrix"].double().numpy()
    np.testing.assert_allclose(cloud.vectors.numpy(), decoder @ inverse, rtol=1e-4, atol=1e-4)
    assert (cloud.sae.space, cloud.sae.training["unwhitened_with"]) == ("residual", "activation_whitening.safetensors")
    rows = load_cloud(str(checkpoint.folder), rows="encoder").vectors.numpy()
    np.testing.assert_allclose(
        rows, (checkpoint.whitening["matrix"].double().numpy() @ encoder).T, rtol=1e-4, atol=1e-4
    )


def test_where_the_whitening_is_gone_the_report_says_which_space_it_is(checkpoint, decoder):
    checkpoint("covariance_whitening")
    cloud = load_cloud(str(checkpoint.folder))
    assert cloud.sae.space == "whitened residual"
    np.testing.assert_array_equal(cloud.vectors.numpy(), decoder)
    with pytest.raises(SaegeoError, match=r"\(covariance_whitening\)"):
        load_whole_sae(SaeSpec.parse(str(checkpoint.folder)))


def test_it_encodes_plain_activations_as_it_encoded_whitened_ones(checkpoint, rng):
    weights = checkpoint("covariance_whitening", with_whitening=True, scaling_factor=None, has_whitening=True)
    whole = load_whole_sae(SaeSpec.parse(str(checkpoint.folder)))
    rows = torch.from_numpy(rng.standard_normal((40, D)).astype("f4"))
    whitened = (rows - checkpoint.whitening["mean"]) @ checkpoint.whitening["matrix"]
    expected = (whitened @ weights["W_enc"] + weights["b_enc"]).relu()
    torch.testing.assert_close(whole.module.encode(rows), expected, rtol=1e-4, atol=1e-4)


def test_a_factor_beside_the_weights_is_folded_in(checkpoint, rng):
    weights = checkpoint("expected_average_only_in", scaling_factor=0.5)
    whole = load_whole_sae(SaeSpec.parse(str(checkpoint.folder)))
    rows = torch.from_numpy(rng.standard_normal((40, D)).astype("f4"))
    expected = (0.5 * rows @ weights["W_enc"] + weights["b_enc"]).relu()
    torch.testing.assert_close(whole.module.encode(rows), expected, rtol=1e-5, atol=1e-5)


def test_without_the_factor_it_is_refused(checkpoint):
    checkpoint("expected_average_only_in")
    with pytest.raises(SaegeoError, match="scaled by a factor that its files do not tell"):
        load_whole_sae(SaeSpec.parse(str(checkpoint.folder)))


@pytest.mark.parametrize("factor", [-1.0, 0, "x", True])
def test_a_factor_that_is_none(checkpoint, factor):
    checkpoint("expected_average_only_in", scaling_factor=factor)
    with pytest.raises(SaegeoError, match="gives the scaling factor"):
        load_whole_sae(SaeSpec.parse(str(checkpoint.folder)))


def test_a_whitening_that_lacks_an_array(checkpoint):
    checkpoint("covariance_whitening")
    save_file({"mean": torch.zeros(D)}, checkpoint.folder / "activation_whitening.safetensors")
    with pytest.raises(SaegeoError, match="holds no inverse_matrix and no matrix"):
        load_cloud(str(checkpoint.folder))
