"""Some rows held against all: the same numbers of these rows, what is planted found, and what was sampled said."""

import pytest

from saegeo_core import Absent, SaegeoError, run
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.numerics.pairwise_cosine import pairwise_cosines
from saegeo_core.synthetic import angular_gaussian, families, isotropic

N, D, M = 300, 16, 60


def measure(rows, max_rows=None, seed=0, **settings):
    return run("cosine-tails", FeatureCloud.from_array(rows), parameters={"max_rows": max_rows}, seed=seed, **settings)


@pytest.mark.parametrize("make", [families, angular_gaussian])
def test_a_sampled_row_counts_what_it_counts_among_all(make, rng):
    """So that estimates inherit what tests/statistics/test_sampled_rows.py shows."""
    cloud, threshold = make(N, D, rng), 0.5
    sampled = run("cosine-tails", FeatureCloud.from_array(cloud), parameters={"max_rows": M, "threshold": threshold})
    everyone = pairwise_cosines(cloud, [threshold])
    looked_at = sampled.table("nearest")["feature"].to_numpy()
    shares = {
        "tail_fraction_positive": everyone.n_above[0, looked_at].mean() / (N - 1),
        "tail_fraction_negative": everyone.n_below[0, looked_at].mean() / (N - 1),
        "nearest_cosine_mean": everyone.nearest_cosine[looked_at].mean(),
    }
    shares["tail_fraction"] = shares["tail_fraction_positive"] + shares["tail_fraction_negative"]
    for name, share in shares.items():
        assert sampled.metric(name).estimate == pytest.approx(share, rel=1e-12), name
    exact = run("cosine-tails", FeatureCloud.from_array(cloud), parameters={"threshold": threshold})
    for name in ("mean_cosine", "mean_squared_cosine"):
        assert sampled.metric(name).estimate == pytest.approx(exact.metric(name).estimate, rel=1e-6), name
        assert isinstance(sampled.metric(name).interval, Absent)


def test_planted_families_are_found_in_a_sample(rng):
    tail = measure(families(1000, 64, rng, size=5, correlation=0.7), 200).metric("tail_fraction")
    assert tail.nulls[0].pvalue < 1e-6
    assert tail.estimate > 3 * tail.nulls[0].mean


def test_the_report_says_what_was_sampled_and_what_cannot_be_known(rng):
    report = measure(families(N, D, rng), M)
    assert any(f"{M} of {N} rows were held against all" in warning for warning in report.warnings)
    tail = report.metric("tail_fraction")
    assert f"From {M} of {N} rows" in tail.description
    assert tail.interval.population == "other rows of this SAE"
    assert tail.n == M * (N - 1) - M * (M - 1) // 2
    for name in ("max_cosine", "min_cosine", "duplicate_features", "antipodal_features"):
        assert isinstance(report.metric(name).estimate, Absent)
    nearest = report.table("nearest")
    assert len(nearest) == M
    assert nearest["cosine"].mean() == pytest.approx(report.metric("nearest_cosine_mean").estimate, rel=1e-5)


def test_means_of_sampled_rows_hold_those_of_all(rng):
    rows = isotropic(500, 24, rng)
    everything, sample = measure(rows), measure(rows, 120)
    for name in ("mean_absolute_cosine", "capacity"):
        interval = sample.metric(name).interval
        assert interval.low < everything.metric(name).value < interval.high, name
        assert sample.metric(name).nulls[0].pvalue > 0.01, name
    assert sample.metric("hubness").value == everything.metric("hubness").value
    assert "pass over all pairs" in sample.metric("hubness").interval.absent


def test_as_many_rows_as_there_are_is_all_of_them(rng):
    cloud = isotropic(120, D, rng)
    one, other = measure(cloud, 120), measure(cloud)
    assert not any("held against all" in warning for warning in one.warnings)
    assert one.measured == other.measured


def test_the_nearest_of_a_sampled_row_is_named_by_its_number(rng):
    cloud = families(N, D, rng)
    everyone = measure(cloud).table("nearest").set_index("feature")
    sampled = measure(cloud, M).table("nearest").set_index("feature")
    assert (sampled == everyone.loc[sampled.index]).all().all()


def test_the_published_procedure_samples_nothing(rng):
    with pytest.raises(SaegeoError, match="looks at all pairs"):
        measure(isotropic(120, D, rng), 60, preset="paper")
