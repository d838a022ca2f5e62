"""Entropy and negentropy against what is known in closed form."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import gamma

from saegeo_core.numerics.euclidean_neighbors import euclidean_neighbors
from saegeo_entropy.kozachenko_leonenko import (
    entropy_from_distances,
    gaussian_entropy,
    log_unit_ball_volume,
    raw_negentropy,
    standard_normal_entropy,
    whiten,
)


def test_the_volume_of_the_unit_ball():
    assert log_unit_ball_volume(100) == pytest.approx(-91.24127, abs=1e-5)  # 50 ln pi - ln 50!
    for q in (1, 2, 3, 7):
        assert np.exp(log_unit_ball_volume(q)) == pytest.approx(np.pi ** (q / 2) / gamma(q / 2 + 1))


@pytest.mark.parametrize("k", [1, 3, 10])
def test_entropy_of_known_laws(k):
    """A uniform square has entropy 0, a normal law q/2 ln 2 pi e, an exponential 1; the bias at n = 2,000 is under 0.06."""
    laws = {
        "square": (lambda rng: rng.random((2000, 2)), 0.0),
        "normal": (lambda rng: rng.standard_normal((2000, 3)), standard_normal_entropy(3)),
        "exponential": (lambda rng: rng.exponential(size=(2000, 1)), 1.0),
    }
    for name, (draw, truth) in laws.items():
        estimates = []
        for seed in range(6):
            points = draw(np.random.default_rng(seed))
            distances = euclidean_neighbors(points, k).distances[:, -1]
            estimates.append(entropy_from_distances(distances, points.shape[1], k))
        assert np.mean(estimates) == pytest.approx(truth, abs=0.06), name
    assert standard_normal_entropy(3) == pytest.approx(stats.multivariate_normal(np.zeros(3)).entropy())


def test_whitened_points_have_unit_covariance(rng):
    points = rng.standard_normal((200, 6)) @ rng.standard_normal((6, 6)) + 3
    white, half_log_determinant = whiten(points)
    np.testing.assert_allclose(np.cov(white.T), np.eye(6), atol=1e-12)
    np.testing.assert_allclose(white.mean(0), 0, atol=1e-12)
    assert half_log_determinant == pytest.approx(np.linalg.slogdet(np.cov(points.T))[1] / 2)


def test_no_linear_map_changes_negentropy_and_entropy_follows_the_determinant(rng):
    points = rng.standard_t(3, (300, 5))
    change = rng.standard_normal((5, 5))
    assert raw_negentropy(points @ change + 7, 3) == pytest.approx(raw_negentropy(points, 3), abs=1e-9)
    shift = np.linalg.slogdet(change)[1]
    assert gaussian_entropy(points @ change) == pytest.approx(gaussian_entropy(points) + shift, abs=1e-9)
