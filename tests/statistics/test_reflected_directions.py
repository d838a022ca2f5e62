import pytest
import torch

from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_core.synthetic import angular_gaussian, common_mean


@pytest.mark.parametrize("make", [angular_gaussian, common_mean])
@pytest.mark.parametrize("is_pooled", [False, True])
def test_reflections_keep_every_cosine_and_the_mean(make, is_pooled, rng):
    """Reflected about the mean, lengths had to be mended, and cosines inside moved with them."""
    unit = make(400, 12, rng).double()
    other = make(300, 12, rng).double() if is_pooled else None
    reflected = ReflectedDirections.of(unit, pooled_with=other).sample(rng)
    torch.testing.assert_close(reflected @ reflected.T, unit @ unit.T, rtol=0, atol=1e-12)
    assert torch.allclose(reflected.mean(0), unit.mean(0), atol=0.1 if is_pooled else 1e-12)
    assert torch.allclose(reflected.T @ reflected / 400, unit.T @ unit / 400, atol=0.03)
    assert float((reflected * unit).sum(1).mean()) < 0.9


def test_fewer_rows_than_dimensions_keep_their_mean(rng):
    unit = common_mean(5, 12, rng).double()
    reflected = ReflectedDirections.of(unit).sample(rng)
    torch.testing.assert_close(reflected.mean(0), unit.mean(0), rtol=0, atol=1e-12)
