"""Moments of projected Gaussians: closed forms, simulation, and the way back from moments to parameters."""

import numpy as np
import pytest
from scipy import special

from saegeo_core.statistics.projected_moments import gaussian_with_moments, projected_moments


def test_two_dimensions_in_closed_form():
    """For z ~ N(0, diag(a^2, b^2)), E z1^2/|z|^2 = a / (a + b)."""
    moments = projected_moments(np.zeros(2), np.array([9.0, 1.0]))
    assert moments.diagonal == pytest.approx([0.75, 0.25], rel=1e-12)
    assert len(moments.factors) == 0


@pytest.mark.parametrize("dimension", [2, 3, 50, 3000])
def test_isotropic_noise_around_a_mean_in_closed_form(dimension):
    """E x along m is |m| Gamma((d+1)/2) / (sqrt 2 Gamma(d/2 + 1)) 1F1(1/2; d/2 + 1; -|m|^2/2) for unit noise."""
    length = 0.3 * dimension**0.5
    mean = np.zeros(dimension)
    mean[1] = length
    ratio = np.exp(special.gammaln((dimension + 1) / 2) - special.gammaln(dimension / 2 + 1)) / 2**0.5
    expected = length * ratio * special.hyp1f1(0.5, dimension / 2 + 1, -(length**2) / 2)
    first = projected_moments(mean, np.ones(dimension)).first
    assert first[1] == pytest.approx(expected, rel=1e-10)
    assert not np.delete(first, 1).any()


@pytest.mark.parametrize("total", [1e-3, 1.0, 1e4])
def test_second_moments_sum_to_one(total):
    variances = np.array([1.0, 0.5, 1e-9, 0.0, 0.2]) * total
    moments = projected_moments(np.array([0.1, 0, 0.3, 0, 0]) * total**0.5, variances)
    assert moments.diagonal.sum() + (moments.factors**2).sum() == pytest.approx(1, abs=1e-12)


def test_moments_agree_with_simulation(rng):
    mean, variances = np.array([0.5, 0.3, 0, 0.1, 0]), np.array([0.5, 0.1, 0.3, 0.1, 0.2])
    moments = projected_moments(mean, variances)
    x = mean + np.sqrt(variances) * rng.standard_normal((200_000, 5))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    second = np.diag(moments.diagonal) + moments.factors.T @ moments.factors
    assert moments.first == pytest.approx(x.mean(axis=0), abs=6e-3)
    assert second == pytest.approx(x.T @ x / len(x), abs=6e-3)
    assert moments.variances == pytest.approx(x.var(axis=0), abs=6e-3)


def test_traces_are_those_of_the_matrix():
    moments = projected_moments(np.array([0.5, 0.3, 0, 0.1]), np.array([0.5, 0.1, 0.3, 0.1]))
    second = np.diag(moments.diagonal) + moments.factors.T @ moments.factors
    assert moments.mean_cosine == pytest.approx(moments.first @ moments.first)
    assert moments.mean_squared_cosine == pytest.approx(np.trace(second @ second))
    assert moments.mean_triangle == pytest.approx(np.trace(second @ second @ second))
    x = np.eye(4)[:3] + 0.1
    assert moments.mean_squared_cosine_with(x) == pytest.approx(np.einsum("ni,ij,nj->n", x, second, x))


def test_parameters_are_found_again():
    mean, variances = np.linspace(0, 0.1, 30), np.arange(1, 31.0) ** -1
    moments = projected_moments(mean, variances)
    found_mean, found_variances = gaussian_with_moments(moments.first, moments.variances)
    scale = variances.sum() + mean @ mean
    assert found_variances == pytest.approx(variances / scale, abs=1e-5)
    assert found_mean == pytest.approx(mean / scale**0.5, abs=1e-5)
