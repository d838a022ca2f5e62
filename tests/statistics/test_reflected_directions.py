import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_core.statistics.reflected_directions import ReflectedDirections, _lengths_on_shell, hadamard
from saegeo_core.synthetic.composites import COMPOSITES


def _unit(rows):
    return rows / rows.norm(dim=1, keepdim=True)


def test_without_a_mean_reflections_keep_every_cosine_and_the_second_moment(rng):
    unit = _unit(COMPOSITES["families of 5 with a spectrum"](400, 12, rng).double())
    reflected = ReflectedDirections.of(unit, np.arange(400) // 5)
    assert not reflected.mean.any()
    rows = reflected.sample(rng)
    torch.testing.assert_close(rows @ rows.T, unit @ unit.T, rtol=0, atol=1e-12)
    torch.testing.assert_close(rows.T @ rows / 400, unit.T @ unit / 400, rtol=0, atol=0.02)
    assert float((rows * unit).sum(1).mean()) < 0.9


def test_a_mean_stays_and_so_does_the_second_moment(rng):
    unit = _unit(COMPOSITES["common mean"](2000, 12, rng).double())
    reflected = ReflectedDirections.of(unit)
    assert reflected.mean.any()
    rows = reflected.sample(rng)
    torch.testing.assert_close(rows.mean(0), unit.mean(0), rtol=0, atol=0.01)
    torch.testing.assert_close(rows.T @ rows / 2000, unit.T @ unit / 2000, rtol=0, atol=0.01)
    assert float((rows * unit).sum(1).mean()) < 0.9


def test_a_mean_that_families_have_by_chance_is_none(rng):
    """Of 2,000 rows in ten families the mean is that of ten."""
    unit = _unit(COMPOSITES["families of 20"](2000, 64, rng))
    assert not ReflectedDirections.of(unit, np.arange(2000) // 20).mean.any()
    assert ReflectedDirections.of(unit).mean.any()


def test_reflecting_twice_alike_leads_back(rng):
    """Points of the shell stay on it: all reflections of a dictionary have the same shell, and are a group."""
    unit = _unit(COMPOSITES["common mean, spectrum rank^-1"](300, 9, rng).double())
    reflected = ReflectedDirections.of(unit)
    signs = torch.tensor([1.0, -1] * 4 + [-1])
    there = reflected.reflected(signs)
    lengths = _lengths_on_shell(there, reflected.mean, reflected.variances)
    back = _unit((there * lengths - reflected.mean) * signs + reflected.mean)
    torch.testing.assert_close(back, unit @ reflected.axes, rtol=0, atol=1e-9)


@pytest.mark.parametrize("rows", [torch.ones(12, 5), torch.eye(5)[:3], torch.tensor([[1.0, 2]]), torch.ones(4, 1)])
def test_rows_that_tell_no_covariance_are_reflected_into_unit_rows(rows, rng):
    reflected = ReflectedDirections.of(_unit(rows))
    torch.testing.assert_close(reflected.sample(rng).norm(dim=1), torch.ones(len(rows)))


@pytest.mark.parametrize("law", ["spectrum rank^-1", "common mean, spectrum rank^-1"])
def test_many_strangers_are_no_more_alike_than_their_reflections(law):
    """Along axes of both, beside the mean, p <= .05 had .70 and .75 of pairs of 2,000: the more features, the more."""
    pvalues, deviations = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        first, second = (_unit(COMPOSITES[law](1200, 32, rng)) for _ in range(2))
        reflected = ReflectedDirections.of(second)
        along = first @ reflected.axes
        found = np.array(
            [
                float((along @ reflected.reflected(signs).T).amax(1).mean())
                for signs in torch.cat(reflected.signs_of_draws(19, rng))
            ]
        )
        pvalues.append(permutation_pvalue(found[0], found[1:], "greater"))
        deviations.append((found[0] - found[1:].mean()) / found[1:].std())
    assert stats.binom.sf(sum(p <= 0.05 for p in pvalues) - 1, 12, 0.05) > 1e-3
    assert abs(np.mean(deviations)) < 3.3 * 1.1 / 12**0.5


@pytest.mark.parametrize("order", [1, 2, 4, 8, 12, 20])
def test_rows_of_a_hadamard_matrix_are_perpendicular(order):
    rows = hadamard(order)
    assert bool((rows.abs() == 1).all())
    torch.testing.assert_close(rows @ rows.T, order * torch.eye(order))


@pytest.mark.parametrize("order", [4, 8, 12, 20])
def test_seen_from_every_row_a_hadamard_matrix_looks_alike(order):
    """Sums over four rows of products of columns, whatever the signs of the rows: the same from whichever row they are made."""
    rows = hadamard(order)

    def seen_from(row):
        others = torch.cat([rows[:row], rows[row + 1 :]])
        triples = torch.combinations(torch.arange(order - 1), 3)
        sums = (others[triples].prod(1) * rows[row]).sum(1).abs()
        return sorted(sums.tolist())

    assert all(seen_from(row) == seen_from(0) for row in range(order))


def test_draws_share_blocks_and_the_first_is_the_dictionary_itself(rng):
    reflected = _of_coordinates(400)
    for n_draws, sizes in {19: [20], 39: [20, 20], 4: [1] * 5, 5: [2] * 3, 7: [8], 99: [20] * 5}.items():
        sets = reflected.signs_of_draws(n_draws, rng)
        assert [tuple(one.shape) for one in sets] == [(size, 400) for size in sizes]
        assert bool((sets[0][0] == 1).all())
        for one in sets:
            assert len(torch.unique(one * one[0], dim=1).T) == len(one)


def _of_coordinates(d):
    return ReflectedDirections(torch.zeros(2, d), torch.zeros(d), torch.ones(d), torch.eye(d))


def test_any_two_draws_are_independent_and_each_is_uniform(rng):
    signs = torch.cat(_of_coordinates(4000).signs_of_draws(19, rng))[1:]
    alike = signs @ signs.T / 4000
    assert float(alike.fill_diagonal_(0).abs().max()) < 5 / 4000**0.5
    assert float(signs.mean(1).abs().max()) < 5 / 4000**0.5


@pytest.mark.parametrize("n_draws", [7, 15, 19])
def test_the_rank_of_a_dictionary_like_its_reflections_is_uniform(n_draws):
    """Signs at random of few axes, and a number of them that is far from symmetric."""
    weights, ranks = torch.tensor([3.0, 1.0, 0.7, 2.0, 0.2, 1.3]), []
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        own = torch.from_numpy(rng.choice([-1.0, 1.0], 6)).float()
        signs = torch.cat(_of_coordinates(6).signs_of_draws(n_draws, rng))
        noise = 1e-5 * torch.from_numpy(rng.random(n_draws + 1))
        numbers = ((signs * own) @ weights + (signs * own).roll(1, 1).mul(signs * own).sum(1) + noise).exp()
        ranks.append(int((numbers > numbers[0]).sum()))
    assert stats.chisquare(np.bincount(ranks, minlength=n_draws + 1)).pvalue > 1e-3
