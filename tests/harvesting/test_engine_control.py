"""The control: an untrained dictionary that fires as often as the SAE."""

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
from saegeo_core.harvesting.control import (
    Projections,
    calibrated_controls,
    control_module,
    draw_directions,
    firing_rates,
    matched_thresholds,
)
from saegeo_core.harvesting.engine import harvest
from saegeo_core.harvesting.settings import HarvestSettings

N_TOKENS = 3000


@pytest.fixture
def activations(rng):
    return torch.from_numpy(rng.standard_normal((N_TOKENS, 8)).astype(np.float32))


def test_thresholds_meet_every_rate_exactly_and_in_rank(rng):
    spread = np.linspace(0.5, 3, 50)[:, None]
    directions = torch.from_numpy((spread * rng.standard_normal((50, 8))).astype(np.float32))
    tokens = torch.from_numpy(rng.standard_normal((N_TOKENS, 8)).astype(np.float32))
    times = rng.integers(0, 300, 50)
    times[:3] = 0, 1, N_TOKENS
    thresholds = matched_thresholds(Projections(tokens, directions), times / N_TOKENS)
    projected = (directions @ tokens.T).numpy()
    exceeded = (projected > thresholds[:, None]).sum(1)
    np.testing.assert_array_equal(np.sort(exceeded), np.sort(times))
    at_mean_rate = round(times.mean())
    reach = np.sort(projected, axis=1)[:, -at_mean_rate]
    assert (np.diff(exceeded[np.argsort(reach)]) >= 0).all()


@pytest.mark.parametrize("fires_above", [0.0, 1.0])
@pytest.mark.parametrize(
    "config", [{}, {"apply_b_dec_to_input": False}, {"normalize_activations": "layer_norm"}], ids=str
)
def test_the_control_fires_as_often_as_the_sae(make_sae, activations, fires_above, config):
    sae = make_sae("jumprelu", **config).sae
    [control] = calibrated_controls(sae, activations, fires_above, seed=0, draws=1)
    fires = control_module(sae, control, fires_above).encode(activations) > fires_above
    rates = fires.float().mean(0).numpy()
    expected = firing_rates(sae, activations, fires_above)
    assert expected.max() > 0.05
    np.testing.assert_allclose(np.sort(rates), np.sort(expected), atol=1.5 / N_TOKENS)


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


def test_directions_have_unit_length_and_the_clouds_second_moment(rng):
    axes = np.diag(np.linspace(0.3, 2, 12))
    cloud = FeatureCloud.from_array((rng.standard_normal((6000, 12)) @ axes + 0.3).astype(np.float32))
    [directions] = draw_directions(cloud, seed=0, draws=1)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-5)
    unit = cloud.unit_vectors(torch.float64).numpy()
    np.testing.assert_allclose(directions.T @ directions / 6000, unit.T @ unit / 6000, atol=0.015)


def test_seed_draw_and_sae_decide_the_directions(make_sae):
    cloud = make_sae().sae.cloud
    first, second = draw_directions(cloud, 0, 2)
    np.testing.assert_array_equal(first, draw_directions(cloud, 0, 1)[0])
    for other in (second, *draw_directions(cloud, 1, 1), *draw_directions(make_sae(seed=1).sae.cloud, 0, 1)):
        assert abs(first - other).max() > 0.1


def test_directions_can_be_drawn_again_from_what_they_were_drawn_from(make_sae):
    cloud = make_sae().sae.cloud
    gaussian = ControlGaussian.unpacked(ControlGaussian.matched_to(cloud).packed(), cloud.d_in)
    again = gaussian.draw(cloud.n_features, control_generator(cloud.digest, 0, 1))
    np.testing.assert_array_equal(again, draw_directions(cloud, 0, 2)[1])


def test_controls_are_harvested_beside_the_sae(tmp_path, make_sae, word_source, corpus):
    sae = make_sae("jumprelu")
    settings = HarvestSettings(block_tokens=4, control_draws=2)
    [harvested] = harvest([sae], word_source(), corpus, tmp_path / "with", settings)
    [alone] = harvest([sae], word_source(), corpus, tmp_path / "without", HarvestSettings(block_tokens=4))
    assert harvested.firing.digest == alone.firing.digest

    reopened = FiringStatistics.open(harvested.folder)
    first, second = reopened.controls()
    assert not np.array_equal(first.directions, second.directions)
    np.testing.assert_array_equal(first.directions, draw_directions(sae.sae.cloud, 0, 1)[0])
    for number, control in enumerate((first, second)):
        assert control.firing.corpus["control"]["draw"] == number
        assert (control.firing.n_blocks, control.firing.n_tokens) == (reopened.n_blocks, reopened.n_tokens)
        np.testing.assert_array_equal(control.firing.label_of_block, reopened.label_of_block)
        n_read = control.firing.corpus["control"]["calibration_tokens"]
        assert n_read == reopened.n_tokens + reopened.corpus["tokens_in_tails"]
        # All text was calibrated on; what is missing are the dropped tails.
        differences = np.sort(control.firing.token_counts) - np.sort(reopened.token_counts)
        assert abs(differences).max() < 0.2 * reopened.token_counts.max()


def test_an_interrupted_harvest_goes_on_with_the_same_controls(tmp_path, make_sae, word_source, corpus, small_portions):
    def stop(_):
        if len(source.seen) > 500:
            raise KeyboardInterrupt

    sae, settings = make_sae("jumprelu"), HarvestSettings(block_tokens=4, control_draws=1, tokens=400)
    [whole] = harvest([sae], word_source(), corpus, tmp_path / "whole", settings)
    source = word_source(batch_tokens=9, after_batch=stop)
    with pytest.raises(KeyboardInterrupt):
        harvest([sae], source, corpus, tmp_path / "out", settings)
    source.after_batch, n_seen = lambda _: None, len(source.seen)
    [harvested] = harvest([sae], source, corpus, tmp_path / "out", settings)
    assert len(source.seen) - n_seen < 400  # neither calibrated nor harvested from the beginning
    for one, other in zip(whole.firing.controls(), harvested.firing.controls(), strict=True):
        assert one.firing.digest == other.firing.digest
        np.testing.assert_array_equal(one.directions, other.directions)


def test_a_transcoder_has_no_control(tmp_path, make_sae, word_source, corpus):
    with pytest.raises(SaegeoError, match="is a transcoder.*no encoder can be tied"):
        harvest(
            [make_sae("transcoder")], word_source(), corpus, tmp_path, HarvestSettings(block_tokens=4, control_draws=1)
        )
