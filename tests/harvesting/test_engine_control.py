"""Controls: untrained dictionaries whose features fire as often as the SAE's."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.firing.control_directions import ControlGaussian, control_generator
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.harvesting.calibration import Sample
from saegeo_core.harvesting.control import calibrated_controls, control_module, firing_rates, thresholds_at
from saegeo_core.harvesting.engine import harvest
from saegeo_core.harvesting.settings import HarvestSettings

N_TOKENS = 3000


@pytest.fixture
def activations(rng):
    return torch.from_numpy(rng.standard_normal((N_TOKENS, 8)).astype(np.float32))


def test_thresholds_meet_the_rate_of_every_feature_exactly(rng):
    rows = torch.from_numpy((np.linspace(0.5, 3, 50)[:, None] * rng.standard_normal((50, 8))).astype(np.float32))
    tokens = torch.from_numpy(rng.standard_normal((N_TOKENS, 8)).astype(np.float32))
    times = rng.integers(0, 300, 50)
    times[:4] = 0, 1, N_TOKENS - 1, N_TOKENS
    thresholds = thresholds_at(tokens, rows, times / N_TOKENS)
    np.testing.assert_array_equal(((rows @ tokens.T).numpy() > thresholds[:, None]).sum(1), times)


@pytest.mark.parametrize("fires_above", [0.0, 1.0])
@pytest.mark.parametrize(
    "config", [{}, {"apply_b_dec_to_input": False}, {"normalize_activations": "layer_norm"}], ids=str
)
@pytest.mark.parametrize("architecture", ["jumprelu", "topk"])
def test_every_feature_of_a_control_fires_as_often_as_the_same_one_of_the_sae(
    make_sae, activations, fires_above, config, architecture
):
    sae = make_sae(architecture, **config).sae
    expected = firing_rates(sae, activations, fires_above)
    assert expected.max() > 0.05
    for control in calibrated_controls(sae, activations, fires_above, seed=0, reflected=1, gaussian=1):
        fires = control_module(sae, control, fires_above).encode(activations) > fires_above
        np.testing.assert_allclose(fires.float().mean(0).numpy(), expected, atol=1.5 / N_TOKENS)


def test_encoder_and_decoder_are_reflected_together(make_sae, activations):
    """The encoder is not tied to the decoder, and lies to it as before."""
    sae = make_sae("jumprelu").sae
    [control] = calibrated_controls(sae, activations, 0.0, seed=0, reflected=1, gaussian=0)
    read, written = control_module(sae, control, 0.0).W_enc.T, control.directions.of(sae.cloud.vectors)
    before = sae.module.W_enc.T @ sae.cloud.vectors.T
    torch.testing.assert_close(read @ written.T, before, rtol=0, atol=1e-5)
    assert torch.cosine_similarity(read, sae.module.W_enc.T).abs().mean() < 0.7


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=20),
    most=st.integers(1, 50),
)
def test_a_sample_is_evenly_spread_and_bounded_whatever_the_batches(lengths, most):
    tokens = torch.arange(sum(lengths), dtype=torch.float32)[:, None]
    sample = Sample(1, most)
    for rows in tokens.split(lengths):
        sample.add(rows)
    kept = sample.activations().squeeze(1).numpy()
    stride = 1
    while len(tokens[::stride]) > most:
        stride *= 2
    np.testing.assert_array_equal(kept, np.arange(0, len(tokens), stride))
    assert sample.n_seen == len(tokens)


def test_gaussian_directions_have_unit_length_and_the_clouds_second_moment(rng):
    axes = np.diag(np.linspace(0.3, 2, 12))
    cloud = FeatureCloud.from_array((rng.standard_normal((6000, 12)) @ axes + 0.3).astype(np.float32))
    directions = ControlGaussian.matched_to(cloud).draw(6000, rng)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-5)
    unit = cloud.unit_vectors(torch.float64).numpy()
    np.testing.assert_allclose(directions.T @ directions / 6000, unit.T @ unit / 6000, atol=0.015)


def test_seed_draw_kind_and_sae_decide_what_is_drawn():
    drawn = [
        control_generator(*one).random()
        for one in [
            ("a" * 16, 0, 0),
            ("a" * 16, 0, 1),
            ("a" * 16, 1, 0),
            ("b" * 16, 0, 0),
            ("a" * 16, 0, 0, "reflected"),
        ]
    ]
    assert len(set(drawn)) == len(drawn)
    assert control_generator("a" * 16, 0, 0).random() == drawn[0]


def test_gaussian_directions_can_be_drawn_again_from_what_they_were_drawn_from(make_sae, activations):
    sae = make_sae().sae
    gaussian = ControlGaussian.unpacked(ControlGaussian.matched_to(sae.cloud).packed(), sae.cloud.d_in)
    again = gaussian.draw(sae.cloud.n_features, control_generator(sae.cloud.digest, 0, 1))
    drawn = calibrated_controls(sae, activations, 0.0, seed=0, reflected=1, gaussian=2)
    np.testing.assert_array_equal(again, drawn[2].directions)


def test_controls_are_harvested_beside_the_sae(tmp_path, make_sae, word_source, corpus):
    sae = make_sae("jumprelu")
    settings = HarvestSettings(block_tokens=4, control_draws=2, gaussian_draws=1)
    [harvested] = harvest([sae], word_source(), corpus, tmp_path / "with", settings)
    [alone] = harvest([sae], word_source(), corpus, tmp_path / "without", HarvestSettings(block_tokens=4))
    assert harvested.firing.digest == alone.firing.digest

    reopened = FiringStatistics.open(harvested.folder)
    controls = reopened.controls()
    assert [control.kind for control in controls] == ["reflected", "reflected", "gaussian"]
    first, second, _ = (control.units(sae.sae.cloud.unit_vectors()) for control in controls)
    torch.testing.assert_close(first @ first.T, second @ second.T, rtol=0, atol=1e-5)
    assert abs(first - second).max() > 0.1
    for number, control in enumerate(controls):
        told = control.firing.corpus["control"]
        assert (told["kind"], told["draw"]) == (control.kind, number % 2)
        assert (control.firing.n_blocks, control.firing.n_tokens) == (reopened.n_blocks, reopened.n_tokens)
        np.testing.assert_array_equal(control.firing.label_of_block, reopened.label_of_block)
        assert told["calibration_tokens"] == reopened.n_tokens + reopened.corpus["tokens_in_tails"]
        # All text was calibrated on; what is missing are the dropped tails.
        differences = control.firing.token_counts - reopened.token_counts
        assert abs(differences).max() < 0.2 * reopened.token_counts.max()


def test_an_interrupted_harvest_goes_on_with_the_same_controls(tmp_path, make_sae, word_source, corpus, small_portions):
    def stop(_):
        if len(source.seen) > 500:
            raise KeyboardInterrupt

    sae, settings = make_sae("jumprelu"), HarvestSettings(block_tokens=4, control_draws=1, gaussian_draws=1, tokens=400)
    [whole] = harvest([sae], word_source(), corpus, tmp_path / "whole", settings)
    source = word_source(batch_tokens=9, after_batch=stop)
    with pytest.raises(KeyboardInterrupt):
        harvest([sae], source, corpus, tmp_path / "out", settings)
    source.after_batch, n_seen = lambda _: None, len(source.seen)
    [harvested] = harvest([sae], source, corpus, tmp_path / "out", settings)
    assert len(source.seen) - n_seen < 400  # neither calibrated nor harvested from the beginning
    for one, other in zip(whole.firing.controls(), harvested.firing.controls(), strict=True):
        assert one.firing.digest == other.firing.digest
        rows = sae.sae.cloud.unit_vectors()
        torch.testing.assert_close(one.units(rows), other.units(rows), rtol=0, atol=0)


def test_a_transcoder_has_no_control(tmp_path, make_sae, word_source, corpus):
    with pytest.raises(SaegeoError, match="is a transcoder.*neither be reflected"):
        harvest(
            [make_sae("transcoder")], word_source(), corpus, tmp_path, HarvestSettings(block_tokens=4, control_draws=1)
        )
