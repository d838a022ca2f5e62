"""The plugin as a user runs it: planted structure found, nothing found where there is nothing, and nothing that depends on luck."""

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core import Absent, Interval, run
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.measuring.of_cloud import kin_of
from saegeo_core.numerics.pairwise_cosine import pairwise_cosines
from saegeo_core.statistics.uniform_directions import mean_cosine_law
from saegeo_core.synthetic import angular_gaussian, common_mean, families, isotropic, with_duplicates
from saegeo_core.synthetic.composites import COMPOSITES
from saegeo_cosine_tails.calibrated import pair_mean_spreads, pair_means

MATCHED, COMMON_MEAN, UNIFORM = 0, 1, 2


def measure(rows, **settings):
    return run("cosine-tails", FeatureCloud.from_array(rows), **settings)


def dense_cosines(rows):
    unit = rows.double() / rows.double().norm(dim=1, keepdim=True)
    gram = (unit @ unit.T).numpy()
    return gram[np.tril_indices(len(gram), -1)]


def squares_of_each(cosines, n):
    """Sums over the pairs of each row."""
    square = np.zeros((n, n))
    square[np.tril_indices(n, -1)] = cosines**2
    return (square + square.T).sum(1)


@pytest.mark.parametrize("make", [isotropic, common_mean, angular_gaussian, families])
def test_every_number_is_that_of_the_full_matrix(make, rng):
    rows = make(301, 24, rng) * torch.from_numpy(rng.uniform(0.5, 2, (301, 1))).float()
    report = measure(rows, parameters={"threshold": 0.3})
    cosines = dense_cosines(rows)
    expected = {
        "tail_fraction": np.mean(np.abs(cosines) > 0.3),
        "tail_fraction_positive": np.mean(cosines > 0.3),
        "tail_fraction_negative": np.mean(cosines < -0.3),
        "mean_cosine": cosines.mean(),
        "mean_squared_cosine": np.mean(cosines**2),
        "mean_absolute_cosine": np.mean(np.abs(cosines)),
        "capacity": np.mean(1 / (1 + squares_of_each(cosines, 301))),
        "max_cosine": cosines.max(),
        "min_cosine": cosines.min(),
    }
    for name, value in expected.items():
        assert report.metric(name).estimate == pytest.approx(value, rel=1e-5, abs=1e-7), name


@pytest.mark.parametrize("make", [isotropic, angular_gaussian])
def test_the_matched_null_explains_what_has_only_a_covariance(make):
    ratios = []
    for seed in range(6):
        tail = measure(make(900, 48, np.random.default_rng(seed)), parameters={"p0": 1e-3}).metric("tail_fraction")
        ratios.append(tail.estimate / tail.nulls[MATCHED].mean)
    assert np.mean(ratios) == pytest.approx(1, abs=0.05)


def test_planted_families_exceed_the_matched_null(rng):
    tail = measure(families(1000, 64, rng, size=5, correlation=0.7)).metric("tail_fraction")
    assert tail.nulls[MATCHED].pvalue < 1e-6
    assert tail.estimate > 3 * tail.nulls[MATCHED].mean


def test_a_common_mean_is_explained_by_its_null(rng):
    tail = measure(common_mean(1500, 64, rng, strength=0.5), parameters={"p0": 1e-3}).metric("tail_fraction")
    assert tail.nulls[UNIFORM].pvalue < 1e-6
    assert tail.estimate == pytest.approx(tail.nulls[COMMON_MEAN].mean, rel=0.1)


def test_duplicates_and_antipodes_are_counted(rng):
    report = measure(with_duplicates(isotropic(200, 16, rng), rng, duplicates=3, antipodes=2))
    assert report.metric("duplicate_features").estimate == 6
    assert report.metric("antipodal_features").estimate == 4
    assert report.metric("max_cosine").estimate == pytest.approx(1)
    assert report.metric("min_cosine").estimate == pytest.approx(-1)


@pytest.mark.parametrize("law", ["uniform", "spectrum rank^-1/2", "families of 5", "families of 20"])
def test_intervals_cover(law):
    """A nominal 95 % interval holds the mean over many clouds in 90 % of them or more, within what 100 clouds can show."""
    n_clouds, threshold = 100, 0.5
    measured = {"tail": [], "cosine": [], "squared_cosine": []}
    for seed in range(n_clouds):
        cloud = FeatureCloud.from_array(COMPOSITES[law](300, 24, np.random.default_rng(seed)))
        cosines = pairwise_cosines(cloud.vectors, [threshold])
        means = pair_means(cosines, threshold)
        known = pair_mean_spreads(cloud, kin_of(cloud), means)
        for name, collected in measured.items():
            collected.append((means[name].estimate, known[name].resampled.confidence_interval))
    for name, collected in measured.items():
        truth = np.mean([estimate for estimate, _ in collected])
        covered = sum(low <= truth <= high for _, (low, high) in collected)
        assert stats.binom.cdf(covered, n_clouds, 0.90) > 1e-3, (name, covered)


def estimates(report):
    return {metric.name: metric.value for metric in report.measured}


def test_rotation_order_and_length_change_nothing(rng):
    rows = families(400, 32, rng).double()
    rotation = torch.linalg.qr(torch.from_numpy(rng.standard_normal((32, 32))))[0]
    order = torch.from_numpy(rng.permutation(400))
    lengths = torch.from_numpy(rng.uniform(0.1, 10, (400, 1)))
    before = estimates(measure(rows))
    for after in (rows @ rotation, rows[order], rows * lengths):
        assert estimates(measure(after)) == pytest.approx(before, rel=1e-5, abs=1e-8)  # products are float32


def test_the_same_seed_gives_the_same_metrics_on_one_thread_and_two(rng):
    rows = families(700, 48, rng)
    threads = torch.get_num_threads()
    try:
        reports = []
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            reports.append(measure(rows, seed=5))
    finally:
        torch.set_num_threads(threads)
    for one, two in zip(reports[0].measured, reports[1].measured, strict=True):
        assert one.value == pytest.approx(two.value, rel=1e-12), one.name
        for null_one, null_two in zip(one.nulls, two.nulls, strict=True):
            assert null_one.mean == pytest.approx(null_two.mean, rel=1e-9), one.name


def test_the_tables_agree_with_the_metrics(rng):
    rows = angular_gaussian(500, 32, rng)
    report = measure(rows)
    histogram, nearest = report.table("histogram"), report.table("nearest")
    assert histogram["pairs"].sum() == 500 * 499 / 2
    for null in ("observed", "uniform", "matched"):
        assert histogram[null].sum() == pytest.approx(1, abs=1e-6)
    assert nearest["cosine"].max() == pytest.approx(report.metric("max_cosine").estimate, rel=1e-6)
    tails = report.table("tails")
    assert (np.diff(tails["observed"]) <= 1e-15).all()
    assert tails["observed"][0] == pytest.approx(1)


@pytest.mark.parametrize(
    "rows",
    [
        np.array([[1.0, 2.0]]),
        np.ones((4, 1)),
        np.ones((5, 3)),
        np.eye(3),
        np.array([[1.0, 0.0], [-1.0, 0.0]]),
        np.array([[1.0, 0.0], [0.0, 1.0]]),
        np.repeat(np.eye(4), 3, axis=0),
        np.random.default_rng(0).standard_normal((5, 40)),
        np.concatenate([np.ones((50, 3)), -np.ones((50, 3))]),
    ],
    ids=[
        "one feature",
        "one dimension",
        "equal rows",
        "orthonormal",
        "antipodes",
        "two",
        "copies",
        "wide",
        "two points",
    ],
)
@pytest.mark.parametrize("preset", ["calibrated", "paper"])
def test_degenerate_clouds_have_reasons_instead_of_crashes(rows, preset):
    report = measure(rows, preset=preset)
    assert report.metric("tail_fraction")
    for metric in report.measured:
        for part in (metric.estimate, metric.interval, metric.nulls):
            assert not isinstance(part, Absent) or part.absent


def test_a_small_cloud_raises_p0_and_says_so(rng):
    report = measure(isotropic(300, 16, rng))
    [told] = [warning for warning in report.warnings if "p0 was raised from 1e-06" in warning]
    threshold = report.metric().description.removesuffix(".").rpartition(" ")[2]
    assert f"|cosine| > {threshold})" in told


def test_the_published_procedure(rng):
    rows = families(600, 96, rng)
    report = measure(rows, preset="paper")
    tail = report.metric("tail_fraction")
    assert tail.estimate == pytest.approx(np.mean(np.abs(dense_cosines(rows)) > 0.1))
    draw, exact = tail.nulls
    assert draw.draws == 1
    assert draw.mean == pytest.approx(exact.mean, rel=0.1)
    assert isinstance(tail.interval, Absent)
    assert any("fixed cosine" in warning for warning in report.warnings)
    assert any("L0" in warning for warning in report.warnings)


def test_the_excess_is_the_fraction_in_other_units(rng):
    report = measure(angular_gaussian(500, 32, rng))
    tail, excess = report.metric("tail_fraction"), report.metric("tail_excess")
    exact = tail.nulls[UNIFORM].mean
    assert excess.estimate == pytest.approx(tail.estimate / exact)
    assert isinstance(excess.interval, Interval)
    assert excess.nulls[UNIFORM].mean == pytest.approx(1)
    assert excess.nulls[MATCHED].pvalue == tail.nulls[MATCHED].pvalue


def test_a_mean_that_is_chance_is_not_found_in_a_steep_spectrum():
    """By the law of uniform directions, which judged, p <= .05 in .22 of clouds of rank^-1."""
    by_squares, by_uniform = [], []
    for seed in range(120):
        unit = COMPOSITES["spectrum rank^-1"](100, 24, np.random.default_rng(seed)).double().numpy()
        off = (unit @ unit.T)[~np.eye(100, dtype=bool)]
        by_squares.append(mean_cosine_law(100, 1 / (off**2).mean()).pvalue(off.mean()))
        by_uniform.append(mean_cosine_law(100, 24).pvalue(off.mean()))
    assert np.mean(np.array(by_squares) <= 0.05) < 0.12
    assert np.mean(np.array(by_uniform) <= 0.05) > 0.12


def test_extremes_are_judged_by_the_matched_null_too(rng):
    report = measure(angular_gaussian(150, 16, rng, exponent=1.0))
    for name in ("max_cosine", "min_cosine", "nearest_cosine_mean"):
        matched, uniform = report.metric(name).nulls
        assert "angular Gaussian" in matched.model
        assert matched.pvalue > 0.01
        assert uniform.pvalue < 0.05 or name == "min_cosine"
