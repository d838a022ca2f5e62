"""Curveball trades: margins are kept, every incidence is as likely, and p-values hold where a stratified permutation's do not."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from saegeo_cofiring.curveball import FiredLists, curveball_draws, global_trade
from saegeo_core.statistics.permutation import frequency_strata, permutation_pvalue


def lists(fired):
    return FiredLists(np.concatenate([[0], np.cumsum(fired.sum(1))]), np.nonzero(fired)[1], fired.shape[1])


def dense(fired):
    counted = np.zeros((fired.n_blocks, fired.n_features), int)
    np.add.at(counted, (np.repeat(np.arange(fired.n_blocks), np.diff(fired.indptr)), fired.indices), 1)
    return counted


def rasch(rng, n_blocks, n_features, spread):
    """Frequent features and rich blocks, and nothing else."""
    return rng.random((n_blocks, n_features)) < expit(
        rng.uniform(-3, -0.5, n_features) + spread * rng.standard_normal((n_blocks, 1))
    )


@pytest.mark.parametrize("n_blocks", [1, 2, 41, 300])
def test_margins_are_kept(rng, n_blocks):
    fired = rng.random((n_blocks, 13)) < rng.uniform(0, 1, (n_blocks, 1)) * rng.uniform(0, 1, 13)
    fired[0] = True
    traded, changed = lists(fired), False
    for _ in range(20):
        traded = global_trade(traded, rng)
        now = dense(traded)
        assert now.max() == 1  # no feature twice in a block
        assert (now.sum(0) == fired.sum(0)).all()
        assert (now.sum(1) == fired.sum(1)).all()
        changed |= (now != fired).any()
    assert changed == (n_blocks > 2)


def test_nothing_is_dealt_where_nothing_can_be(rng):
    for fired in (np.zeros((6, 4), bool), np.ones((6, 4), bool)):
        assert (dense(global_trade(lists(fired), rng)) == fired).all()


def test_every_incidence_of_the_margins_is_as_likely(rng):
    fired = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1]], bool)  # margins 2 2 2 and 2 2 1 1
    draws = Counter(dense(one).tobytes() for one in curveball_draws(lists(fired), rng, 1200, burn_in=10, between=6))
    everything = [
        np.array(cells).reshape(3, 4) for cells in np.ndindex(*[2] * 12) if np.array(cells).sum() == fired.sum()
    ]
    alike = [one for one in everything if (one.sum(0) == fired.sum(0)).all() and (one.sum(1) == fired.sum(1)).all()]
    assert len(draws) == len(alike)
    assert stats.chisquare(list(draws.values())).pvalue > 1e-3


def test_the_same_seed_draws_the_same(rng):
    fired = lists(rng.random((60, 30)) < 0.3)
    one, other = (list(curveball_draws(fired, np.random.default_rng(5), 3)) for _ in range(2))
    assert all(np.array_equal(a.indices, b.indices) for a, b in zip(one, other, strict=True))


def mean_squared_correlation(fired):
    correlation = np.corrcoef(fired[:, (fired.sum(0) > 0) & (fired.sum(0) < len(fired))].T)
    return (correlation[np.triu_indices_from(correlation, 1)] ** 2).mean()


def test_what_is_planted_is_gone_after_the_burn_in(rng):
    """Six topics make several times the squared correlation of chance; 24 global trades leave next to nothing of that."""
    topic = np.arange(600) % 6
    odds = rng.uniform(-3.5, -1.5, 60) + 3.0 * (topic[:, None] == np.arange(60) % 6)
    fired = lists(rng.random(odds.shape) < expit(odds))
    chain = [mean_squared_correlation(dense(one)) for one in curveball_draws(fired, rng, 40, burn_in=1, between=1)]
    chance = np.mean(chain[24:])
    left = (np.array([mean_squared_correlation(dense(fired)), *chain]) - chance) / chance
    assert left[0] > 5
    assert np.abs(left[24:]).max() < 0.2
    assert left[4] < 0.05 * left[0]


def test_pvalues_hold_where_those_of_a_stratified_permutation_do_not():
    """Firing permuted among like blocks: few strata leave rich blocks in each, so that everything is found; many fix richness more
    tightly than chance would, so that nothing is, whatever there were."""
    n_trials, n_draws, n_small = 40, 19, Counter()
    for seed in range(n_trials):
        rng = np.random.default_rng([11, seed])
        fired = rasch(rng, 240, 40, spread=1.2)
        observed = mean_squared_correlation(fired)
        draws = {"both margins": [dense(one) for one in curveball_draws(lists(fired), rng, n_draws)]}
        for n_strata in (1, 3, 12):
            strata = frequency_strata(fired.sum(1), rng, size=240 // n_strata)
            draws[n_strata] = [within_strata(fired, strata, rng) for _ in range(n_draws)]
        for name, drawn in draws.items():
            n_small[name] += permutation_pvalue(observed, list(map(mean_squared_correlation, drawn)), "greater") <= 0.05
    low, high = stats.binom.ppf([0.001, 0.999], n_trials, 0.05)
    assert low <= n_small["both margins"] <= high
    assert (n_small[1], n_small[3], n_small[12]) == (n_trials, n_trials, 0)


def within_strata(fired, strata, rng):
    """Every feature in other blocks of the same strata."""
    permuted = fired.copy()
    for stratum in range(strata.max() + 1):
        permuted[strata == stratum] = rng.permuted(fired[strata == stratum], axis=0)
    return permuted
