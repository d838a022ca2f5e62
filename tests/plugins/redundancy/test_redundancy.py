"""Planted families and opposites are counted, random directions give what the null gives, and degenerate clouds say why not."""

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core import Absent, run
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.measuring.of_cloud import matched_directions_of
from saegeo_core.numerics.close_features import close_features, linked_by
from saegeo_core.numerics.directions import mean_squared_cosine, second_moment
from saegeo_core.statistics.null_directions import ProjectedGaussian
from saegeo_core.synthetic import angular_gaussian, families, isotropic, with_duplicates
from saegeo_core.synthetic.composites import COMPOSITES
from saegeo_redundancy import random_links as cutting
from saegeo_redundancy.calibrated import link, numbers_of, shares_known
from saegeo_redundancy.family_numbers import linked_shares, mean_squared_cosines_without
from saegeo_redundancy.linking import Linking
from saegeo_redundancy.random_links import CutRows, normal_of_pair, random_links

FEW = {"null_draws": 4}


def measured(rows, seed=0, **parameters):
    return run("redundancy", FeatureCloud.from_array(rows), parameters={**FEW, **parameters}, seed=seed)


def test_a_small_cloud_by_hand():
    """Directions in the plane at 0, 10, 20, 90, 100 and 190 degrees, linked within 15 degrees."""
    angles = np.radians([0, 10, 20, 90, 100, 190])
    report = measured(np.stack([np.cos(angles), np.sin(angles)], 1), threshold=float(np.cos(np.radians(15))))
    expected = {
        "family_share": 5 / 6,
        "families": 2,
        "largest_family": 3,
        "antipodal_share": 4 / 6,  # 190 is within 15 degrees of the opposites of 0, 10 and 20
        "antipodal_pairs": 3,
    }
    for name, value in expected.items():
        assert report.metric(name).estimate == pytest.approx(value), name
    sizes = report.table("sizes")
    assert dict(zip(sizes["size"], sizes["families"], strict=True)) == {2: 1, 3: 1}
    assert report.table("members")["feature"].tolist() == [0, 1, 2, 3, 4, 5]


def test_planted_families_are_found_one_by_one(rng):
    report = measured(families(300, 256, rng, size=5, correlation=0.8), threshold=0.6)
    assert report.metric("families").estimate == 60
    assert report.metric("largest_family").estimate == 5
    assert report.metric("family_share").estimate == 1
    assert report.metric("family_share").nulls[0].pvalue == pytest.approx(1 / 5)
    assert report.metric().description.endswith("The threshold is 0.6000.")
    assert report.warnings == ()


def test_opposites_are_counted(rng):
    report = measured(with_duplicates(isotropic(200, 64, rng), rng, antipodes=7), threshold=0.9)
    assert report.metric("antipodal_pairs").estimate == 7
    assert report.metric("antipodal_share").estimate == pytest.approx(14 / 207)
    assert report.metric("family_share").estimate == 0
    assert "the same without any of them" in report.metric("family_share").interval.absent


def test_the_exact_uniform_mean_is_what_uniform_clouds_show():
    reports = [measured(isotropic(300, 24, np.random.default_rng(seed)), threshold=0.6) for seed in range(12)]
    exact = reports[0].metric("family_share").nulls[-1].mean
    assert np.mean([report.metric("family_share").estimate for report in reports]) == pytest.approx(exact, rel=0.15)


@pytest.mark.parametrize("make", [isotropic, angular_gaussian])
def test_pvalues_are_uniform_on_the_null(make):
    n_trials, pvalues = 60, {"family_share": [], "antipodal_share": []}
    for seed in range(n_trials):
        report = measured(make(200, 24, np.random.default_rng(seed)), seed, null_draws=9, chance_links=0.5)
        for name, collected in pvalues.items():
            collected.append(report.metric(name).nulls[0].pvalue)
    for name, collected in pvalues.items():
        low = np.sum(np.array(collected) <= 0.1001)
        assert low <= stats.binom.ppf(0.999, n_trials, 0.1), (name, low)
        assert 0.3 < np.mean(collected) < 0.75, name


@pytest.mark.parametrize(
    "name",
    [
        "spectrum rank^-1/2",
        "spectrum rank^-1",
        "common mean",
        "common mean, spectrum rank^-1",
        "families of 5 with a spectrum",
        "uniform",
    ],
)
def test_links_of_cut_rows_are_those_of_whole_rows(name, rng, monkeypatch):
    monkeypatch.setattr(cutting, "LEADING_AXES", 24)
    n, d = 300, 260
    cloud = FeatureCloud.from_array(COMPOSITES[name](n, d, rng))
    null = matched_directions_of(cloud)
    threshold = Linking(d, 0.3).threshold(n, null.moments.mean_squared_cosine)

    def whole():
        return numbers_of(close_features(null.sample_along_axes(n, rng), threshold))

    def cut():
        return numbers_of(linked_by(n, CutRows.of(null, n, rng).links(threshold, rng, "cpu")))

    drawn = [np.array([list(draw().values()) for _ in range(150)]) for draw in (whole, cut)]
    means, spreads = ([getattr(one, moment)(0) for one in drawn] for moment in ("mean", "std"))
    error = np.hypot(*spreads) / np.sqrt(150)
    assert (np.abs(means[1] - means[0]) < 4 * error + 1e-9).all(), (means, error)
    assert (np.abs(np.log((spreads[1] + 1e-9) / (spreads[0] + 1e-9))) < 0.35).all(), spreads


def test_rows_are_cut_where_that_is_quicker(rng, monkeypatch):
    calls = []
    monkeypatch.setattr(CutRows, "links", lambda *_: calls.append(1) or iter(()))
    variances = np.arange(1, 1101) ** -1.0
    for shape, expected in ((variances, 1), (np.ones(1100), 0), (variances[:900], 0)):
        null = ProjectedGaussian(np.zeros(len(shape)), shape / shape.sum())
        random_links(null, 200, Linking(len(shape), 0.05).threshold(200, null.moments.mean_squared_cosine), rng)
        assert len(calls) == expected
        calls.clear()


def test_numbers_of_pairs_are_normal_and_their_own():
    pairs = np.arange(20_000)
    normals = normal_of_pair(pairs, 2**62 + 5)
    assert stats.kstest(normals, "norm").pvalue > 0.01
    assert abs(np.corrcoef(normals[1:], normals[:-1])[0, 1]) < 0.03
    assert abs(np.corrcoef(normals, normal_of_pair(pairs, 2**62 + 6))[0, 1]) < 0.03
    assert (normal_of_pair(pairs[::7], 2**62 + 5) == normals[::7]).all()


@pytest.mark.parametrize(
    ("name", "chance_links"),
    [("uniform", 0.1), ("spectrum rank^-1/2", 0.1), ("families of 5", 0.01), ("families of 5 with a spectrum", 0.01)],
)
def test_intervals_cover(name, chance_links):
    """Shares at the threshold that the cloud itself chooses."""
    n_clouds, seen = 60, []
    for seed in range(n_clouds):
        rng = np.random.default_rng(seed)
        cloud = FeatureCloud.from_array(COMPOSITES[name](300, 32, rng))
        linking = Linking(32, chance_links)
        _, links = link(cloud, linking, device="cpu")
        known = shares_known(cloud, linked_shares(links.n_close, links.n_opposite), linking, rng)["family_share"]
        seen.append(known.resampled)
    truth = np.mean([one.estimate for one in seen])
    covered = sum(one.confidence_interval[0] <= truth <= one.confidence_interval[1] for one in seen)
    assert stats.binom.cdf(covered, n_clouds, 0.93) > 1e-3, covered


@pytest.mark.parametrize("n_groups", [4, 25], ids=["more rows than dimensions", "fewer"])
def test_the_mean_squared_cosine_without_a_group_is_that_of_the_rest(n_groups, rng):
    rows, groups = families(200, 16, rng), rng.permutation(200) % n_groups
    found = mean_squared_cosines_without(rows, second_moment(rows).numpy(), groups)
    alone = [
        mean_squared_cosine(second_moment(rest := rows[torch.from_numpy(groups != g)]), len(rest))
        for g in range(n_groups)
    ]
    np.testing.assert_allclose(found, alone, rtol=1e-6)


def test_rotation_order_and_length_change_nothing(rng):
    rows = families(300, 32, rng).double()
    rotation = torch.linalg.qr(torch.from_numpy(rng.standard_normal((32, 32))))[0]
    order, lengths = torch.from_numpy(rng.permutation(300)), torch.from_numpy(rng.uniform(0.1, 10, (300, 1)))
    before = {metric.name: metric.value for metric in measured(rows).measured}
    for after in (rows @ rotation, rows[order], rows * lengths):
        assert {metric.name: metric.value for metric in measured(after).measured} == before


@pytest.mark.parametrize(
    "rows",
    [
        np.array([[1.0, 2.0]]),
        np.ones((4, 1)),
        np.ones((30, 3)),
        np.eye(3),
        np.repeat(np.eye(4), 6, axis=0),
        np.random.default_rng(0).standard_normal((5, 40)),
        np.concatenate([np.ones((15, 3)), -np.ones((15, 3))]),
        np.vstack([np.zeros((3, 8)), np.random.default_rng(0).standard_normal((20, 8))]),
    ],
    ids=["one feature", "one dimension", "equal rows", "orthonormal", "copies", "wide", "two points", "dead rows"],
)
def test_degenerate_clouds_have_reasons_instead_of_crashes(rows):
    report = measured(rows)
    for metric in report.measured:
        for part in (metric.estimate, metric.interval, metric.nulls):
            assert not isinstance(part, Absent) or part.absent
    if len(rows) == 30:
        assert report.metric("family_share").estimate == 1
