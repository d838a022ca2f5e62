"""Absorption: readings that are written out, encoders that lean away from kin, and p-values of encoders that do not.

Holes on tokens have a file of their own.
"""

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_absorption.analysis import Absorption
from saegeo_absorption.readings import KinPairs, Residuals, gaps
from saegeo_core import Absent, AnalysisContext, FeatureCloud, SaegeoError
from saegeo_core.numerics.unit_rows import unit_rows
from saegeo_core.synthetic import families, isotropic

N, D = 200, 24


def measured(decoder, encoder, *, seed=0, **parameters):
    """The metrics by name, and the findings."""
    context = AnalysisContext(rng=np.random.default_rng(seed), encoder=encoder)
    findings = Absorption().analyze(FeatureCloud.from_array(decoder), Absorption.Parameters(**parameters), context)
    return {metric.name: metric for metric in findings.metrics}, findings


def absorbed(n_trees, share):
    """Trees of a parent and two children in dimensions of their own: children contain the parent, which does not read them.

    Of a share 0 the parent's encoder is its decoder and a direction of its own; of 1 it reads nothing of its children.
    """
    d = 5 * n_trees
    parent = torch.eye(d)[::5]
    children = [torch.eye(d)[k::5] + parent for k in (1, 2)]
    own = [torch.eye(d)[k::5] for k in (3, 4)]
    decoder = torch.cat([parent, *(child / 2**0.5 for child in children)])
    away = sum(torch.eye(d)[k::5] for k in (1, 2))
    encoder = torch.cat([parent - share * away + 0.3 * own[0], *(child + 0.3 * own[1] for child in children)])
    return decoder, encoder


def test_readings_are_those_that_are_written_out(rng):
    encoder, decoder = (unit_rows(isotropic(60, 12, rng) + shift).float() for shift in (0.2, 0.0))
    pairs = KinPairs(np.array([0, 1, 7]), np.array([5, 0, 3]), np.empty(0))
    residuals = Residuals(encoder, decoder, np.arange(60))
    own = (encoder * decoder).sum(1, keepdim=True)
    expected = [float((encoder - own * decoder)[p] @ decoder[c]) for p, c in ((0, 5), (1, 0), (7, 3))]
    assert residuals.readings(pairs) == pytest.approx(expected, abs=1e-5)
    assert residuals.alignment == pytest.approx(own[:, 0].numpy(), abs=1e-6)


def test_reflected_residuals_keep_their_lengths_and_stay_off_their_decoders(rng):
    encoder, decoder = unit_rows(isotropic(60, 12, rng)).float(), unit_rows(isotropic(60, 12, rng)).float()
    residuals = Residuals(encoder, decoder, np.arange(60))
    signs = residuals.reflected.signs_of_draws(1, rng)[0][1]
    own = np.arange(60)
    assert residuals.readings(KinPairs(own, own, np.ones(60)), signs) == pytest.approx(np.zeros(60), abs=1e-5)
    others = KinPairs(own, (own + 1) % 60, np.empty(0))
    bound = torch.linalg.vector_norm(encoder - (encoder * decoder).sum(1, keepdim=True) * decoder, dim=1).numpy()
    assert (np.abs(residuals.readings(others, signs)) <= bound + 1e-5).all()
    assert np.abs(residuals.readings(others, signs) - residuals.readings(others)).max() > 0.1


def test_the_law_of_a_reading_is_that_of_redrawn_residuals():
    """Over many encoders with the same decoders, readings have the mean and the spread that the law says."""
    rng = np.random.default_rng(5)
    decoder = unit_rows(families(100, 30, rng)).float()
    first = np.arange(0, 100, 5)
    pairs = KinPairs(first, first + 1, (decoder[first] * decoder[first + 1]).sum(1).double().numpy())
    z = []
    for _ in range(150):
        residuals = Residuals(unit_rows(decoder + 0.3 * isotropic(100, 30, rng)).float(), decoder, np.arange(100))
        mean, deviation = residuals.law(pairs)
        z.append((residuals.readings(pairs) - mean) / deviation)
    assert np.mean(z) == pytest.approx(0, abs=0.06)  # three standard deviations
    assert np.std(z) == pytest.approx(1, abs=0.06)


def test_gaps_are_the_largest_over_kin():
    pairs = KinPairs(np.array([0, 0, 1]), np.array([1, 2, 0]), np.empty(0))
    assert gaps(pairs, np.array([-0.1, -0.3, 0.2]), np.array([0.5, 0.8, 0.9])) == pytest.approx([0.6, 0, 0])


def test_parents_that_do_not_read_their_children_are_found():
    # A parent reads of a child (1 - share) / sqrt 2 of what it reads of itself, its decoder says 1 / sqrt 2.
    for share in (0.0, 0.5, 1.0):
        decoder, encoder = absorbed(12, share)
        metrics, findings = measured(decoder, encoder)
        assert metrics["reading_gap"].estimate == pytest.approx(share / 2**0.5 / 3, abs=1e-4)
        pairs = findings.tables["pairs"]
        if share == 1.0:
            assert set(pairs["parent"][:24]) == set(range(12))
            assert pairs["read"][:24].to_numpy() == pytest.approx(np.zeros(24), abs=1e-4)
            assert metrics["reading_gap"].nulls[0].pvalue == 0.05


@pytest.mark.parametrize("law", ["isotropic", "families"])
def test_pvalues_hold_where_residuals_know_nothing_of_kin(law):
    noise = {"isotropic": isotropic, "families": families}[law]
    low, n_trials = {"reading_gap": 0, "unread_share": 0}, 25
    for seed in range(n_trials):
        rng = np.random.default_rng(seed)
        decoder = families(N, D, rng)
        metrics, _ = measured(decoder, decoder + 0.4 * noise(N, D, rng), seed=seed)
        for name in low:
            low[name] += metrics[name].nulls[0].pvalue <= 0.05
    assert max(low.values()) <= stats.binom.ppf(0.999, n_trials, 0.05), low


def test_encoders_that_lean_away_from_kin_are_found(rng):
    given = Absorption().planted_example(rng)
    metrics, findings = measured(given.cloud.vectors, given.encoder)
    for name in ("reading_gap", "unread_share"):
        assert metrics[name].nulls[0].pvalue == 0.05
        assert metrics[name].interval.low > metrics[name].nulls[0].mean
    assert "--block-tokens 1" in metrics["hole_rate"].estimate.absent
    readings = findings.tables["readings"]
    assert readings["share"].sum() == pytest.approx(1)
    assert readings["random"].sum() == pytest.approx(1)


def test_without_kin_there_is_no_gap(rng):
    decoder = isotropic(N, D, rng)
    tied, _ = measured(decoder, decoder * 2)
    assert "not tied" in tied["reading_gap"].estimate.absent
    apart = torch.eye(60)
    metrics, _ = measured(apart, apart + 0.1 * isotropic(60, 60, rng))
    assert isinstance(metrics["unread_share"].estimate, Absent)
    assert metrics["unread_share"].estimate.absent == "0 pairs of features are kin, and 10 are needed"
    assert metrics["reading_gap"].estimate == 0
    assert metrics["reading_gap"].nulls[0].pvalue == 1
    with pytest.raises(SaegeoError, match="reads 25 dimensions"):
        measured(decoder, isotropic(N, D + 1, rng))
