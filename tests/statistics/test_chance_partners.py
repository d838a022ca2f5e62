"""The cosine that the nearest of many chance directions exceeds with a given probability."""

import numpy as np
import pytest
import torch

from saegeo_core.statistics.chance_partners import chance_cosines
from saegeo_core.statistics.null_directions import ProjectedGaussian, uniform_directions
from saegeo_core.statistics.uniform_directions import tail_threshold
from saegeo_core.synthetic import isotropic

N, D = 60, 16
STEEP = ProjectedGaussian(0.3 * np.eye(D)[3], 1.0 / np.arange(1, D + 1))


def test_of_uniform_directions_it_is_the_exact_threshold(rng):
    found = chance_cosines(isotropic(5, D, rng), uniform_directions(D), N, 0.05, rng)
    exact = tail_threshold(2 * (1 - 0.95 ** (1 / N)), D)  # of |cosine|, which exceeds it on either side
    assert found == pytest.approx(np.full(5, exact), abs=0.004)


def test_every_feature_exceeds_its_own_by_chance_as_often_as_asked(rng):
    """Along wide axes and about the mean chance lies nearer, and still each feature passes in .1 of dictionaries."""
    unit = torch.cat([torch.eye(D)[:3], isotropic(5, D, rng)])
    found = chance_cosines(unit, STEEP, N, 0.1, rng)
    assert np.ptp(found) > 0.15
    nearest = torch.stack([(unit @ STEEP.sample(N, rng).T).amax(1) for _ in range(3000)]).numpy()
    assert (nearest > found).mean(axis=0) == pytest.approx(np.full(8, 0.1), abs=0.025)


def test_axes_turn_the_law(rng):
    axes = np.linalg.qr(rng.standard_normal((D, D)))[0]
    unit = isotropic(4, D, rng)
    turned = ProjectedGaussian(STEEP.mean, STEEP.variances, axes)
    generators = (np.random.default_rng(1) for _ in range(2))
    there = unit @ torch.from_numpy(axes.T).float()
    along, in_place = (
        chance_cosines(*one, N, 0.1, rng) for one, rng in zip(((unit, STEEP), (there, turned)), generators, strict=True)
    )
    assert along == pytest.approx(in_place, abs=1e-6)


def test_a_rarer_chance_asks_for_more(rng):
    unit = isotropic(6, D, rng)
    by_chance = [chance_cosines(unit, STEEP, N, chance, np.random.default_rng(2)) for chance in (0.1, 0.01, 0.001)]
    assert (np.diff(by_chance, axis=0) > 0.01).all()


def test_opposite_the_mean_any_cosine_above_zero_is_rare(rng):
    law = ProjectedGaussian(5 * np.eye(D)[0], np.full(D, 0.01))
    assert chance_cosines(-torch.eye(D)[:1], law, N, 0.01, rng)[0] < 1e-6
