import pytest
import torch

from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_core.synthetic import angular_gaussian, common_mean


@pytest.mark.parametrize("make", [angular_gaussian, common_mean])
def test_reflections_keep_what_they_say(make, rng):
    unit = make(400, 12, rng).double()
    reflected = ReflectedDirections.of(unit).sample(rng)
    assert torch.allclose(reflected.norm(dim=1), torch.ones(400, dtype=torch.float64))
    assert torch.allclose(reflected.mean(0), unit.mean(0), atol=0.02)
    assert torch.allclose(reflected.T @ reflected / 400, unit.T @ unit / 400, atol=0.02)
    assert float((reflected * unit).sum(1).mean()) < 0.5


def test_reflections_of_a_cloud_without_a_mean_keep_every_cosine(rng):
    unit = angular_gaussian(50, 12, rng).double()
    both = torch.cat([unit, -unit])
    reflected = ReflectedDirections.of(both).sample(rng)
    torch.testing.assert_close(reflected @ reflected.T, both @ both.T, rtol=0, atol=1e-5)
