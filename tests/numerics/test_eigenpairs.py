"""Eigenpairs, whose vectors may be found in float32, against numpy's."""

import numpy as np
import pytest
import torch

from saegeo_core.numerics.eigenpairs import MANY, eigenpairs


@pytest.mark.parametrize("n", [40, MANY])
@pytest.mark.parametrize("smallest", [1e-2, 1e-8])
def test_a_matrix_is_put_together_from_its_eigenpairs(n, smallest, rng):
    """To the precision of the vectors: float32 where there are many of about one size."""
    variances = np.geomspace(smallest, 1.0, n)
    rotation = np.linalg.qr(rng.standard_normal((n, n))).Q
    matrix = (rotation * variances) @ rotation.T
    values, vectors = (part.numpy() for part in eigenpairs(torch.from_numpy((matrix + matrix.T) / 2)))
    np.testing.assert_allclose(values, variances, rtol=1e-7 if smallest == 1e-8 else 1e-12)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(n), atol=1e-5)
    is_exact = n < MANY or smallest == 1e-8
    np.testing.assert_allclose(
        np.einsum("ij,ik,kj->j", vectors, matrix, vectors), variances, rtol=1e-6 if is_exact else 1e-4
    )
