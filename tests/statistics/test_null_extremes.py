"""Laws of extreme and nearest cosines: those of clouds that are drawn, and p-values no smaller than chance makes them."""

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core.numerics.directions import mean_direction, second_moment
from saegeo_core.statistics import null_extremes
from saegeo_core.statistics.null_directions import matched_gaussian, uniform_directions
from saegeo_core.statistics.null_extremes import extreme_cosine_laws, nearest_cosine_law
from saegeo_core.statistics.null_pairs import sample_null_pairs
from saegeo_core.statistics.uniform_directions import LargestCosineLaw, mean_nearest_cosine_law, tail_threshold
from saegeo_core.synthetic.composites import COMPOSITES


def test_uniform_directions_have_their_exact_laws(rng):
    null, n, d = uniform_directions(32), 400, 32
    largest, smallest = extreme_cosine_laws(null, n, rng)
    exact = LargestCosineLaw(n, d)
    for law in (largest, smallest):
        assert law.mean == pytest.approx(exact.mean, abs=0.15 * exact.standard_deviation)
        assert law.standard_deviation == pytest.approx(exact.standard_deviation, rel=0.1)
        for cosine in (exact.mean - 0.02, exact.mean, exact.mean + 0.1):
            assert law.pvalue(cosine) == pytest.approx(exact.pvalue(cosine), rel=0.25)
    nearest, exact = nearest_cosine_law(null, n, rng), mean_nearest_cosine_law(n, d)
    assert nearest.mean == pytest.approx(exact.mean, abs=4 * exact.standard_deviation)


def test_what_lies_beyond_every_threshold_has_no_chance(rng):
    largest, _ = extreme_cosine_laws(uniform_directions(8), 50, rng)
    assert largest.pvalue(1.0) < 1e-12
    assert largest.pvalue(-0.5) == pytest.approx(1.0, abs=1e-9)
    assert largest.pvalue(-0.5, "less") < 1e-9


@pytest.mark.parametrize(
    "law", ["uniform", "families of 5", "spectrum rank^-1", "common mean, spectrum rank^-1", "two subspaces"]
)
def test_what_is_sampled_is_what_clouds_drawn_from_the_null_have(law, rng):
    """The null matched to each kind of cloud: laws from pairs and from a few features, against 100 whole clouds of it."""
    n, d, n_clouds = 150, 16, 100
    unit = torch.nn.functional.normalize(COMPOSITES[law](n, d, rng), dim=1)
    null = matched_gaussian(second_moment(unit).numpy(), mean_direction(unit).numpy(), n)
    threshold = float(tail_threshold(1e-2, d))
    pairs = sample_null_pairs(null, threshold, rng)
    (largest, smallest), nearest = extreme_cosine_laws(null, n, rng), nearest_cosine_law(null, n, rng)
    tails, ends, means = [], [], []
    for _ in range(n_clouds):
        rows = null.sample_along_axes(n, rng)
        cosines = (rows @ rows.T).double().numpy()
        off = cosines[~np.eye(n, dtype=bool)].reshape(n, n - 1)
        tails.append([(off > threshold).mean(), (off < -threshold).mean()])
        ends.append([largest.pvalue(off.max()), smallest.pvalue(-off.min())])
        means.append(off.max(1).mean())
    for name, seen in zip(("tail_positive", "tail_negative"), np.transpose(tails), strict=True):
        expected = pairs.count_law(name, n).mean / (n * (n - 1) / 2)
        assert seen.mean() == pytest.approx(expected, abs=4 * seen.std() / n_clouds**0.5 + 0.01 * expected)
    for pvalues in np.transpose(ends):
        assert stats.kstest(pvalues, "uniform").pvalue > 1e-3
    assert np.mean(means) == pytest.approx(nearest.mean, abs=4 * nearest.standard_deviation / n_clouds**0.5 + 0.003)
    assert np.std(means) < 1.5 * nearest.standard_deviation


def test_others_are_drawn_some_at_a_time(rng, monkeypatch):
    null, n = uniform_directions(24), 600
    monkeypatch.setattr(null_extremes, "N_NEAREST", 200)
    exact = mean_nearest_cosine_law(n, 24)
    for rows_at_once in (64, 400, 1 << 14):
        monkeypatch.setattr(null_extremes, "ROWS_AT_ONCE", rows_at_once)
        nearest = nearest_cosine_law(null, n, rng)
        assert abs(nearest.mean - exact.mean) < 4 * nearest.standard_deviation
        assert nearest.standard_deviation == pytest.approx(2 * exact.standard_deviation, rel=0.2)  # 200 of 600 are seen


@pytest.mark.parametrize("law", ["spectrum rank^-1", "common mean, spectrum rank^-1"])
def test_a_covariance_is_no_reason_for_extremes(law):
    """Under the uniform law, which judged, the largest and the nearest cosine of every such cloud had p < .001."""
    n, d, pvalues = 120, 16, []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        rows = COMPOSITES[law](n, d, rng)
        unit = rows / rows.norm(dim=1, keepdim=True)
        cosines = (unit @ unit.T).double().numpy()
        off = cosines[~np.eye(n, dtype=bool)].reshape(n, n - 1)
        null = matched_gaussian(second_moment(unit).numpy(), mean_direction(unit).numpy(), n)
        largest, smallest = extreme_cosine_laws(null, n, rng)
        nearest = nearest_cosine_law(null, n, rng)
        pvalues.append(
            [largest.pvalue(off.max()), smallest.pvalue(-off.min()), nearest.pvalue(off.max(1).mean(), "two-sided")]
        )
        assert mean_nearest_cosine_law(n, d).pvalue(off.max(1).mean()) < 1e-3
    for collected in np.array(pvalues).T:
        assert stats.binom.sf(np.sum(collected <= 0.05) - 1, 16, 0.05) > 1e-2
