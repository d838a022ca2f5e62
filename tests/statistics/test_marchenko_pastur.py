"""The law against its own density, against published readings, and at the edges."""

import numpy as np
import pytest
from scipy.integrate import quad

from saegeo_core.statistics.marchenko_pastur import edges, expected_eigenvalues
from saegeo_core.statistics.wishart_spectra import structureless_spectrum

SHAPES = [(400, 100), (100.5, 80), (90, 90), (50, 120)]


def density(x, n, d):
    """Marchenko and Pastur's density of the eigenvalues that are not zero, per dimension."""
    low, high = edges(n, d)
    inside = max((high - x) * (x - low), 0.0)
    return inside**0.5 / (2 * np.pi * d / n * x) if inside else 0.0


@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_the_density_integrates_to_the_share_that_is_not_zero(n, d):
    total, _ = quad(density, *edges(n, d), args=(n, d), limit=400)
    assert total == pytest.approx(min(1, n / d), abs=1e-4)


@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_expected_eigenvalues_are_quantiles_of_the_density(n, d):
    _, high = edges(n, d)
    for rank in (1, 7, 30):
        (eigenvalue,) = expected_eigenvalues(n, d, [rank])
        above, _ = quad(density, eigenvalue, high, args=(n, d), limit=400)
        assert above * d == pytest.approx(rank - 0.5, abs=1e-5)


@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_expected_eigenvalues_lie_between_the_edges_and_add_up_to_the_trace(n, d):
    eigenvalues = expected_eigenvalues(n, d)
    low, high = edges(n, d)
    assert len(eigenvalues) == int(min(n, d))
    assert ((low <= eigenvalues) & (eigenvalues <= high)).all()
    assert (np.diff(eigenvalues) < 0).all()
    assert eigenvalues.sum() == pytest.approx(d, rel=0.02)


# Slopes of log eigenvalue on log rank 11 ... 150 for N x 2,304 standard normal matrices: .0276 and .0275 are printed by the
# notebook PointCloudStructure_Galaxy of ejmichaud/feature-geometry (65,536 rows); .051 and .082 are our own draws of such
# matrices with 16,384 and 5,000 rows, by numpy.cov and eigvalsh.
@pytest.mark.parametrize(
    ("n", "slope", "digits"), [(65_536, 0.0276, 1e-4), (16_384, 0.051, 5e-4), (5_000, 0.082, 5e-4)]
)
def test_the_slope_of_no_structure_is_the_published_one(n, slope, digits):
    ranks = np.arange(11, 151)
    eigenvalues = expected_eigenvalues(n - 1, 2304, ranks)
    assert -np.polyfit(np.log(ranks), np.log(eigenvalues), 1)[0] == pytest.approx(slope, abs=digits)


def test_the_largest_eigenvalues_of_a_drawn_matrix_add_up_to_what_is_expected(rng):
    """Sum of logarithms over ranks 11 ... 150, which the galaxy notebook calls a log-determinant."""
    drawn = [np.log(structureless_spectrum(2_000, 400, rng)[10:150]).sum() for _ in range(20)]
    expected = np.log(expected_eigenvalues(2_000, 400, np.arange(11, 151))).sum()
    assert abs(np.mean(drawn) - expected) < 4 * np.std(drawn) / np.sqrt(20) + 0.02
