import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core.statistics.null_directions import (
    angular_gaussian_directions,
    common_mean_directions,
    uniform_directions,
)
from saegeo_core.statistics.null_pairs import sample_null_pairs
from saegeo_core.statistics.uniform_directions import tail_probability, tail_threshold
from saegeo_core.synthetic import angular_gaussian, common_mean, isotropic


def moments(rows):
    unit = rows.double().numpy()
    return unit.T @ unit / len(unit), unit.mean(0)


def tail_fraction(rows, threshold):
    gram = (rows @ rows.T).abs()
    n = len(rows)
    return float(((gram > threshold).sum() - n) / (n * (n - 1)))


def test_the_uniform_sample_has_the_exact_tail(rng):
    pairs = sample_null_pairs(uniform_directions(64), 0.4, rng)
    assert pairs.mean_law("tail", 1000).mean == pytest.approx(float(tail_probability(0.4, 64)), rel=0.02)


@pytest.mark.parametrize(("n", "d"), [(3072, 384), (2000, 64)])
@pytest.mark.parametrize("make", [isotropic, angular_gaussian])
def test_the_matched_null_gives_ratio_one_at_p0_one_percent(n, d, make):
    """Matching S = W'W/N itself gives .66 on uniform directions and .88 on an angular Gaussian (METHODS B10)."""
    threshold, ratios = float(tail_threshold(1e-2, d)), []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rows = make(n, d, rng)
        null = angular_gaussian_directions(*moments(rows), n)
        ratios.append(tail_fraction(rows, threshold) / sample_null_pairs(null, threshold, rng).mean_law("tail", n).mean)
    assert np.mean(ratios) == pytest.approx(1, abs=0.03)


def test_the_matched_null_keeps_mean_and_squared_cosine(rng):
    rows = common_mean(2000, 48, rng, strength=0.4) * 1.0
    gram = (rows @ rows.T).double().numpy()
    off = gram[np.triu_indices(2000, 1)]
    null = angular_gaussian_directions(*moments(rows), 2000)
    assert null.moments.mean_cosine == pytest.approx(off.mean(), rel=1e-3)
    assert null.moments.mean_squared_cosine == pytest.approx(np.mean(off**2), rel=2e-3)
    sampled = null.sample(3000, rng)
    cross = (sampled[:1500] @ sampled[1500:].T).double()
    assert float(cross.mean()) == pytest.approx(off.mean(), rel=0.05)
    assert float(cross.square().mean()) == pytest.approx(np.mean(off**2), rel=0.05)


def test_the_common_mean_null_keeps_the_mean_only(rng):
    rows = common_mean(2000, 48, rng, strength=0.4)
    _, mean = moments(rows)
    null = common_mean_directions(mean, 2000)
    sampled = null.sample(4000, rng).double().numpy()
    np.testing.assert_allclose(np.linalg.norm(sampled, axis=1), 1, rtol=1e-6)
    assert np.dot(sampled.mean(0), mean) / np.linalg.norm(mean) == pytest.approx(np.linalg.norm(mean), rel=0.05)


def test_pvalues_of_clouds_drawn_from_an_angular_gaussian_are_not_too_small():
    pvalues = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        rows = angular_gaussian(400, 24, rng)
        threshold = 0.6
        null = angular_gaussian_directions(*moments(rows), 400)
        law = sample_null_pairs(null, threshold, rng, n_blocks=16).count_law("tail", 400)
        pvalues.append(law.pvalue(round(tail_fraction(rows, threshold) * 400 * 399 / 2)))
    assert stats.binom.sf(np.sum(np.array(pvalues) <= 0.05) - 1, 40, 0.05) > 1e-3
    assert np.median(pvalues) > 0.2


def test_the_sample_has_unit_rows_in_single_precision(rng):
    rows = uniform_directions(16).sample(50, rng)
    assert rows.dtype == torch.float32
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(50))
