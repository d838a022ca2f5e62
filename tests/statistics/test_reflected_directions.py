import numpy as np
import pytest
import torch
from scipy import stats

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


def test_draws_share_blocks_in_fours_and_the_first_is_the_dictionary_itself(rng):
    unit = angular_gaussian(30, 41, rng)
    reflected = ReflectedDirections.of(unit / unit.norm(dim=1, keepdim=True))
    sets = reflected.signs_of_draws(19, rng)
    assert [tuple(one.shape) for one in sets] == [(4, 41)] * 5
    assert bool((sets[0][0] == 1).all())
    for one in sets:
        assert len(torch.unique(one * one[0], dim=1).T) == 4
        torch.testing.assert_close(one[0] * one[1] * one[2] * one[3], torch.ones(41))
        assert bool((one[:, -1] == 1).all()), "the mean stays"
    assert [len(one) for n_draws in (4, 5, 6, 7) for one in reflected.signs_of_draws(n_draws, rng)] == [1] * 5 + [
        2
    ] * 3 + [1] * 7 + [4] * 2


def test_any_two_draws_are_independent_and_each_is_uniform(rng):
    unit = angular_gaussian(30, 4001, rng)
    axes = torch.eye(4001)
    signs = torch.cat(ReflectedDirections(unit, axes).signs_of_draws(19, rng))[1:, :-1]
    alike = signs @ signs.T / 4000
    assert float(alike.fill_diagonal_(0).abs().max()) < 5 / 4000**0.5
    assert float(signs.mean(1).abs().max()) < 5 / 4000**0.5


def test_the_rank_of_a_dictionary_like_its_reflections_is_uniform():
    """Signs at random of few axes, and a number of them that is far from symmetric."""
    weights, ranks = torch.tensor([3.0, 1.0, 0.7, 2.0, 0.2, 1.3]), []
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        own = torch.from_numpy(rng.choice([-1.0, 1.0], 7)).float()
        signs = torch.cat(ReflectedDirections(torch.zeros(2, 7), torch.eye(7)).signs_of_draws(7, rng))
        numbers = ((signs * own)[:, :6] @ weights + 1e-5 * torch.from_numpy(rng.random(8))).exp()
        ranks.append(int((numbers > numbers[0]).sum()))
    assert stats.chisquare(np.bincount(ranks, minlength=8)).pvalue > 1e-3
