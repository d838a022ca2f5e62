"""The published procedure against its own published numbers."""

import numpy as np
import pytest

from saegeo_core.synthetic import families, isotropic
from saegeo_entropy.paper import gaussian_rows, published_components, published_negentropy, standardized_columns
from saegeo_entropy.principal_axes import principal_axes


def test_published_procedure_on_noise_in_100_dimensions(rng):
    """Reported were 324.9 with a standard deviation of 4.9 over resamples; six resamples leave 2.0 of that."""
    found = published_negentropy(rng.standard_normal((5000, 100)), 1, 1e-2, 6, rng)
    assert found.estimate == pytest.approx(324.9, abs=8)
    assert found.repeated == pytest.approx(1 - np.exp(-1), abs=0.01)


def test_published_procedure_on_random_directions_in_2304_dimensions(rng):
    """Reported were 349.9 with a standard deviation of 6.1 over resamples."""
    rows = isotropic(5000, 2304, rng).double().numpy()
    points = published_components(standardized_columns(rows), 100, rng)
    assert published_negentropy(points, 1, 1e-2, 4, rng).estimate == pytest.approx(349.9, abs=12)


def test_components_are_exact_where_scikit_learn_solves_exactly(rng):
    rows = standardized_columns(families(60, 24, rng).double().numpy() + 1)
    exact = principal_axes(rows).scores[:, :8]
    np.testing.assert_allclose(np.abs(published_components(rows, 8, rng)), np.abs(exact), atol=1e-10)


def test_components_of_a_flat_spectrum_are_those_of_a_randomized_search(rng):
    """What the search finds has less variance than the leading axes, never more, and one seed finds it twice."""
    rows = standardized_columns(isotropic(900, 600, rng).double().numpy())
    once, again, other = (published_components(rows, 50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not np.allclose(np.abs(once), np.abs(other), atol=1e-3)
    share = once.var(0).sum() / principal_axes(rows).variances[:50].sum()
    assert 0.9 < share < 0.999


def test_gaussian_rows_of_the_paper_preset_have_the_moments_of_the_cloud(rng):
    rows = families(80, 12, rng).double().numpy() + 1
    drawn = gaussian_rows(rows, rng)
    np.testing.assert_allclose(drawn.mean(0), rows.mean(0), atol=1e-12)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(rows.T), atol=1e-12)
