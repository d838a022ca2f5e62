"""Eigenvalues of tridiagonal matrices against those of dense ones."""

import numpy as np
import pytest

from saegeo_core.numerics.tridiagonal import tridiagonal_eigenvalues


@pytest.mark.parametrize("n", [1, 2, 40])
def test_eigenvalues_are_those_of_the_dense_matrix(n, rng):
    diagonal, off = rng.standard_normal(n), rng.standard_normal(n - 1)
    dense = np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1)
    before = diagonal.copy(), off.copy()
    np.testing.assert_allclose(tridiagonal_eigenvalues(diagonal, off), np.linalg.eigvalsh(dense), atol=1e-13)
    assert (diagonal == before[0]).all()
    assert (off == before[1]).all()


def test_what_is_no_matrix_is_refused():
    for diagonal, off in (([1.0, np.nan], [1.0]), ([1.0, 2.0], [np.inf]), ([1.0, 2.0], [1.0, 1.0])):
        with pytest.raises(ArithmeticError, match="no eigenvalues"):
            tridiagonal_eigenvalues(np.array(diagonal), np.array(off))
