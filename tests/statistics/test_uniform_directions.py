import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import betainc, mp, mpf
from scipy import stats

from saegeo_core import SaegeoError
from saegeo_core.statistics.uniform_directions import (
    bin_probabilities,
    cosine_cdf,
    cosine_isf,
    cosine_logsf,
    cosine_pdf,
    cosine_sf,
    log_tail_probability,
    null_probability_for,
    tail_count_law,
    tail_probability,
    tail_threshold,
    typical_maximum,
    welch_floor,
)


@pytest.mark.parametrize(("d", "expected"), [(2304, 1.506e-6), (3584, 1.97e-9)])
def test_the_golden_tails(d, expected):
    """Golden values of METHODS: the regularised incomplete beta function, I_{1-t^2}((d-1)/2, 1/2) at t = 0.1."""
    assert tail_probability(0.1, d) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(("n", "d", "expected"), [(16384, 2304, 0.120), (65536, 2304, 0.129), (16384, 3584, 0.096)])
def test_typical_maxima(n, d, expected):
    assert typical_maximum(n * (n - 1) // 2, d) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize(("d", "expected"), [(3584, 0.0802), (4096, 0.0751), (768, 0.172)])
def test_equal_null_thresholds(d, expected):
    """Thresholds as rare as |c| > 0.1 is at d = 2,304."""
    assert tail_threshold(tail_probability(0.1, 2304), d) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("d", [2, 3, 24, 384, 2304])
@pytest.mark.parametrize("t", [1e-6, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_tails_agree_with_arbitrary_precision(d, t):
    """Recipe: mpmath's regularised incomplete beta function with 60 digits."""
    with mp.workdps(60):
        exact = betainc(mpf(d - 1) / 2, mpf(1) / 2, 0, 1 - mpf(t) ** 2, regularized=True)
        log_exact = float(mp.log(exact))
    assert float(log_tail_probability(t, d)) == pytest.approx(log_exact, rel=1e-9, abs=1e-9)
    assert float(cosine_logsf(t, d)) == pytest.approx(log_exact - np.log(2), rel=1e-9, abs=1e-9)


@given(st.floats(-250, -1e-3), st.integers(1000, 5000))
def test_thresholds_invert_tails(log10_p, d):
    """In few dimensions a rare threshold is nearer to 1 than float64 can tell."""
    p = 10.0**log10_p
    assert np.log(tail_probability(tail_threshold(p, d), d)) == pytest.approx(np.log(p), rel=1e-6, abs=1e-9)


@given(st.floats(1e-12, 1 - 1e-12), st.integers(32, 2000))
def test_the_quantile_inverts_the_tail(p, d):
    assert cosine_sf(cosine_isf(p, d), d) == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("d", [2, 3, 10, 300])
def test_distribution_functions_fit_together(d):
    t = np.linspace(-0.99, 0.99, 41)
    np.testing.assert_allclose(cosine_cdf(t, d) + cosine_sf(t, d), 1, rtol=1e-12)
    slope = (cosine_cdf(t + 1e-6, d) - cosine_cdf(t - 1e-6, d)) / 2e-6
    np.testing.assert_allclose(slope, cosine_pdf(t, d), rtol=1e-4, atol=1e-9)
    assert bin_probabilities(np.linspace(-1, 1, 101), d).sum() == pytest.approx(1)


@pytest.mark.parametrize("p", [0, -1, 1.1, np.nan])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(SaegeoError):
        tail_threshold(p, 10)


def test_one_dimension_is_refused():
    with pytest.raises(SaegeoError, match="2 dimensions"):
        tail_probability(0.1, 1)


def test_p0_is_raised_in_small_clouds_only():
    assert null_probability_for(134_209_536) == 1e-6
    assert null_probability_for(1000) == 0.02
    assert null_probability_for(3) == 1
    with pytest.raises(SaegeoError):
        null_probability_for(0)


def test_the_welch_floor():
    assert welch_floor(16384, 2304) == pytest.approx(3.73e-4, rel=1e-2)
    assert welch_floor(10, 20) == 0
    assert welch_floor(3, 2) == pytest.approx(0.25)  # three directions at 120 degrees


def test_pvalues_of_tail_counts_are_uniform_on_isotropic_directions():
    n, d, pvalues = 300, 32, []
    threshold = tail_threshold(null_probability_for(n * (n - 1) // 2, 1e-6), d)
    law = tail_count_law(n * (n - 1) // 2, float(tail_probability(threshold, d)))
    for seed in range(300):
        rows = np.random.default_rng(seed).standard_normal((n, d))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        count = (np.abs(np.triu(rows @ rows.T, 1)) > threshold).sum()
        pvalues.append(law.pvalue(int(count)))
    assert stats.kstest(pvalues, "uniform").pvalue > 1e-3
    assert stats.binomtest(int(np.sum(np.array(pvalues) <= 0.05)), 300, 0.05).pvalue > 1e-3
