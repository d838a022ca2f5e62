"""Moments of rows against numpy.cov of the very rows."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics.row_moments import row_moments


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("n", [2, 203, 5000])
def test_moments_are_those_of_the_rows(dtype, n, rng):
    vectors = torch.from_numpy(rng.standard_normal((n, 7)) + 3).to(dtype)
    moments, rows = row_moments(vectors), vectors.double().numpy()
    np.testing.assert_allclose(moments.mean, rows.mean(0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(rows.T), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(moments.squared_lengths, ((rows - rows.mean(0)) ** 2).sum(1), rtol=1e-10)


def test_more_columns_than_are_multiplied_at_once(rng):
    vectors = torch.from_numpy(rng.standard_normal((500, 800)))
    np.testing.assert_allclose(row_moments(vectors).covariance, np.cov(vectors.numpy().T), rtol=1e-10, atol=1e-13)


def test_a_mean_far_longer_than_the_spread_costs_no_precision(rng):
    spread = rng.standard_normal((300, 4))
    moments = row_moments(torch.from_numpy(1e6 + spread))
    np.testing.assert_allclose(moments.covariance, np.cov((1e6 + spread).T), rtol=1e-8, atol=1e-9)


def test_rows_are_not_changed(rng):
    vectors = torch.from_numpy(rng.standard_normal((50, 3)))
    before = vectors.clone()
    row_moments(vectors)
    assert (vectors == before).all()


@pytest.mark.gpu
def test_cuda_gives_the_same(rng):
    vectors = torch.from_numpy(rng.standard_normal((3000, 64)).astype(np.float32))
    on_cpu, on_cuda = (row_moments(vectors, device=device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(on_cpu.covariance, on_cuda.covariance, rtol=1e-10, atol=1e-13)
