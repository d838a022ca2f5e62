"""A spectrum that is known must come back, however the eigenvalues lie."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics.leading_eigenvectors import CoarseOperator, leading_eigenvectors, span_errors


class operator_with:
    """A symmetric operator with these eigenvalues, as two reflections of a diagonal: no large matrix is made."""

    def __init__(self, values, rng):
        self.values = np.asarray(values, np.float64)
        mirrors = torch.from_numpy(rng.standard_normal((2, len(values), 1)))
        self.mirrors = mirrors / mirrors.norm(dim=1, keepdim=True)

    def __call__(self, block):
        return self.reflect(
            torch.from_numpy(self.values)[:, None] * self.reflect(block, self.mirrors), self.mirrors.flip(0)
        )

    def reflect(self, block, order):
        for mirror in order:
            block = block - 2 * mirror @ (mirror.T @ block)
        return block

    def leading_axes(self, k):
        """Its eigenvectors of the k largest values, (n, k)."""
        unit = torch.zeros(len(self.values), k, dtype=torch.float64)
        unit[np.argsort(-self.values)[:k], np.arange(k)] = 1
        return self.reflect(unit, self.mirrors.flip(0))


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
    pairs = leading_eigenvectors(operator, len(spectrum), [n_vectors], rng)
    np.testing.assert_allclose(pairs.values, np.sort(spectrum)[::-1][: n_vectors + 1], atol=1e-9)
    gap = pairs.values[n_vectors - 1] - pairs.values[n_vectors]
    assert pairs.residuals.max() < max(2e-6 * gap, 1e-13)
    errors = operator(pairs.vectors) - pairs.vectors * torch.from_numpy(pairs.values)
    np.testing.assert_allclose(errors.norm(dim=0).numpy(), pairs.residuals, atol=1e-13)
    gram = (pairs.vectors.T @ pairs.vectors).numpy()
    np.testing.assert_allclose(gram, np.eye(n_vectors + 1), atol=1e-13)


@pytest.mark.parametrize("n", [600, 2000], ids=["factorized", "Krylov"])
def test_each_span_is_known_however_small_the_gap_after_it(n, rng):
    """Gaps of 3e-6 and 3e-7, both below what residuals of 1e-5 can tell from nothing."""
    spectrum = np.concatenate([np.linspace(1, 0.6, 9), 0.5 + 3e-6 * np.arange(9)[::-1], np.linspace(0.4, -0.2, n - 18)])
    spectrum[12] = spectrum[13] + 3e-7
    operator = operator_with(spectrum, rng)
    pairs = leading_eigenvectors(operator, n, [12, 13, 16], rng)
    for k in (12, 13, 16):
        found, true = pairs.vectors[:, :k], operator.leading_axes(k)
        sine = float(torch.linalg.matrix_norm(found - true @ (true.T @ found), 2))
        bound = span_errors(pairs.values, pairs.residuals, [k])[k]
        assert sine < 1e-6
        assert sine <= bound + 1e-9  # rounding of the axes themselves, over gaps of 3e-7


def test_equal_eigenvalues_on_either_side_leave_the_span_open(rng):
    spectrum = np.concatenate([np.ones(20), np.linspace(0.5, 0, 980)])
    pairs = leading_eigenvectors(operator_with(spectrum, rng), 1000, [5], rng)
    assert span_errors(pairs.values, pairs.residuals, [5])[5] > 0.1
    assert pairs.residuals.max() < 1e-13


def test_a_small_space_is_solved_directly(rng):
    spectrum = rng.standard_normal(30) / 3
    pairs = leading_eigenvectors(operator_with(spectrum, rng), 30, [30], rng)
    np.testing.assert_allclose(pairs.values, np.sort(spectrum)[::-1], atol=1e-12)
    assert pairs.n_products == 2


def test_a_start_nearby_takes_fewer_products(rng):
    operator = operator_with(np.linspace(1, -0.3, 1500), rng)
    near = operator.leading_axes(30) + 1e-3 * torch.from_numpy(rng.standard_normal((1500, 30)))
    pairs = [leading_eigenvectors(operator, 1500, [20], rng, near=start) for start in (None, near)]
    np.testing.assert_allclose(pairs[1].values, pairs[0].values, atol=1e-9)
    assert pairs[1].n_products < pairs[0].n_products


@pytest.mark.parametrize("is_near", [False, True])
@pytest.mark.parametrize(
    "spectrum",
    [
        np.concatenate([np.linspace(1, 0.6, 40), np.linspace(0.05, -0.05, 1460)]),
        np.concatenate([[1.0], np.linspace(3e-3, 1e-3, 30), np.linspace(9e-4, -2e-4, 1469)]),
    ],
    ids=["gap", "one large"],
)
def test_coarse_products_lead_where_exact_ones_do(spectrum, is_near, rng):
    """Vectors and images are rounded to bfloat16; hardly one product in four is exact."""
    operator = operator_with(spectrum, rng)
    n_exact = 0

    def exact(block):
        nonlocal n_exact
        n_exact += 1
        return operator(block)

    coarse = CoarseOperator(lambda block: operator(block.bfloat16().double()).bfloat16().double(), 2.0**-7)
    axes = operator.leading_axes(20)
    near = axes + 1e-3 * torch.from_numpy(rng.standard_normal((1500, 20))) if is_near else None
    pairs = leading_eigenvectors(exact, 1500, [5, 20], rng, coarse=coarse, near=near)
    for k in (5, 20):
        true = axes[:, :k]
        sine = float(torch.linalg.matrix_norm(pairs.vectors[:, :k] - true @ (true.T @ pairs.vectors[:, :k]), 2))
        assert sine <= span_errors(pairs.values, pairs.residuals, [k])[k] <= 1e-6
    errors = operator(pairs.vectors) - pairs.vectors * torch.from_numpy(pairs.values)
    np.testing.assert_allclose(errors.norm(dim=0).numpy(), pairs.residuals, atol=1e-13)
    assert n_exact < pairs.n_products / (2 if is_near else 3)


def test_coarse_products_stop_when_they_are_told_to(rng):
    operator = operator_with(np.linspace(1, -0.3, 1500), rng)
    coarse = CoarseOperator(lambda block: operator(block.bfloat16().double()), 2.0**-7)
    pairs = leading_eigenvectors(operator, 1500, [20], rng, coarse=coarse, most_products=5)
    assert pairs.residuals.max() > 1e-3
    assert pairs.n_products == 6


def test_points_that_are_all_alike_have_one_eigenvalue_and_another_for_all_else(rng):
    """On this matrix LAPACK's solver for some eigenvectors ends with an internal error."""
    alike = (torch.ones(30, 30, dtype=torch.float64) - torch.eye(30, dtype=torch.float64)) / 29
    pairs = leading_eigenvectors(lambda block: alike @ block, 30, [6], rng)
    np.testing.assert_allclose(pairs.values, [1] + [-1 / 29] * 6, atol=1e-14)
    assert pairs.residuals.max() < 1e-14


def test_stopping_early_shows_in_the_residuals(rng):
    operator = operator_with(np.linspace(1, -0.3, 1500), rng)
    pairs = leading_eigenvectors(operator, 1500, [20], rng, most_products=5)
    assert pairs.residuals.max() > 1e-3
    assert pairs.n_products == 5


@pytest.mark.parametrize("n_vectors", [0, 11])
def test_no_more_eigenvectors_than_dimensions(n_vectors, rng):
    with pytest.raises(ValueError, match="10 dimensions"):
        leading_eigenvectors(lambda block: block, 10, [n_vectors], rng)
