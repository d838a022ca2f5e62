"""Some rows held against all: the partners they have among all, what is planted found, and what was sampled said."""

import numpy as np
import pytest

from saegeo_core import Absent, run
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.numerics.close_features import close_features
from saegeo_core.statistics.sampled_rows import SampledRows
from saegeo_core.synthetic import angular_gaussian, families, isotropic, with_duplicates
from saegeo_redundancy import sampled as sampling

N, D, M, T = 300, 16, 60, 0.7
FEW = {"null_draws": 4}


def measured(rows, seed=0, **parameters):
    return run("redundancy", FeatureCloud.from_array(rows), parameters={**FEW, **parameters}, seed=seed)


@pytest.mark.parametrize("rows_at_once", [40, 2**15])
@pytest.mark.parametrize("make", [families, angular_gaussian])
def test_a_sampled_row_has_the_partners_it_has_among_all(make, rows_at_once, rng, monkeypatch):
    monkeypatch.setattr(sampling, "ROWS_AT_ONCE", rows_at_once)
    cloud = make(N, D, rng)
    everyone, some = close_features(cloud, T), np.sort(rng.choice(N, M, replace=False))
    close, opposite = sampling.partners_of_sampled(cloud, some, T)
    np.testing.assert_array_equal(close, everyone.n_close[some])
    np.testing.assert_array_equal(opposite, everyone.n_opposite[some])


def test_estimates_average_to_the_numbers_of_all_rows_and_intervals_hold_them():
    """At shares of a hundredth, a third and all of the rows, of which a small sample shows none, some and all."""
    rng, rows = np.random.default_rng(0), SampledRows(N, M)
    for n_linked in (3, 100, N):
        found = rng.hypergeometric(n_linked, N - n_linked, M, size=400)
        known = {n: rows.share_of_rows(n) for n in np.unique(found).tolist()}
        truth, estimates = n_linked / N, np.array([known[n].estimate for n in found])
        assert abs(estimates.mean() - truth) <= 4 * estimates.std() / 20
        told = np.mean([known[n].standard_error ** 2 for n in found]) ** 0.5
        assert told == pytest.approx(estimates.std(), rel=0.15, abs=1e-12)
        ends = [known[n].confidence_interval for n in found]
        assert np.mean([low <= truth <= high for low, high in ends]) >= 0.93, n_linked


def test_intervals_of_sampled_shares_and_pairs_hold_those_of_all_rows(rng):
    cloud = with_duplicates(families(N, D, rng), rng, antipodes=40)
    truth = measured(cloud, threshold=T)
    held = dict.fromkeys(("family_share", "antipodal_share", "antipodal_pairs"), 0)
    for seed in range(25):
        report = measured(cloud, seed, threshold=T, max_rows=M, null_draws=2)
        for name in held:
            interval = report.metric(name).interval
            held[name] += interval.low <= truth.metric(name).value <= interval.high
    assert min(held.values()) >= 21, held


def test_planted_families_are_found_in_a_sample(rng):
    report = measured(families(1000, 64, rng, size=5, correlation=0.8), threshold=0.6, max_rows=200)
    share = report.metric("family_share")
    assert share.estimate == 1
    assert share.nulls[0].pvalue == pytest.approx(1 / 5)
    assert share.interval.population == "other rows of this SAE"


def test_pvalues_are_uniform_on_the_null():
    pvalues = [
        measured(isotropic(200, 24, np.random.default_rng(seed)), seed, max_rows=80, null_draws=9, chance_links=0.5)
        .metric()
        .nulls[0]
        .pvalue
        for seed in range(40)
    ]
    assert np.sum(np.array(pvalues) <= 0.1001) <= 11  # .999 of a binomial law
    assert 0.3 < np.mean(pvalues) < 0.75


def test_the_report_says_what_was_sampled_and_what_cannot_be_known(rng):
    report = measured(families(N, D, rng), max_rows=M)
    assert any(f"{M} of {N} rows were held against all" in warning for warning in report.warnings)
    assert f"From {M} of {N} rows" in report.metric().description
    assert report.metric().n == M
    for name in ("families", "largest_family"):
        assert isinstance(report.metric(name).estimate, Absent)
    linked = report.table("members")
    assert (linked["close"] > 0).mean() * len(linked) == pytest.approx(M * report.metric("family_share").value)


def test_as_many_rows_as_there_are_is_all_of_them(rng):
    cloud = isotropic(120, D, rng)
    one, other = measured(cloud, max_rows=120), measured(cloud)
    assert one.measured == other.measured
