"""Surrogates: where there is nothing but mean and covariance, p-values are uniform; what is planted stands out."""

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core import FeatureCloud
from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors
from saegeo_core.statistics.kin import kin_labels
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_core.statistics.resampling import kin_jackknife
from saegeo_core.synthetic import angular_gaussian as angular_rows
from saegeo_core.synthetic import common_mean, families, isotropic
from saegeo_core.synthetic.composites import COMPOSITES
from saegeo_entropy.angular_gaussian import angular_gaussian
from saegeo_entropy.kozachenko_leonenko import negentropy_of_points, raw_negentropy
from saegeo_entropy.neighbor_statistics import (
    NeighborStatistics,
    added_by_rows,
    joined_with_nearest,
    neighbor_statistics,
)
from saegeo_entropy.principal_axes import principal_axes
from saegeo_entropy.scored_rows import scored_rows
from saegeo_entropy.surrogates import (
    DirectionsAtLengths,
    angular_negentropies,
    distances_of_null_rows,
    draw_gaussian_negentropies,
    gaussian_negentropies,
    null_statistics,
    shipped_draws,
)


def at_own_lengths(rows):
    """The judging null matched to rows."""
    cloud = FeatureCloud.from_array(np.asarray(rows, np.float64))
    scored = scored_rows(cloud, np.arange(len(rows)), len(rows), np.random.default_rng(0))
    return DirectionsAtLengths.of(scored, principal_axes(scored.vectors))


def spherical(n, d, rng):
    return rng.standard_normal((n, d))


def correlated(n, d, rng):
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + 5 * rng.standard_normal(d)


def steep(n, d, rng):
    return rng.standard_normal((n, d)) * np.arange(1, d + 1) ** -1.5


@pytest.mark.parametrize("make", [spherical, correlated, steep])
@pytest.mark.parametrize("d", [5, 40])
def test_pvalues_are_uniform_on_gaussian_clouds_of_any_covariance(make, d):
    n, q, k = 100, 5, 3
    draws = draw_gaussian_negentropies(n, q, k, 999)
    pvalues = []
    for seed in range(200):
        scores = principal_axes(make(n, d, np.random.default_rng(seed))).scores[:, :q]
        pvalues.append(permutation_pvalue(raw_negentropy(scores, k), draws, "greater"))
    assert stats.kstest(pvalues, "uniform").pvalue > 1e-3
    for level in (0.05, 0.2):  # neither too many nor too few, within what 200 clouds can show
        rejected = sum(pvalue <= level for pvalue in pvalues)
        assert stats.binom.cdf(rejected, 200, level) > 1e-3
        assert stats.binom.sf(rejected - 1, 200, level) > 1e-3


@pytest.mark.parametrize(
    ("make", "n", "d", "q"),
    [(isotropic, 150, 10, 10), (isotropic, 150, 75, 10), (angular_rows, 150, 40, 8), (common_mean, 150, 30, 8)],
)
def test_zscores_are_standard_on_directions_with_only_a_covariance(make, n, d, q):
    """Against the Gaussian surrogates these clouds read far too low; against the angular ones neither low nor high."""
    zscores, n_clouds = [], 25
    for seed in range(n_clouds):
        rows = make(n, d, np.random.default_rng(seed)).double().numpy()
        axes = principal_axes(rows)
        draws = angular_negentropies(at_own_lengths(rows), n, (q,), 3, 30)[:, 0]
        zscores.append((raw_negentropy(axes.scores[:, :q], 3) - draws.mean()) / draws.std(ddof=1))
    # The surrogates have the same seeds for every cloud, so the error of their mean is one for all.
    error = np.hypot(1 / np.sqrt(n_clouds), 1 / np.sqrt(30))
    assert abs(np.mean(zscores)) < 3.5 * error
    assert 0.5 < np.std(zscores, ddof=1) < 1.6


def test_directions_at_lengths_that_scatter_read_as_their_surrogates():
    """Surrogates whose Gaussians, and not whose directions, have the moments in the sample read low: the mean z was 0.56."""
    n, d, q, n_clouds = 150, 24, 8, 80
    zscores = []
    for seed in range(n_clouds):
        rows = COMPOSITES["lengths scattered by 50 %"](n, d, np.random.default_rng([17, seed])).double().numpy()
        draws = angular_negentropies(at_own_lengths(rows), n, (q,), 3, 19)[:, 0]
        observed = raw_negentropy(principal_axes(rows).scores[:, :q], 3)
        zscores.append((observed - draws.mean()) / draws.std(ddof=1))
    assert abs(np.mean(zscores)) < 0.3


@pytest.mark.parametrize("n", [100, 300])
def test_every_surrogate_has_the_moments_of_the_rows_in_its_own_sample(n, rng):
    """To the square of what would be its chance, whether z is whitened before or not."""
    axes = principal_axes(angular_rows(n, 24, rng, exponent=0.3).double().numpy())
    directions = angular_gaussian(axes, n).leading_directions(n, rng)
    error = np.cov(directions.T, bias=True) / np.sqrt(np.outer(axes.variances, axes.variances)) - np.eye(24)
    assert np.abs(error).max() < 0.3 / np.sqrt(n)
    np.testing.assert_allclose(directions.mean(0), np.abs(axes.mean), atol=0.3 / np.sqrt(24 * n))


def test_angular_surrogates_have_the_moments_of_the_rows(rng):
    """Also in the direction of a long mean, where dividing by lengths takes most variance away."""
    axes = principal_axes(common_mean(2000, 12, rng, strength=0.8).double().numpy())
    null = angular_gaussian(axes, 2000)
    drawn = [null.leading_directions(2000, rng) for _ in range(20)]
    np.testing.assert_allclose(np.mean(drawn, axis=(0, 1)), np.abs(axes.mean), atol=2e-3)
    covariance = np.mean([np.cov(directions.T, bias=True) for directions in drawn], axis=0)
    np.testing.assert_allclose(covariance, np.diag(axes.variances), atol=0.02 * axes.variances.max())


def test_axes_beyond_the_leading_ones_keep_their_share_of_the_length(rng, monkeypatch):
    rows = angular_rows(600, 60, rng, exponent=0.8).double().numpy()
    axes = principal_axes(rows)
    whole = angular_gaussian(axes, 600)
    monkeypatch.setattr("saegeo_entropy.angular_gaussian.LEADING_AXES", 20)
    cut = angular_gaussian(axes, 600)
    assert (whole.n_leading, cut.n_leading) == (60, 20)
    directions = cut.leading_directions(6000, rng)
    np.testing.assert_allclose(directions.var(0), axes.variances[:20], rtol=0.06)
    assert (directions**2).sum(1).mean() == pytest.approx(
        (axes.variances[:20] + axes.mean[:20] ** 2).sum() / (axes.variances.sum() + axes.mean @ axes.mean), rel=0.02
    )


def student(rng):
    return rng.standard_t(5, (5000, 100))


def test_heavy_tails_are_detected(rng):
    scores = principal_axes(student(rng)).scores
    for q in (20, 100):
        draws = draw_gaussian_negentropies(5000, q, 3, 12)
        assert (raw_negentropy(scores[:, :q], 3) - draws.mean()) / draws.std(ddof=1) > 3


@pytest.mark.parametrize(("size", "widths"), [(10, (20, 100)), (2, (100,))])
def test_families_of_directions_are_detected(size, widths, rng):
    """500 families of 10 at both q; 2,500 of 2 only at q = 100: at q = 20 pairs in 100 dimensions cannot be seen."""
    rows = families(5000, 100, rng, size=size, correlation=0.3).double().numpy()
    axes = principal_axes(rows)
    draws = angular_negentropies(at_own_lengths(rows), 5000, widths, 3, 12)
    for place, q in enumerate(widths):
        null = draws[:, place]
        assert (raw_negentropy(axes.scores[:, :q], 3) - null.mean()) / null.std(ddof=1) > 3


@pytest.mark.parametrize("make", [correlated, isotropic, angular_rows, common_mean])
@pytest.mark.parametrize(("n", "d"), [(60, 12), (60, 90)])
def test_neighbor_statistics_are_standard_where_there_is_only_a_covariance(make, n, d):
    """Of Gaussian rows against the Gaussian null, exactly; of directions against the angular one.

    With fewer rows than dimensions the angular null is matched less well: dimensions may read up to a standard deviation high.
    """
    zscores, n_clouds, n_draws = [], 25, 40
    for seed in range(n_clouds):
        rows = np.asarray(make(n, d, np.random.default_rng(seed)), np.float64)
        axes = principal_axes(rows)
        angular = None if make is correlated else at_own_lengths(rows)
        draws = null_statistics(n, axes.variances, angular, n_draws=n_draws)[:, -1]
        zscores.append((neighbor_statistics(rows).as_array() - draws.mean(0)) / draws.std(0, ddof=1))
    for name, column in {"distance": 0, "two_nn": 20, "mle": 33}.items():
        values = np.array(zscores)[:, column]
        slack = 0.6 if n < d and angular else 0.0
        assert abs(values.mean()) < slack + 3.5 * np.hypot(1 / np.sqrt(n_clouds), 1 / np.sqrt(n_draws)), name
        assert 0.5 < values.std(ddof=1) < 1.7, name


@pytest.mark.parametrize(
    ("law", "is_gaussian"),
    [
        ("lengths scattered by 50 %", False),
        ("spectrum rank^-1", False),
        ("common mean, spectrum rank^-1", True),
    ],
)
def test_one_null_holds_whatever_the_lengths(law, is_gaussian):
    """Directions at their own lengths are standard where these are independent of direction and where rows are Gaussian.

    Gaussian rows, which judged all but unit rows, are far off on the first two. Lengths dealt in the order of the mean squared
    cosine with all directions, instead of that of the ellipsoid's extent, put the dimension of the last off by 1.7 deviations.
    """
    n, d, n_clouds, n_draws = 100, 16, 12, 30
    zscores = {"directions": [], "gaussian": []}
    for seed in range(n_clouds):
        rows = COMPOSITES[law](n, d, np.random.default_rng(seed)).double().numpy()
        observed = neighbor_statistics(rows).as_array()
        draws = null_statistics(n, principal_axes(rows).variances, at_own_lengths(rows), n_draws=n_draws)
        for place, null in enumerate(("gaussian", "directions")):
            column = draws[:, place]
            zscores[null].append(((observed - column.mean(0)) / column.std(0, ddof=1))[[0, 20, 33]])
    means = {null: np.mean(values, axis=0) for null, values in zscores.items()}
    error = np.hypot(1 / np.sqrt(n_clouds), 1 / np.sqrt(n_draws))
    assert (np.abs(means["directions"]) < 3.5 * error).all(), means
    assert is_gaussian or np.abs(means["gaussian"]).max() > 3.5 * error, means


def test_distances_of_null_rows_are_those_of_the_kernel(rng):
    rows = torch.from_numpy(rng.standard_normal((90, 60)))
    np.testing.assert_allclose(distances_of_null_rows(rows), euclidean_neighbors(rows, 20).distances, rtol=1e-12)


@pytest.mark.parametrize("size", ["n=1536 q=20 k=3", "n=1536 q=100 k=3"])
def test_shipped_draws_are_what_would_be_drawn(size):
    n, q, k = (int(part.split("=")[1]) for part in size.split())
    shipped = shipped_draws()[size]
    assert len(shipped) == 99
    assert draw_gaussian_negentropies(n, q, k, 2) == pytest.approx(shipped[:2], abs=1e-9)
    assert gaussian_negentropies(n, q, k, 99).tolist() == shipped


def test_default_sizes_are_shipped():
    assert {"n=10000 q=20 k=3", "n=10000 q=100 k=3"} <= set(shipped_draws())
    assert all(len(draws) == 99 and np.isfinite(draws).all() for draws in shipped_draws().values())


@pytest.mark.parametrize("name", ["uniform", "families of 5", "families of 20 of unlike tightness"])
def test_intervals_cover(name):
    """A nominal 95 % interval holds the mean over many clouds in 90 % of them or more, within what 60 clouds can show."""
    n, q, n_clouds = 300, 6, 60
    results = {"negentropy": [], "nearest_neighbor_distance": [], "intrinsic_dimension_twonn": []}
    for seed in range(n_clouds):
        vectors = COMPOSITES[name](n, 16, np.random.default_rng(seed))
        kin, rows = kin_labels(vectors), vectors.double().numpy()
        raw = negentropy_of_points(principal_axes(rows).scores[:, :q], 3)
        results["negentropy"].append(kin_jackknife(raw.value, raw.added, kin))
        neighbors = euclidean_neighbors(rows, 20)
        numbers = NeighborStatistics.of_distances(neighbors.distances).numbers()
        related = joined_with_nearest(kin, neighbors.indices[:, 0])
        for metric, added in added_by_rows(neighbors.distances).items():
            results[metric].append(kin_jackknife(numbers[metric], added, related))
    for metric, measured in results.items():
        truth = np.mean([one.estimate for one in measured])
        covered = sum(one.confidence_interval[0] <= truth <= one.confidence_interval[1] for one in measured)
        assert stats.binom.cdf(covered, n_clouds, 0.90) > 1e-3, (metric, covered)
