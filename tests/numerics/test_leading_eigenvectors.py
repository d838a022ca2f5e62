"""A spectrum that is known must come back, however the eigenvalues lie."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics.leading_eigenvectors import leading_eigenvectors


def operator_with(values, rng):
    """A symmetric operator with these eigenvalues, as two reflections of a diagonal: no large matrix is made."""
    n = len(values)
    mirrors = torch.from_numpy(rng.standard_normal((2, n, 1)))
    mirrors /= mirrors.norm(dim=1, keepdim=True)
    diagonal = torch.from_numpy(np.asarray(values, np.float64))[:, None]

    def reflect(block, order):
        for mirror in order:
            block = block - 2 * mirror @ (mirror.T @ block)
        return block

    def product(block):
        return reflect(diagonal * reflect(block.double(), mirrors), mirrors.flip(0)).to(block.dtype)

    return product


@pytest.mark.parametrize(
    "spectrum",
    [
        np.linspace(1, -0.3, 1500),
        np.concatenate([np.linspace(1, 0.6, 40), np.linspace(0.05, -0.05, 1460)]),
        np.concatenate([np.ones(30), np.linspace(0.5, 0, 1470)]),
        np.concatenate([np.linspace(1, 0.9, 10), np.zeros(1490)]),
    ],
    ids=["even", "gap", "repeated", "low rank"],
)
def test_the_largest_eigenvalues_are_found(spectrum, rng):
    n_vectors = 40
    operator = operator_with(spectrum, rng)
    pairs = leading_eigenvectors(operator, len(spectrum), n_vectors, rng)
    np.testing.assert_allclose(pairs.values, np.sort(spectrum)[::-1][:n_vectors], atol=2e-5)
    assert pairs.residuals.max() < 2e-5
    errors = operator(pairs.vectors) - pairs.vectors * torch.from_numpy(pairs.values).float()
    np.testing.assert_allclose(errors.norm(dim=0).numpy(), pairs.residuals, atol=1e-6)  # unit vectors, rounded thrice
    gram = (pairs.vectors.T @ pairs.vectors).numpy()
    np.testing.assert_allclose(gram, np.eye(n_vectors), atol=len(spectrum) * 2**-24)  # as many float32 terms


def test_a_small_space_is_solved_directly(rng):
    spectrum = rng.standard_normal(30) / 3
    pairs = leading_eigenvectors(operator_with(spectrum, rng), 30, 30, rng)
    np.testing.assert_allclose(pairs.values, np.sort(spectrum)[::-1], atol=1e-5)
    assert pairs.n_products == 2


def test_stopping_early_shows_in_the_residuals(rng):
    operator = operator_with(np.linspace(1, -0.3, 1500), rng)
    pairs = leading_eigenvectors(operator, 1500, 20, rng, most_products=5)
    assert pairs.residuals.max() > 1e-3
    assert pairs.n_products == 5


def test_float64_reaches_smaller_residuals(rng):
    operator = operator_with(np.linspace(1, 0, 1200) ** 2, rng)
    pairs = leading_eigenvectors(operator, 1200, 4, rng, tolerance=1e-10, dtype=torch.float64)
    assert pairs.residuals.max() < 1e-10


@pytest.mark.parametrize("n_vectors", [0, 11])
def test_no_more_eigenvectors_than_dimensions(n_vectors, rng):
    with pytest.raises(ValueError, match="10 dimensions"):
        leading_eigenvectors(lambda block: block, 10, n_vectors, rng)
