"""Limits of a ratio, from limits of its terms."""

import numpy as np
import pytest
from scipy import stats

from saegeo_core.statistics.ratios import ratio_interval


def test_by_a_number_that_is_known_limits_are_divided():
    assert ratio_interval(6.0, (5.0, 9.0), 2.0, (2.0, 2.0)) == (2.5, 4.5)


def test_without_error_in_the_numerator_limits_are_those_of_the_reciprocal():
    """Fieller's, for a numerator that is known."""
    low, high = ratio_interval(6.0, (6.0, 6.0), 2.0, (1.5, 2.5))
    assert (low, high) == (pytest.approx(6 / 2.5), pytest.approx(6 / 1.5))


def test_they_cover():
    rng = np.random.default_rng(0)
    covered, n_trials = 0, 2000
    for one, other in rng.standard_normal((n_trials, 2)):
        numerator, denominator = 3 + 0.6 * one, 2 + 0.3 * other
        within = (numerator - 0.6 * 1.96, numerator + 0.6 * 1.96), (denominator - 0.3 * 1.96, denominator + 0.3 * 1.96)
        low, high = ratio_interval(numerator, within[0], denominator, within[1])
        covered += low <= 1.5 <= high
    assert stats.binom.ppf(1e-3, n_trials, 0.95) <= covered <= stats.binom.ppf(1 - 1e-3, n_trials, 0.95)


@pytest.mark.parametrize("within", [(-0.1, 4.1), (0.0, 4.0)])
def test_a_denominator_that_may_be_zero_is_refused(within):
    with pytest.raises(ValueError, match="may be 0"):
        ratio_interval(6.0, (5.0, 7.0), 2.0, within)
