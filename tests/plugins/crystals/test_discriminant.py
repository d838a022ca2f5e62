"""The discriminants in the coordinates of pairs against their definition in those of vectors, and against scikit-learn."""

import numpy as np
import pytest
from scipy import linalg
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from saegeo_crystals.discriminant import double_centered, ledoit_wolf_share, principal_scatter, shrunk_scatter


@pytest.fixture(params=[(60, 9), (40, 120)], ids=["more pairs than dimensions", "fewer"])
def data(request, rng):
    n, d = request.param
    labels = rng.integers(0, 4, n)
    return rng.standard_normal((n, d)) * rng.uniform(0.2, 3, d) + 0.7 * rng.standard_normal((4, d))[labels], labels


def test_the_share_of_ledoit_and_wolf(data):
    rows, _ = data
    share = ledoit_wolf_share(double_centered(rows @ rows.T), rows.shape[1])
    assert share == pytest.approx(ledoit_wolf_shrinkage(rows - rows.mean(0), assume_centered=True))


def test_directions_solve_the_generalized_eigenproblem(data):
    rows, labels = data
    n, d = rows.shape
    centered = rows - rows.mean(0)
    share = ledoit_wolf_shrinkage(centered, assume_centered=True)
    total = centered.T @ centered / n
    shrunk = (1 - share) * total + share * np.trace(total) / d * np.eye(d)
    means = np.array([centered[labels == k].mean(0) for k in range(4)])
    between = (means.T * np.bincount(labels) / n) @ means
    values, vectors = linalg.eigh(between, shrunk)

    found = shrunk_scatter(rows @ rows.T, d).discriminants(labels, 4, 11)
    np.testing.assert_allclose(found.ratio, values[::-1][:3], rtol=1e-6)
    directions = rows.T @ found.coefficients
    expected = vectors[:, ::-1][:, :3]
    signs = np.sign((directions * expected).sum(0))
    np.testing.assert_allclose(directions * signs, expected, atol=1e-6)


def test_without_shrinkage_it_is_the_discriminant_of_scikit_learn(rng):
    labels = rng.integers(0, 4, 80)
    rows = rng.standard_normal((80, 6)) + rng.standard_normal((4, 6))[labels]
    found = principal_scatter(rows @ rows.T, 6).discriminants(labels, 4, 3)
    ours = rows @ rows.T @ found.coefficients
    theirs = LinearDiscriminantAnalysis(n_components=3).fit_transform(rows, labels)
    correlations = np.corrcoef(ours.T, theirs.T)[:3, 3:]
    np.testing.assert_allclose(np.abs(np.diag(correlations)), 1, atol=1e-6)


def test_principal_components_first(rng):
    """Within as many components as there are dimensions worth of variance, the rest cannot matter."""
    labels = rng.integers(0, 3, 50)
    plane = rng.standard_normal((50, 2)) + 2 * rng.standard_normal((3, 2))[labels]
    axes = np.linalg.qr(rng.standard_normal((30, 30)))[0]
    rows = 10 * plane @ axes[:2] + 0.01 * rng.standard_normal((50, 28)) @ axes[2:]
    found = principal_scatter(rows @ rows.T, 2).discriminants(labels, 3, 2)
    directly = principal_scatter(plane @ plane.T, 2).discriminants(labels, 3, 2)
    np.testing.assert_allclose(found.ratio, directly.ratio, rtol=1e-4)


def test_orthonormal_coordinates_have_the_inner_product_of_the_vectors(data):
    rows, labels = data
    scatter = shrunk_scatter(rows @ rows.T, rows.shape[1])
    found = scatter.discriminants(labels, 4, 3).orthonormal(scatter.centered)
    directions = rows.T @ found.coefficients
    np.testing.assert_allclose(directions.T @ directions, np.eye(3), atol=1e-8)


def test_alike_differences_say_nothing():
    kernel = np.ones((10, 10))
    found = shrunk_scatter(kernel, 5).discriminants(np.arange(10) % 2, 2, 3)
    assert np.isfinite(found.coefficients).all()
    assert found.coefficients.shape[1] == 0
