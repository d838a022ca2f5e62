"""Shapes of whole spectra, laws over a window, and what counts as one Gaussian row: known answers."""

import numpy as np
import pytest

from saegeo_power_law.alternatives import fitted_curves, held_out_errors, power_law_gain
from saegeo_power_law.effective_rows import effective_rows
from saegeo_power_law.exponent import Window, decades, fitted_exponent
from saegeo_power_law.shape import effective_rank, participation_ratio, relative_log_volume

RANKS = np.arange(1, 301.0)
WINDOW = Window(11, 150)
SPECTRA = {
    "power_law": RANKS**-0.4,
    "exponential": np.exp(-RANKS / 60),
    "lognormal": np.sort(np.exp(0.8 * np.random.default_rng(0).standard_normal(200_000)))[::-1][333::667],
    "broken_power_law": np.where(RANKS < 40, (RANKS / 40) ** -0.2, (RANKS / 40) ** -1.2),
}


def test_isotropy_fills_all_dimensions_and_one_eigenvalue_one():
    flat, single = np.full(7, 3.0), np.eye(7)[0]
    assert participation_ratio(flat) == pytest.approx(7)
    assert effective_rank(flat) == pytest.approx(7)
    assert relative_log_volume(flat) == pytest.approx(0)
    assert participation_ratio(single) == effective_rank(single) == 1


def test_shapes_worked_by_hand():
    eigenvalues = np.array([3.0, 1.0])
    assert participation_ratio(eigenvalues) == pytest.approx(16 / 10)
    assert effective_rank(eigenvalues) == pytest.approx(0.75**-0.75 * 0.25**-0.25)
    assert relative_log_volume(eigenvalues) == pytest.approx(0.5 * np.log(0.75))


@pytest.mark.parametrize("exponent", [0.25, 1, 3])
def test_an_exact_power_law_reads_its_exponent_in_any_window(exponent):
    for window in (Window(1, 3), WINDOW, Window(100, 300)):
        assert fitted_exponent(5 * RANKS**-exponent, window) == pytest.approx(exponent)
        assert decades(RANKS**-exponent, window) == pytest.approx(exponent * np.log10(window.last / window.first))


@pytest.mark.parametrize("law", SPECTRA)
def test_each_law_foretells_its_own_spectrum_best(law):
    errors = held_out_errors(SPECTRA[law], WINDOW)
    assert min(errors, key=errors.get) == law or errors[law] < 1e-9
    gain = power_law_gain(SPECTRA[law], WINDOW)
    assert gain == pytest.approx(0, abs=1e-9) if law == "power_law" else gain < -0.01


def test_a_law_fitted_to_its_own_spectrum_is_that_spectrum():
    for law in ("power_law", "exponential"):
        np.testing.assert_allclose(fitted_curves(SPECTRA[law], WINDOW)[law], WINDOW.of(SPECTRA[law]), rtol=1e-9)


def test_the_scale_of_a_spectrum_changes_no_error():
    for spectrum in SPECTRA.values():
        assert held_out_errors(1e-3 * spectrum, WINDOW) == pytest.approx(held_out_errors(spectrum, WINDOW), abs=1e-9)


def test_gaussian_rows_count_as_themselves_and_unit_rows_as_more(rng):
    d, n = 20, 20_000
    rows = rng.standard_normal((n, d))
    squares = (rows**2).sum(1)
    assert effective_rows(squares, d) == pytest.approx(n - 1, rel=0.01)
    assert effective_rows(np.ones(n), d) == pytest.approx(n * (1 + 2 / d) - 1)


def test_the_effective_number_has_the_excess_of_the_second_spectral_moment(rng):
    """Uniform directions of unlike lengths: E tr S^2 / (tr S)^2 = 1/d + (d - 1)(d + 2) / (d (n d + 2)), as of n Gaussian rows."""
    n, d = 60, 12
    lengths = rng.lognormal(0, 0.4, (n, 1))
    moments = []
    for _ in range(2000):
        rows = rng.standard_normal((n, d))
        rows *= lengths / np.linalg.norm(rows, axis=1, keepdims=True)
        eigenvalues = np.linalg.eigvalsh(rows.T @ rows)
        moments.append((eigenvalues**2).sum() / eigenvalues.sum() ** 2)
    counted = effective_rows(lengths[:, 0] ** 2, d) + 1  # nothing was centred here
    expected = 1 / d + (d - 1) * (d + 2) / (d * (counted * d + 2))
    assert np.mean(moments) == pytest.approx(expected, abs=4 * np.std(moments) / 2000**0.5 + 2 / (d * n**2))
