"""Covariances by addition against numpy.cov of the very rows."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics.row_moments import grouped_moments


def dealt(n, n_groups, rng):
    return [np.sort(group) for group in np.array_split(rng.permutation(n), n_groups)]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("union", [[0], [1, 3], [0, 1, 2, 3, 4]])
def test_any_union_of_groups_has_its_own_mean_and_covariance(dtype, union, rng):
    vectors = torch.from_numpy(rng.standard_normal((203, 7)) + 3).to(dtype)
    groups = dealt(203, 5, rng)
    moments = grouped_moments(vectors, groups)
    rows = vectors.double().numpy()[np.concatenate([groups[number] for number in union])]
    assert moments.n_rows(union) == len(rows)
    np.testing.assert_allclose(moments.mean(union), rows.mean(0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance(union), np.cov(rows.T), rtol=1e-10, atol=1e-12)


def test_groups_larger_than_a_tile_and_one_group_only(rng):
    vectors = torch.from_numpy(rng.standard_normal((5000, 6)).astype(np.float32))
    whole = grouped_moments(vectors, [np.arange(5000)])
    np.testing.assert_allclose(whole.covariance([0]), np.cov(vectors.double().numpy().T), rtol=1e-10)
    centered = vectors.double().numpy() - vectors.double().numpy().mean(0)
    np.testing.assert_allclose(whole.squared_lengths, (centered**2).sum(1), rtol=1e-10)


def test_a_mean_far_longer_than_the_spread_costs_no_precision(rng):
    spread = rng.standard_normal((300, 4))
    moments = grouped_moments(torch.from_numpy(1e6 + spread), dealt(300, 3, rng))
    np.testing.assert_allclose(moments.covariance([0, 1, 2]), np.cov((1e6 + spread).T), rtol=1e-8, atol=1e-9)


def test_rows_are_not_changed(rng):
    vectors = torch.from_numpy(rng.standard_normal((50, 3)))
    before = vectors.clone()
    grouped_moments(vectors, dealt(50, 4, rng))
    assert (vectors == before).all()


@pytest.mark.gpu
def test_cuda_gives_the_same(rng):
    vectors = torch.from_numpy(rng.standard_normal((3000, 64)).astype(np.float32))
    groups = dealt(3000, 20, rng)
    on_cpu, on_cuda = (grouped_moments(vectors, groups, device=device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(on_cpu.covariance(range(16)), on_cuda.covariance(range(16)), rtol=1e-10, atol=1e-13)
