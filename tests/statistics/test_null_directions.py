"""The nested nulls keep what they say, and the third is matched to different rows, not to each row's own square."""

import numpy as np
import pytest
import torch

from saegeo_core.errors import SaegeoError
from saegeo_core.statistics.null_directions import (
    ProjectedGaussian,
    angular_gaussian_directions,
    common_mean_directions,
    mean_over_pairs,
    pair_moments,
    uniform_directions,
)
from saegeo_core.statistics.null_pairs import sample_null_pairs
from saegeo_core.statistics.projected_moments import projected_moments
from saegeo_core.statistics.uniform_directions import tail_threshold
from saegeo_core.synthetic import angular_gaussian, common_mean, families, isotropic, power_law_variances


def moments_of(rows):
    """Second moment and mean of unit rows."""
    rows = rows.double().numpy()
    return rows.T @ rows / len(rows), rows.mean(axis=0)


def matched(rows):
    return angular_gaussian_directions(*moments_of(rows), len(rows))


def matched_to_the_diagonal_too(rows):
    """The null that S itself would give: what METHODS B10 measured as .66 and .88."""
    return ProjectedGaussian(np.zeros(rows.shape[1]), np.maximum(np.linalg.eigvalsh(moments_of(rows)[0]), 0))


def tail_ratio(rows, null, null_probability, rng):
    """Pairs beyond the threshold over those that the null expects."""
    n, d = rows.shape
    threshold = float(tail_threshold(null_probability, d))
    count = (torch.count_nonzero((rows @ rows.T).abs() > threshold).item() - n) / 2
    return count / sample_null_pairs(null, threshold, rng).count_law("tail", n).mean


@pytest.mark.parametrize(("n", "d"), [(3072, 384), (2000, 64)])
@pytest.mark.parametrize("cloud", [isotropic, angular_gaussian])
def test_ratio_to_the_matched_null_is_one(rng, cloud, n, d):
    """Over three clouds: the ratio of one varies by .009 at most."""
    clouds = [cloud(n, d, rng) for _ in range(3)]
    assert np.mean([tail_ratio(rows, matched(rows), 1e-2, rng) for rows in clouds]) == pytest.approx(1, abs=0.015)


@pytest.mark.parametrize(("cloud", "ratio"), [(isotropic, 0.66), (angular_gaussian, 0.88)])
def test_matching_the_diagonal_would_not_do(rng, cloud, ratio):
    rows = cloud(3072, 384, rng)
    assert tail_ratio(rows, matched_to_the_diagonal_too(rows), 1e-2, rng) == pytest.approx(ratio, abs=0.03)


def test_rare_tails_err_upwards_only():
    """At p0 = 1e-5, narrowing the sample spectrum in a straight line leaves a tail 15 % too small (N = 3 d).

    The mean over 16 clouds is 1.06 +- .03; over clouds five times as large, 1.05 +- .02.
    """
    n, d = 600, 192
    threshold, ratios = float(tail_threshold(1e-5, d)), []
    planted = ProjectedGaussian(np.zeros(d), power_law_variances(d, 0.5).numpy())
    true = sample_null_pairs(planted, threshold, np.random.default_rng(0)).means[0]
    for seed in range(6):
        null = matched(angular_gaussian(n, d, np.random.default_rng(seed)))
        ratios.append(sample_null_pairs(null, threshold, np.random.default_rng(0), n_blocks=32).means[0] / true)
    assert 0.97 < np.mean(ratios) < 1.12


def test_planted_families_exceed_the_matched_null(rng):
    rows = families(2000, 64, rng, size=4, correlation=0.6)
    assert tail_ratio(rows, matched(rows), 1e-5, rng) > 10


def test_pair_moments_are_those_over_different_rows(rng):
    rows = angular_gaussian(12, 4, rng, exponent=1.0).double()
    cosines = (rows @ rows.T).numpy()
    np.fill_diagonal(cosines, 0)
    pairs, triangles = pair_moments(moments_of(rows)[0], 12)
    assert pairs == pytest.approx((cosines**2).sum() / (12 * 11), rel=1e-6)
    assert triangles == pytest.approx(np.trace(cosines @ cosines @ cosines) / (12 * 11 * 10), rel=1e-5)


@pytest.mark.parametrize("cloud", [angular_gaussian, common_mean, families])
def test_the_matched_null_has_the_moments_of_the_cloud(rng, cloud):
    rows = cloud(1500, 48, rng)
    second_moment, mean = moments_of(rows)
    null = angular_gaussian_directions(second_moment, mean, 1500)
    pairs, triangles = pair_moments(second_moment, 1500)
    length = np.linalg.norm(mean_over_pairs(mean, 1500))
    assert null.moments.mean_cosine == pytest.approx(length**2, abs=1e-9)
    assert null.moments.mean_squared_cosine == pytest.approx(pairs, rel=1e-2 if null.matched == ("cosine",) else 1e-6)
    if cloud is angular_gaussian:
        assert null.matched == ("cosine", "squared_cosine")
        assert null.moments.mean_triangle == pytest.approx(triangles, rel=1e-2)


def test_a_cloud_more_even_than_chance_gets_a_flat_spectrum_and_says_so():
    basis = torch.cat([torch.eye(16), -torch.eye(16)])
    null = matched(basis)
    assert null.matched == ("cosine",)
    assert null.variances == pytest.approx(np.full(16, 1 / 16))


def test_the_common_mean_null_keeps_the_mean_cosine_only(rng):
    rows = common_mean(1000, 32, rng, strength=0.5)
    second_moment, mean = moments_of(rows)
    null = common_mean_directions(mean, 1000)
    assert null.moments.mean_cosine == pytest.approx(np.sum(mean_over_pairs(mean, 1000) ** 2))
    direction = mean / np.linalg.norm(mean)
    assert null.mean / np.linalg.norm(null.mean) == pytest.approx(direction)
    assert null.moments.mean_squared_cosine == pytest.approx(pair_moments(second_moment, 1000)[0], rel=0.02)


def test_no_mean_is_planted_where_pairs_show_none():
    assert not mean_over_pairs(np.array([0.01, 0.0]), 50).any()
    assert common_mean_directions(np.array([0.01, 0.0]), 50).moments.mean_cosine == 0
    assert mean_over_pairs(np.array([0.5, 0.0]), 50)[0] == pytest.approx(((50 * 0.25 - 1) / 49) ** 0.5)


def test_samples_lie_in_the_coordinates_of_the_cloud(rng):
    rotation = np.linalg.qr(rng.standard_normal((12, 12)))[0]
    rows = angular_gaussian(4000, 12, rng, exponent=1.0) @ torch.from_numpy(rotation).float()
    rows[:, 2] += 0.3
    rows /= rows.norm(dim=1, keepdim=True)
    second_moment, mean = moments_of(rows)
    sample = matched(rows).sample(20_000, rng)
    assert sample.dtype == torch.float32
    torch.testing.assert_close(sample.norm(dim=1), torch.ones(len(sample)))
    sampled_second, sampled_mean = moments_of(sample)
    assert sampled_mean == pytest.approx(mean, abs=0.02)
    assert sampled_second == pytest.approx(second_moment, abs=0.02)


def test_nested_nulls_agree_where_there_is_nothing_more_to_keep(rng):
    """Isotropic cloud: the three nulls expect the same."""
    rows = isotropic(1500, 24, rng)
    uniform = uniform_directions(24).moments
    for null in (matched(rows), common_mean_directions(moments_of(rows)[1], 1500)):
        assert null.moments.mean_squared_cosine == pytest.approx(uniform.mean_squared_cosine, rel=0.01)
        assert null.moments.mean_cosine == pytest.approx(0, abs=1e-3)
    assert projected_moments(np.zeros(24), np.ones(24)).mean_squared_cosine == pytest.approx(1 / 24)


@pytest.mark.parametrize("rows", [torch.ones(5, 3) / 3**0.5, torch.eye(2)])
def test_clouds_without_a_covariance_are_refused(rows):
    with pytest.raises(SaegeoError, match="no covariance to keep"):
        matched(rows)
