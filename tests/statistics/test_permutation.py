import numpy as np
import pytest
from scipy import stats

from saegeo_core import SaegeoError
from saegeo_core.statistics.permutation import frequency_strata, permutation_pvalue, permute_within


def test_pvalues_count_the_data_as_a_draw():
    assert permutation_pvalue(10, np.arange(9.0), "greater") == pytest.approx(1 / 10)
    assert permutation_pvalue(-1, np.arange(9.0), "greater") == 1
    assert permutation_pvalue(-1, np.arange(9.0), "less") == pytest.approx(1 / 10)
    assert permutation_pvalue(10, np.arange(9.0)) == pytest.approx(2 / 10)
    with pytest.raises(SaegeoError):
        permutation_pvalue(1, [])


def test_rounding_does_not_break_ties():
    assert permutation_pvalue(0.1 + 0.2, [0.3] * 9, "greater") == 1


def test_only_items_of_one_stratum_change_places(rng):
    strata = rng.integers(0, 5, 100)
    permutation = permute_within(strata, rng)
    assert sorted(permutation) == list(range(100))
    np.testing.assert_array_equal(strata[permutation], strata)
    assert (permutation != np.arange(100)).any()


def test_every_order_within_a_stratum_is_as_likely(rng):
    orders = [tuple(permute_within(np.zeros(3, dtype=int), rng)) for _ in range(1200)]
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-3


def test_strata_are_of_ten_to_twelve_and_follow_frequency(rng):
    counts = rng.integers(1, 10_000, 500)
    strata = frequency_strata(counts, rng)
    sizes = np.bincount(strata)
    assert sizes.min() >= 10
    assert sizes.max() <= 12
    highest = [counts[strata == s].max() for s in range(len(sizes))]
    lowest = [counts[strata == s].min() for s in range(len(sizes))]
    assert all(high <= low for high, low in zip(highest, lowest[1:], strict=False))


def test_stratified_pvalues_are_uniform_where_only_the_stratum_matters():
    """Two labels that both depend on a confounder, and not on each other: naive rejects, stratified does not."""
    stratified, naive = [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        confounder = rng.standard_normal(220)
        x, y = confounder + rng.standard_normal(220), confounder + rng.standard_normal(220)
        strata = frequency_strata(confounder, rng)
        for collected, within in ((stratified, strata), (naive, np.zeros(220, dtype=int))):
            drawn = [x[permute_within(within, rng)] @ y for _ in range(99)]
            collected.append(permutation_pvalue(x @ y, drawn, "greater"))
    assert np.mean(np.array(naive) <= 0.05) > 0.95
    assert stats.binom.sf(np.sum(np.array(stratified) <= 0.05) - 1, 150, 0.07) > 1e-3


@pytest.mark.parametrize("chance", [0.02, 0.1])
def test_shares_of_a_few_things_have_pvalues_that_are_uniform_on_average(chance):
    """Ties counted as extreme put nearly all p-values of a rare share at 1: valid, and blind."""
    rng = np.random.default_rng(0)
    shares = rng.binomial(20, chance, (600, 100)) / 20
    plain, mid = (
        np.array([permutation_pvalue(one[0], one[1:], "greater", mid_ranks=mid_ranks) for one in shares])
        for mid_ranks in (False, True)
    )
    assert plain.mean() > 0.6
    assert mid.mean() == pytest.approx(0.5, abs=0.04)
    assert np.mean(mid <= 0.05) < 0.08
    assert mid.min() >= 0.01


def test_where_there_are_no_ties_mid_ranks_change_nothing(rng):
    draws = rng.standard_normal(99)
    for alternative in ("greater", "less", "two-sided"):
        assert permutation_pvalue(0.3, draws, alternative, mid_ranks=True) == permutation_pvalue(
            0.3, draws, alternative
        )
