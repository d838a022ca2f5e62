"""Alignment: closed forms, planted pairs, and p-values on encoders that know nothing of their decoders."""

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_alignment.alignments import PairSums, own_cosines, two_groups_gain
from saegeo_alignment.analysis import Alignment
from saegeo_alignment.calibrated import Pairs, spread_of
from saegeo_alignment.dealt_decoders import dealt, exchangeable
from saegeo_core import Absent, AnalysisContext, FeatureCloud, FiringStatistics, SaegeoError
from saegeo_core.numerics.unit_rows import unit_rows
from saegeo_core.synthetic import families, isotropic
from saegeo_core.synthetic.composites import COMPOSITES

N, D = 200, 24


def measured(decoder, encoder, *, seed=0, firing=None, **parameters):
    """The metrics by name."""
    context = AnalysisContext(rng=np.random.default_rng(seed), encoder=encoder, firing=firing)
    cloud = FeatureCloud.from_array(decoder)
    findings = Alignment().analyze(cloud, Alignment.Parameters(**parameters), context)
    return {metric.name: metric for metric in findings.metrics}, findings


def test_the_threshold_is_that_of_all_pairs_but_their_own(rng):
    encoder, decoder = isotropic(60, 8, rng) + 0.5, isotropic(60, 8, rng)
    cosines = torch.nn.functional.normalize(encoder.double()) @ torch.nn.functional.normalize(decoder.double()).T
    others = cosines[~torch.eye(60, dtype=bool)]
    units = unit_rows(encoder), unit_rows(decoder)
    own = own_cosines(*units)
    assert own == pytest.approx(cosines.diagonal().numpy(), abs=1e-12)
    expected = float(others.mean() + stats.norm.isf(0.01) * others.std(correction=0))
    assert PairSums.of(*units, own).unrelated_threshold == pytest.approx(expected, abs=1e-5)


def test_the_threshold_without_some_features_is_that_of_the_others(rng):
    encoder, decoder = (unit_rows(isotropic(60, 8, rng) + 0.5) for _ in range(2))
    own = own_cosines(encoder, decoder)
    some, others = slice(0, 25), slice(25, None)
    parts = [PairSums.of(encoder[part], decoder[part], own[part]) for part in (some, others)]
    left = PairSums.of(encoder, decoder, own).without(parts[0])
    assert left.unrelated_threshold == pytest.approx(parts[1].unrelated_threshold, abs=1e-5)


@pytest.mark.parametrize(
    ("metric", "law", "own"),
    [
        ("alignment", "uniform", 0.0),
        ("alignment", "spectrum rank^-1", 1.0),
        ("own_decoder_share", "uniform", 0.0),
        ("unaligned_share", "uniform", 0.0),
        ("unaligned_share", "uniform", 1.0),
        ("unaligned_share", "spectrum rank^-1", 1.0),
    ],
)
def test_intervals_cover_whether_hardly_any_feature_counts_or_the_threshold_moves(metric, law, own):
    estimates, intervals = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        decoder, encoder = (unit_rows(COMPOSITES[law](100, 12, rng)) for _ in range(2))
        pairs = Pairs.of(FeatureCloud.from_array(decoder), AnalysisContext(rng=rng, encoder=encoder + own * decoder))
        known = spread_of(pairs, pairs.numbers, np.arange(100), rng, of="")
        estimates.append(pairs.numbers[metric])
        intervals.append(known[metric].resampled.confidence_interval)
    low, high = np.array(intervals).T
    truth = np.mean(estimates)
    assert np.mean((low <= truth) & (truth <= high)) >= 0.93


def test_half_aligned_features_are_counted(rng):
    decoder = isotropic(N, D, rng)
    encoder = torch.cat([decoder[:100], isotropic(100, D, rng)])
    metrics, findings = measured(decoder, encoder)
    assert metrics["own_decoder_share"].estimate == pytest.approx(0.5, abs=0.03)
    assert metrics["unaligned_share"].estimate == pytest.approx(0.495, abs=0.03)
    assert metrics["two_groups_gain"].estimate > 1
    assert [metrics[name].nulls[0].pvalue for name in ("alignment", "own_decoder_share", "unaligned_share")] == [
        0.005
    ] * 3
    features = findings.tables["features"]
    assert (features["nearest_decoder"][:100] == features["feature"][:100]).all()


def test_two_groups_are_told_from_one(rng):
    one = np.tanh(rng.normal(0.8, 0.1, 2000))
    two = np.tanh(np.concatenate([rng.normal(0.2, 0.05, 1000), rng.normal(0.9, 0.05, 1000)]))
    assert two_groups_gain(one) < 0
    # Two laws far apart: the mixture has the entropy of one of them and of a fair coin, one normal law that of its variance.
    variance = np.var(np.arctanh(two))
    expected = 0.5 * np.log(variance) - np.log(0.05) - np.log(2) - 1.5 * np.log(2000) / 2000
    assert two_groups_gain(two) == pytest.approx(expected, abs=0.02)
    assert two_groups_gain(np.ones(50)) is None


def test_kin_change_places_whole_with_kin_of_their_size(rng):
    kin = np.repeat(np.arange(50), [5] * 10 + [1] * 40)
    sets = exchangeable(kin, np.ones(90), rng)
    assert sorted(one.shape[1] for one in sets) == [1, 5]
    assert sorted(np.concatenate([one.ravel() for one in sets])) == list(range(90))
    assert all(len(set(kin[row])) == 1 for one in sets for row in one)
    encoder, decoder = isotropic(90, 8, rng), isotropic(90, 8, rng)
    cosines = (torch.nn.functional.normalize(encoder) @ torch.nn.functional.normalize(decoder).T).numpy()
    drawn = dealt(encoder, decoder, np.arange(90), sets, rng=rng, n_draws=30)
    for draw in drawn.cosines:
        partner = np.abs(cosines - draw[:, None]).argmin(1)
        assert sorted(partner) == list(range(90))  # each decoder is dealt once
        assert all(len(set(kin[partner[kin == one]])) == 1 for one in range(50))


def test_like_lengths_change_places(rng):
    lengths = np.linspace(1, 2, 1024)
    sets = exchangeable(np.arange(1024), lengths, rng)
    assert max(np.ptp(lengths[one.ravel()]) for one in sets) < 0.3


@pytest.mark.parametrize(
    "law", ["uniform", "spectrum rank^-1", "common mean", "families of 5", "lengths scattered by 50 %"]
)
def test_pvalues_are_uniform_where_encoders_know_nothing_of_decoders(law):
    low = {"alignment": 0, "own_decoder_share": 0, "unaligned_share": 0}
    n_trials = 30
    for seed in range(n_trials):
        rng = np.random.default_rng(seed)
        decoder, encoder = COMPOSITES[law](N, D, rng), COMPOSITES[law](N, D, rng)
        metrics, _ = measured(decoder, encoder, seed=seed, null_draws=19)
        for name in low:
            low[name] += metrics[name].nulls[0].pvalue <= 0.05
    for name, count in low.items():
        assert count <= stats.binom.ppf(0.999, n_trials, 0.05), (name, count)


def test_rates_that_follow_alignment_are_seen(rng):
    decoder = isotropic(N, D, rng)
    noise = np.linspace(0.1, 3, N)
    encoder = decoder + torch.from_numpy(noise[:, None]).float() * isotropic(N, D, rng)
    firing = FiringStatistics.from_arrays(rng.random((200, N)) < 0.1 + 0.2 * noise / 3)
    metrics, _ = measured(decoder, encoder, firing=firing)
    assert metrics["rate_alignment"].estimate < -0.5
    assert metrics["rate_alignment"].nulls[0].pvalue == pytest.approx(2 / 200)  # two-sided
    without, _ = measured(decoder, encoder)
    assert isinstance(without["rate_alignment"].estimate, Absent)


def test_what_has_no_encoder_is_left_out(rng):
    decoder, encoder = isotropic(40, 8, rng), isotropic(40, 8, rng)
    encoder[3] = 0
    metrics, findings = measured(decoder, encoder)
    assert metrics["alignment"].n == 39
    assert findings.warnings == ["features whose encoder has no length, left out: 1"]
    few, _ = measured(decoder[:5], encoder[:5])
    assert "fewer than 12" in few["alignment"].estimate.absent


def test_an_encoder_of_another_space_is_refused(rng):
    with pytest.raises(SaegeoError, match="reads 9 dimensions"):
        measured(isotropic(40, 8, rng), isotropic(40, 9, rng))


def test_a_tied_encoder_is_its_decoder(rng):
    decoder = families(60, 12, rng)
    metrics, _ = measured(decoder, decoder * 2)
    assert metrics["alignment"].estimate == pytest.approx(1)
    assert metrics["own_decoder_share"].estimate == 1
    assert isinstance(metrics["two_groups_gain"].estimate, Absent)
