"""Laws over a window of ranks: known answers."""

import numpy as np
import pytest

from saegeo_power_law.fitted_laws import (
    RankWindow,
    decades,
    fitted_curves,
    fitted_exponent,
    held_out_errors,
    power_law_gain,
    windows_around,
)

RANKS = np.arange(1, 301.0)
WINDOW = RankWindow(11, 150)
SPECTRA = {
    "power_law": RANKS**-0.4,
    "exponential": np.exp(-RANKS / 60),
    "lognormal": np.sort(np.exp(0.8 * np.random.default_rng(0).standard_normal(200_000)))[::-1][333::667],
    "broken_power_law": np.where(RANKS < 40, (RANKS / 40) ** -0.2, (RANKS / 40) ** -1.2),
}


@pytest.mark.parametrize("exponent", [0.25, 1, 3])
def test_an_exact_power_law_reads_its_exponent_in_any_window(exponent):
    for window in (RankWindow(1, 3), WINDOW, RankWindow(100, 300)):
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


def test_windows_stand_around_the_given_one():
    windows = windows_around(WINDOW, 300)
    assert windows[0] == WINDOW
    assert len(set(windows)) == len(windows) == 12
    assert {window.first for window in windows} == {6, 11, 22}
    assert {window.last for window in windows} == {100, 150, 200, 300}
    assert windows_around(WINDOW, 150) == [WINDOW, *[w for w in windows if w.last <= 150 and w != WINDOW]]
    assert windows_around(RankWindow(1, 4), 4) == [RankWindow(1, 4), RankWindow(1, 3)]
