"""Mean absolute cosine, capacity and hubness: their laws, on clouds drawn from them, and hubs that are planted."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core import Absent, FeatureCloud, run
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.statistics.null_directions import ProjectedGaussian, uniform_directions
from saegeo_core.statistics.null_row_sums import mean_absolute_and_capacity_laws
from saegeo_core.statistics.uniform_directions import capacity_law, mean_absolute_cosine_law
from saegeo_core.synthetic import families, isotropic
from saegeo_core.synthetic.composites import COMPOSITES
from saegeo_cosine_tails.hubness import MOST_FEATURES, hubness, hubness_among, sampled_features

NAMES = ("mean_absolute_cosine", "capacity", "hubness")


def numbers_of(rows):
    """Mean absolute cosine and mean capacity."""
    units = torch.nn.functional.normalize(rows.double(), dim=1)
    cosines = (units @ units.T).numpy()
    n = len(cosines)
    return (np.abs(cosines).sum() - n) / (n * (n - 1)), np.mean(1 / (cosines**2).sum(1))


@pytest.mark.parametrize(("n", "d"), [(40, 4), (60, 24)])
def test_the_laws_of_uniform_directions(n, d, rng):
    drawn = np.array([numbers_of(isotropic(n, d, rng)) for _ in range(400)])
    for values, law in zip(drawn.T, (mean_absolute_cosine_law(n, d), capacity_law(n, d)), strict=True):
        assert abs(values.mean() - law.mean) < max(4 * law.standard_deviation / 400**0.5, 5e-3 * law.mean)
        assert values.std() == pytest.approx(law.standard_deviation, rel=0.12)


@pytest.mark.parametrize("mean", [0.1, 0.4])
def test_the_laws_of_directions_about_a_mean(mean, rng):
    """Of a null that takes nothing over from a cloud, the laws are those of clouds drawn from it."""
    null = ProjectedGaussian(np.full(12, mean), np.arange(1, 13.0) ** -1)
    laws = mean_absolute_and_capacity_laws(null, 150, rng)
    drawn = np.array([numbers_of(null.sample(150, rng)) for _ in range(300)])
    for values, law in zip(drawn.T, laws, strict=True):
        assert values.mean() == pytest.approx(law.mean, rel=0.02)
        assert values.std() == pytest.approx(law.standard_deviation, rel=0.2)


def test_what_a_null_took_over_from_the_cloud_does_not_vary(rng):
    """Of clouds that all have the null's mean cosine both numbers are known better."""
    free = ProjectedGaussian(np.full(12, 0.4), np.full(12, 1 / 12))
    taken_over = replace(free, matched=("cosine",))
    for law, narrower in zip(
        *(mean_absolute_and_capacity_laws(one, 150, rng) for one in (free, taken_over)), strict=True
    ):
        assert narrower.standard_deviation < 0.7 * law.standard_deviation


def test_a_null_of_the_clouds_own_covariance_is_no_judge(rng):
    null = replace(uniform_directions(12), matched=("cosine", "squared_cosine"))
    with pytest.raises(ValueError, match="taken over"):
        mean_absolute_and_capacity_laws(null, 150, rng)


@pytest.mark.parametrize("law", ["uniform", "common mean"])
def test_pvalues_hold_where_there_is_at_most_a_mean(law):
    n_trials, n_small = 12, dict.fromkeys(NAMES, 0)
    for seed in range(n_trials):
        report = run("cosine-tails", FeatureCloud.from_array(COMPOSITES[law](150, 16, np.random.default_rng(seed))))
        for name in NAMES:
            n_small[name] += report.metric(name).nulls[0].pvalue <= 0.05
    for name, count in n_small.items():
        assert count <= stats.binom.ppf(0.999, n_trials, 0.05), (name, count)


def test_families_leave_less_room(rng):
    report = run("cosine-tails", FeatureCloud.from_array(families(600, 32, rng)))
    assert report.metric("mean_absolute_cosine").nulls[0].pvalue < 0.01
    assert report.metric("capacity").nulls[0].pvalue < 0.01


def test_hubs_are_found(rng):
    """Ten rows along the common mean are near everything."""
    rows = isotropic(200, 32, rng) / 32**0.5
    rows[:, 0] += 0.5
    rows[:10] = 0.05 * isotropic(10, 32, rng)
    rows[:10, 0] += 1
    hubs = run("cosine-tails", FeatureCloud.from_array(rows)).metric("hubness")
    assert hubs.value > 3
    assert hubs.nulls[0].pvalue == pytest.approx(1 / 20)
    assert hubs.interval.low < hubs.value < hubs.interval.high


def test_hubness_is_the_skewness_of_how_often_each_is_named():
    nearest = np.array([[1, 2], [0, 2], [0, 1], [0, 1]])
    assert hubness(nearest, 4) == pytest.approx(stats.skew([3, 3, 2, 0]))
    assert hubness(np.array([[1], [0]]), 2) == 0


def test_what_is_left_out_leaves_the_others_their_ten_nearest(rng):
    rows = families(120, 12, rng)
    listed = nearest_neighbors(rows, 40).indices
    left = np.flatnonzero(np.arange(120) % 6 != 2)
    expected = nearest_neighbors(rows[left], 10).indices
    assert hubness_among(listed, left) == pytest.approx(hubness(expected, len(left)))


def test_of_many_features_some_are_looked_at():
    assert len(sampled_features(50)) == 50
    chosen = sampled_features(16_384)
    assert len(chosen) == MOST_FEATURES
    assert (chosen[0], chosen[-1]) == (0, 16_383)


def test_too_few_features_have_no_hubs(rng):
    report = run("cosine-tails", FeatureCloud.from_array(isotropic(19, 8, rng)))
    assert isinstance(report.metric("hubness").estimate, Absent)
    assert report.metric("capacity").value is not None
