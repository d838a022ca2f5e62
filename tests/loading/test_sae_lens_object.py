"""SAEs in memory, of sae-lens's own classes; saved and loaded again they are the same cloud."""

import warnings

import pytest
import torch

from saegeo_core import FeatureCloud, SaegeoError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def sae_lens():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn of deprecations
        import sae_lens
    return sae_lens


def filled(sae):
    generator = torch.Generator().manual_seed(3)
    for parameter in sae.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return sae


def metadata(sae_lens):
    from sae_lens.saes.sae import SAEMetadata

    return SAEMetadata(model_name="gpt2-small", hook_name="blocks.3.hook_mlp_out")


@pytest.mark.parametrize("architecture", ["Standard", "JumpReLU", "TopK", "Gated"])
@pytest.mark.parametrize("rows", ["decoder", "encoder"])
def test_in_memory_and_on_disk_are_one_cloud(sae_lens, load, tmp_path, architecture, rows):
    settings = {"k": 3} if architecture == "TopK" else {}
    config = getattr(sae_lens, f"{architecture}SAEConfig")(d_in=6, d_sae=24, metadata=metadata(sae_lens), **settings)
    sae = filled(getattr(sae_lens, f"{architecture}SAE")(config))
    cloud = FeatureCloud.from_sae(sae, rows=rows, name="mine")
    expected = sae.W_dec if rows == "decoder" else sae.W_enc.T
    assert torch.equal(cloud.vectors, expected)
    assert not cloud.vectors.requires_grad
    assert (cloud.sae.spec, cloud.sae.release, cloud.sae.sae_id) == ("memory:mine", "memory", "mine")
    assert (cloud.sae.model, cloud.sae.layer, cloud.sae.space) == ("gpt2-small", 3, "mlp")
    assert (cloud.sae.architecture, cloud.sae.l0) == (config.architecture(), settings.get("k"))

    sae.save_model(tmp_path)
    loaded = load(str(tmp_path), rows=rows)
    assert loaded.digest == cloud.digest
    names = {"spec", "release", "sae_id"}
    assert loaded.sae.model_dump(exclude=names) == cloud.sae.model_dump(exclude=names)


def test_a_transcoder_s_decoder_lives_where_it_writes(sae_lens):
    config = sae_lens.TranscoderConfig(d_in=6, d_out=5, d_sae=24, apply_b_dec_to_input=False)
    sae = filled(sae_lens.Transcoder(config))
    decoder, encoder = FeatureCloud.from_sae(sae), FeatureCloud.from_sae(sae, rows="encoder")
    assert (decoder.d_in, decoder.sae.d_in, decoder.sae.space) == (5, 5, "transcoder output")
    assert (encoder.d_in, encoder.sae.d_in, encoder.sae.space) == (6, 6, "transcoder input")


def test_a_tied_encoder_is_the_decoder(sae_lens):
    config = sae_lens.MatchingPursuitSAEConfig(d_in=6, d_sae=24, residual_threshold=0.1)
    sae = filled(sae_lens.MatchingPursuitSAE(config))
    assert torch.equal(FeatureCloud.from_sae(sae, rows="encoder").vectors, sae.W_dec)


@pytest.mark.parametrize("impostor", [None, torch.nn.Linear(3, 4), {"W_dec": torch.ones(3, 4)}])
def test_what_is_no_sae(impostor):
    with pytest.raises(SaegeoError, match=r"is no SAE of sae-lens with decoder directions(.|\n)*from_array"):
        FeatureCloud.from_sae(impostor)
