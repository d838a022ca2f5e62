"""What a null expects over pairs: exact where that is known, calibrated where the null is matched to the data."""

import numpy as np
import pytest
from scipy import stats

from saegeo_core.statistics.null_directions import (
    ProjectedGaussian,
    angular_gaussian_directions,
    common_mean_directions,
    uniform_directions,
)
from saegeo_core.statistics.null_pairs import sample_null_pairs
from saegeo_core.statistics.tail_given_partner import TailGivenPartner
from saegeo_core.statistics.uniform_directions import tail_count_law, tail_probability, tail_threshold
from saegeo_core.synthetic import angular_gaussian, common_mean, isotropic


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.mark.parametrize("spread", [1.0, 30.0])
def test_one_coordinate_is_integrated_out(rng, spread):
    """Against draws of that coordinate, also where x turns z less than it lengthens it."""
    mean, variances, threshold = np.array([0.3, 0.0, 0.1]), np.array([spread, 1.0, 0.2]), 0.6
    x = unit(rng.standard_normal((6, 3)))
    x[0] = unit(np.array([0.2, 1.0, 1.0]))
    z = mean + np.sqrt(variances) * rng.standard_normal((4, 3))
    above, below = TailGivenPartner(x, z, mean, variances).beyond(threshold)
    for i, direction in enumerate(x):
        axis = unit(np.sqrt(variances) * direction)
        for j, drawn in enumerate(z):
            normals = (drawn - mean) / np.sqrt(variances)
            moved = normals + np.outer(rng.standard_normal(20_000) - normals @ axis, axis)
            cosines = unit(mean + np.sqrt(variances) * moved) @ direction
            assert above[i, j] == pytest.approx(np.mean(cosines > threshold), abs=0.02)
            assert below[i, j] == pytest.approx(np.mean(cosines < -threshold), abs=0.02)


@pytest.mark.parametrize(("dimension", "probability"), [(24, 1e-2), (64, 1e-6), (768, 1e-6)])
def test_uniform_directions_have_the_exact_tail(rng, dimension, probability):
    threshold = float(tail_threshold(probability, dimension))
    pairs = sample_null_pairs(uniform_directions(dimension), threshold, rng, n_blocks=16)
    assert pairs.means == pytest.approx([probability, probability / 2, probability / 2, 0, 1 / dimension], rel=5e-3)
    assert pairs.n_directions == 2 * 128 * 16
    law, exact = pairs.count_law("tail", 500), tail_count_law(500 * 499 // 2, probability)
    assert law.standard_deviation == pytest.approx(exact.standard_deviation, rel=0.02)


def test_expectations_agree_with_counting(rng):
    null = ProjectedGaussian(np.r_[0.3, np.zeros(31)], np.arange(1, 33.0) ** -1 / 4)
    pairs = sample_null_pairs(null, 0.5, rng)
    rows = [null.sample(4000, rng).double().numpy() for _ in range(2)]
    cosines = rows[0] @ rows[1].T
    counted = [np.mean(np.abs(cosines) > 0.5), np.mean(cosines > 0.5), np.mean(cosines < -0.5), cosines.mean()]
    assert pairs.means == pytest.approx([*counted, np.mean(cosines**2)], rel=0.1)
    given_x = (np.abs(cosines) > 0.5).mean(axis=1)
    assert pairs.projection[0, 0] == pytest.approx(given_x.var(), rel=0.1)


def test_variance_for_n_features_is_that_of_clouds(rng):
    """A null that matches nothing, so that nothing is taken out: Hoeffding's formula against 300 clouds."""
    null = ProjectedGaussian(np.r_[0.2, np.zeros(15)], np.arange(1, 17.0) ** -0.5 / 8)
    pairs = sample_null_pairs(null, 0.6, rng)
    upper = np.triu_indices(100, 1)
    clouds = (null.sample(100, rng).numpy() for _ in range(300))
    cosines = np.array([(rows @ rows.T)[upper] for rows in clouds])
    for name, values in (("tail", np.abs(cosines) > 0.6), ("tail_positive", cosines > 0.6), ("cosine", cosines)):
        law, means = pairs.mean_law(name, 100), values.mean(axis=1)
        assert means.mean() == pytest.approx(law.mean, abs=4 * law.standard_deviation / 300**0.5)
        assert means.std() == pytest.approx(law.standard_deviation, rel=0.15)


@pytest.mark.parametrize(
    ("cloud", "null_probability"),
    [(isotropic, 4e-4), (angular_gaussian, 4e-4), (angular_gaussian, 1e-2), (common_mean, 1e-2)],
)
def test_pvalues_are_uniform_when_the_null_is_true(rng, cloud, null_probability):
    """The null is estimated from the very cloud it judges: p-values may err upwards, not downwards."""
    n, d, repeats = 400, 32, 40
    threshold = float(tail_threshold(null_probability, d))
    pvalues, scores = [], []
    for _ in range(repeats):
        rows = cloud(n, d, rng).double().numpy()
        count = (np.count_nonzero(np.abs(rows @ rows.T) > threshold) - n) // 2
        null = angular_gaussian_directions(rows.T @ rows / n, rows.mean(axis=0), n)
        law = sample_null_pairs(null, threshold, rng, n_blocks=16).count_law("tail", n)
        pvalues.append(law.pvalue(count))
        scores.append(law.zscore(count))
    assert stats.binom.sf(np.count_nonzero(np.array(pvalues) <= 0.05) - 1, repeats, 0.05) > 0.01
    assert stats.kstest(pvalues, "uniform", alternative="greater").pvalue > 0.01
    assert 0.6 < np.std(scores) < 1.3
    assert abs(np.mean(scores)) < 0.5


def test_a_common_mean_explains_its_tail_and_its_squared_cosine(rng):
    """Against the uniform null the same cloud stands out by many standard deviations."""
    rows = common_mean(800, 64, rng, strength=0.4).double().numpy()
    cosines = (rows @ rows.T)[np.triu_indices(800, 1)]
    threshold = float(tail_threshold(1e-3, 64))
    pairs = sample_null_pairs(common_mean_directions(rows.mean(axis=0), 800), threshold, rng)
    count = int(np.count_nonzero(np.abs(cosines) > threshold))
    assert abs(pairs.count_law("tail", 800).zscore(count)) < 3
    assert abs(pairs.mean_law("squared_cosine", 800).zscore(np.mean(cosines**2))) < 3
    assert tail_count_law(len(cosines), float(tail_probability(threshold, 64))).zscore(count) > 30


def test_a_matched_statistic_is_not_judged(rng):
    pairs = sample_null_pairs(common_mean_directions(np.full(8, 0.1), 50), 0.5, rng, n_blocks=16)
    with pytest.raises(ValueError, match="agrees with it by construction"):
        pairs.mean_law("cosine", 50)


def test_a_tail_never_reached_is_not_expected(rng):
    pairs = sample_null_pairs(common_mean_directions(np.r_[0.97, np.zeros(7)], 50), 0.5, rng, n_blocks=16)
    law = pairs.count_law("tail_negative", 50)
    assert 0 <= law.mean < 1e-6
    assert law.pvalue(0) > 0.5
    assert law.pvalue(3, "greater") < 1e-6


def test_the_same_generator_gives_the_same_expectations():
    first, second = (
        sample_null_pairs(uniform_directions(8), 0.7, np.random.default_rng(3), n_blocks=16).means for _ in range(2)
    )
    assert np.array_equal(first, second)
