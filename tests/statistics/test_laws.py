"""P-values of counts and means known by two moments."""

import numpy as np
import pytest
from scipy import stats

from saegeo_core.statistics.alternatives import choose_pvalue
from saegeo_core.statistics.laws import ChiSquaredLaw, CountLaw, MirroredLaw, NormalLaw


def test_below_the_poisson_variance_a_count_is_binomial():
    exact = stats.binom(50, 0.2)
    law = CountLaw(10, 8)
    assert law.pvalue(14, "greater") == pytest.approx(exact.sf(14) + exact.pmf(14) / 2)
    assert law.pvalue(6, "less") == pytest.approx(exact.cdf(5) + exact.pmf(6) / 2)


def test_at_the_poisson_variance_a_count_is_poisson():
    assert CountLaw(3, 3).pvalue(7, "greater") == pytest.approx(stats.poisson(3).sf(7) + stats.poisson(3).pmf(7) / 2)


@pytest.mark.parametrize(("mean", "variance"), [(20.0, 60.0), (1e6, 1e9)])
def test_above_it_a_count_has_the_given_moments(mean, variance):
    law = CountLaw(mean, variance)._law()
    assert law.mean() == pytest.approx(mean)
    assert law.var() == pytest.approx(variance)


def test_midpvalues_of_both_sides_sum_to_one():
    for law in (CountLaw(4, 3.5), CountLaw(4, 4), CountLaw(4, 9)):
        for count in (0, 4, 11):
            assert law.pvalue(count, "greater") + law.pvalue(count, "less") == pytest.approx(1)


def test_a_count_that_is_never_expected():
    assert CountLaw(0, 0).pvalue(0) == 1
    assert CountLaw(0, 1e-12).pvalue(2, "greater") == 0


def test_zscores():
    assert CountLaw(9, 4).zscore(13) == 2
    assert NormalLaw(1, 0.5).zscore(0) == -2
    assert NormalLaw(1, 0.5).pvalue(0) == pytest.approx(2 * stats.norm.sf(2))
    assert NormalLaw(1, 0.5).pvalue(0, "greater") == pytest.approx(stats.norm.cdf(2))


def test_midpvalues_are_uniform_on_average():
    law, null = CountLaw(6, 14), stats.nbinom(36 / 8, 6 / 14)
    counts = np.arange(80)
    pvalues = np.array([law.pvalue(count, "greater") for count in counts])
    assert null.pmf(counts) @ pvalues == pytest.approx(0.5)
    assert null.pmf(counts) @ (pvalues <= 0.05) == pytest.approx(0.05, abs=0.012)


def test_two_sided_is_twice_the_smaller_tail_and_at_most_one():
    assert choose_pvalue(0.2, 0.9, "two-sided") == 0.4
    assert choose_pvalue(0.6, 0.55, "two-sided") == 1
    assert choose_pvalue(0.2, 0.9, "less") == 0.2
    assert choose_pvalue(0.2, 0.9, "greater") == 0.9


def test_a_chi_squared_law_is_moved_and_scaled():
    law = ChiSquaredLaw(mean=3.0, standard_deviation=0.5, degrees=7.0)
    frozen = stats.chi2(7, loc=3.0 - 7 * 0.5 / np.sqrt(14), scale=0.5 / np.sqrt(14))
    assert (law.mean, law.standard_deviation) == (pytest.approx(frozen.mean()), pytest.approx(frozen.std()))
    assert law.pvalue(4.0, "greater") == pytest.approx(frozen.sf(4.0))
    assert law.pvalue(4.0) == pytest.approx(2 * frozen.sf(4.0))
    assert law.zscore(4.0) == 2


def test_a_mirrored_law_is_that_of_the_opposite():
    law, mirrored = NormalLaw(1, 0.5), MirroredLaw(NormalLaw(1, 0.5))
    assert (mirrored.mean, mirrored.standard_deviation) == (-1, 0.5)
    assert mirrored.zscore(-2) == -law.zscore(2)
    assert mirrored.pvalue(-2, "less") == law.pvalue(2, "greater")
    assert mirrored.pvalue(-2) == law.pvalue(2)
