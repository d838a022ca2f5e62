"""What finite N does to a spectrum: against simulation, against exact special cases, and inverted again."""

import numpy as np
import pytest

from saegeo_core.statistics.marchenko_pastur import expected_eigenvalues as marchenko_pastur
from saegeo_core.statistics.wishart_spectra import gaussian_spectrum
from saegeo_power_law.fitted_laws import RankWindow, fitted_exponent, windows_around
from saegeo_power_law.size_correction import (
    STEEPEST,
    SizeCorrection,
    expected_curve,
    expected_eigenvalues,
    power_law_variances,
)

WINDOW = RankWindow(11, 150)


@pytest.mark.parametrize(("n", "d"), [(400, 100), (120.5, 100), (60, 100)])
def test_without_structure_it_is_the_law_of_marchenko_and_pastur(n, d):
    ranks = np.arange(1, int(min(n, d)) + 1)
    np.testing.assert_allclose(expected_eigenvalues(np.ones(d), n, ranks), marchenko_pastur(n, d), rtol=1e-6)


@pytest.mark.parametrize(("n", "d", "exponent"), [(1000, 64, 0.35), (200, 64, 0.8), (80, 64, 0.35), (48, 64, 0.5)])
def test_it_is_what_drawn_samples_have_on_average(n, d, exponent, rng):
    """To a twentieth of the scatter of one draw in the middle, and to a tenth of it at the top."""
    variances = power_law_variances(d, exponent)
    drawn = np.log([gaussian_spectrum(variances, n, rng)[:40] for _ in range(600)])
    error = np.log(expected_eigenvalues(variances, n, np.arange(1, 41))) - drawn.mean(0)
    noise = drawn.std(0) / np.sqrt(600)
    assert (np.abs(error) < 0.3 * drawn.std(0) + 4 * noise).all()


@pytest.mark.parametrize("n", [5000, 300, 100])
def test_the_trace_is_kept(n):
    variances = power_law_variances(200, 0.5)
    total = expected_eigenvalues(variances, n, np.arange(1, min(n, 200) + 1)).sum()
    assert total == pytest.approx(200, rel=0.01)


def test_many_rows_show_the_population_itself():
    variances = power_law_variances(50, 1.0)
    np.testing.assert_allclose(expected_eigenvalues(variances, 1e9, np.arange(1, 51)), variances, rtol=1e-6)


def test_the_interpolated_curve_is_the_spectrum():
    variances = power_law_variances(300, 0.4)
    exact = expected_eigenvalues(variances, 2000, np.arange(1, 251))
    np.testing.assert_allclose(expected_curve(variances, 2000, 250), exact, rtol=1e-4)


def test_no_rank_beyond_the_rows():
    with pytest.raises(ValueError, match="no eigenvalue of rank 51"):
        expected_eigenvalues(np.ones(100), 50, [51])


# Readings of single drawn Gaussian matrices of N x 2,304 with population exponents .25, .35, .47: numpy.cov, eigvalsh and a
# line through ranks 11 ... 150; one draw scatters by .001 to .003.
@pytest.mark.parametrize(
    ("n", "readings"),
    [(65_536, (0.235, 0.339, 0.462)), (16_384, (0.202, 0.314, 0.441)), (5_000, (0.166, 0.264, 0.394))],
)
def test_what_a_power_law_reads_at_three_sizes(n, readings):
    for exponent, reading in zip((0.25, 0.35, 0.47), readings, strict=True):
        curve = expected_curve(power_law_variances(2304, exponent), n - 1, 150)
        assert fitted_exponent(curve, WINDOW) == pytest.approx(reading, abs=0.003)


# The same sums of logarithms that the published procedure takes, for 65,536 rows of unit variance in 2,304 dimensions: flat,
# the population has 140 ln(1/2304) = -1083.9; exponents .24 and .47 have -1003.6 and -939.0.
@pytest.mark.parametrize(("exponent", "population"), [(0, -1083.9), (0.24, -1003.6), (0.47, -939.0)])
def test_the_truncated_log_determinant_rises_with_anisotropy_and_with_noise(exponent, population):
    variances = power_law_variances(2304, exponent) / 2304
    assert np.log(WINDOW.of(variances)).sum() == pytest.approx(population, abs=0.05)
    assert population < np.log(WINDOW.of(expected_curve(variances, 65_535, 150))).sum() < -930


@pytest.mark.parametrize(("n", "d"), [(16_383, 256), (1_535, 384), (300, 256)])
def test_the_correction_undoes_what_the_sample_does(n, d):
    windows = windows_around(WINDOW, 200)
    correction = SizeCorrection(n, d, windows)
    for exponent in (0.12, 0.35, 0.47, 0.9, 2):
        curve = expected_curve(power_law_variances(d, exponent), n, 200)
        for window in windows:
            read = fitted_exponent(curve, window)
            assert correction.corrected(read, window) == pytest.approx(exponent, abs=2e-3), (exponent, window)


def test_the_correction_ends_at_no_structure_and_at_the_steepest():
    correction = SizeCorrection(2000, 200, [WINDOW])
    assert correction.corrected(correction.expected(0, WINDOW) - 0.01, WINDOW) == 0
    assert correction.corrected(50, WINDOW) == STEEPEST
