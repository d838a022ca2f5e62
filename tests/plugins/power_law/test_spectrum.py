"""What counts as one Gaussian row."""

import numpy as np
import pytest

from saegeo_power_law.spectrum import effective_rows


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
    counted = effective_rows(lengths[:, 0] ** 2, d) + 1  # nothing was centered here
    expected = 1 / d + (d - 1) * (d + 2) / (d * (counted * d + 2))
    assert np.mean(moments) == pytest.approx(expected, abs=4 * np.std(moments) / 2000**0.5 + 2 / (d * n**2))
