"""Spectra drawn without rows against spectra of rows, and against exact moments."""

import numpy as np
import pytest
from scipy import stats

from saegeo_core.statistics.wishart_spectra import gaussian_spectrum, structureless_spectrum

DRAWS = 400


def of_rows(n, variances, rng):
    rows = rng.standard_normal((n, len(variances))) * np.sqrt(variances)
    return np.linalg.eigvalsh(rows.T @ rows / n)[::-1][: min(n, len(variances))]


@pytest.mark.parametrize(("n", "d"), [(40, 12), (12, 12), (9, 20)])
def test_structureless_spectra_are_those_of_gaussian_rows(n, d, rng):
    drawn = np.array([structureless_spectrum(n, d, rng) for _ in range(DRAWS)])
    direct = np.array([of_rows(n, np.ones(d), rng) for _ in range(DRAWS)])
    assert drawn.shape == direct.shape
    for column in (0, drawn.shape[1] // 2, -1):
        assert stats.ks_2samp(drawn[:, column], direct[:, column]).pvalue > 1e-3


@pytest.mark.parametrize("n", [60, 25, 12])
def test_gaussian_spectra_are_those_of_rows_with_these_variances(n, rng):
    variances = np.arange(1, 21) ** -0.7
    drawn = np.array([gaussian_spectrum(variances, n, rng) for _ in range(DRAWS)])
    direct = np.array([of_rows(n, variances, rng) for _ in range(DRAWS)])
    assert drawn.shape == direct.shape
    for column in (0, 5, -1):
        assert stats.ks_2samp(drawn[:, column], direct[:, column]).pvalue > 1e-3


@pytest.mark.parametrize("n", [30, 30.5, 100.25])
@pytest.mark.parametrize("draw", [structureless_spectrum, lambda n, d, rng: gaussian_spectrum(np.ones(d), n, rng)])
def test_moments_are_exact_for_any_degrees_of_freedom(n, draw, rng):
    """E tr S = d and E tr S^2 = d (n + d + 1) / n."""
    d = 10
    spectra = np.array([draw(n, d, rng) for _ in range(2000)])
    for power, exact in ((1, d), (2, d * (n + d + 1) / n)):
        values = (spectra**power).sum(1)
        assert abs(values.mean() - exact) < 4 * values.std() / np.sqrt(len(values))


def test_spectra_descend_and_repeat_with_the_seed():
    for draw in (structureless_spectrum, lambda n, d, rng: gaussian_spectrum(np.ones(d), n, rng)):
        one, two = (draw(50.5, 20, np.random.default_rng(3)) for _ in range(2))
        assert (np.diff(one) <= 0).all()
        assert (one == two).all()
