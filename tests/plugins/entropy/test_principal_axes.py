"""Principal components of rows, and those of Gaussian rows."""

import numpy as np
import pytest

from saegeo_entropy.principal_axes import principal_axes, random_scores


@pytest.mark.parametrize("shape", [(60, 12), (12, 60), (40, 39), (40, 40)])
def test_principal_axes_are_those_of_the_singular_values(shape, rng):
    rows = rng.standard_normal(shape) * np.arange(1, shape[1] + 1) ** -0.5 + rng.standard_normal(shape[1])
    axes = principal_axes(rows)
    centered = rows - rows.mean(0)
    singular = np.linalg.svd(centered, compute_uv=False)
    rank = min(shape[0] - 1, shape[1])
    assert axes.rank == rank
    np.testing.assert_allclose(axes.variances, singular[:rank] ** 2 / shape[0], rtol=1e-8)
    np.testing.assert_allclose(axes.scores @ axes.scores.T, centered @ centered.T, atol=1e-9)
    moment = (rows**2).sum() / shape[0]
    assert axes.variances.sum() + axes.mean @ axes.mean + axes.mean_aside**2 == pytest.approx(moment)


def test_random_scores_are_centered_and_orthogonal(rng):
    for rank in (1, 7, 19):
        scores = random_scores(20, rank, rng)
        np.testing.assert_allclose(scores.T @ scores / 20, np.eye(rank), atol=1e-9)
        np.testing.assert_allclose(scores.mean(0), 0, atol=1e-9)
