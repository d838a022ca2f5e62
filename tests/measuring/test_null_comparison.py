import numpy as np
import pytest
from scipy import stats

from saegeo_core.measuring.null_comparison import Draws, Moments, null_comparison

VALUES = np.array([1.0, 2.0, 3.0, 6.0])


def test_draws_say_where_the_estimate_lies():
    null = null_comparison("a model", 5.0, VALUES)
    assert (null.draws, null.mean, null.standard_deviation) == (4, 3.0, pytest.approx(VALUES.std(ddof=1)))
    assert (null.z, null.pvalue) == (pytest.approx(2 / VALUES.std(ddof=1)), 2 / 5)
    assert null_comparison("a model", 5.0, Draws(VALUES, has_zscore=False, alternative="less")).pvalue == 4 / 5
    assert null_comparison("a model", 5.0, []) is None


def test_what_was_subtracted_from_the_estimate_alone_moves_the_mean_and_nothing_else():
    plain = null_comparison("a model", 5.0, VALUES)
    shifted = null_comparison("a model", 5.0 - 2.5, Draws(VALUES, shift=2.5))
    assert shifted.mean == plain.mean - 2.5
    assert shifted.model_copy(update={"mean": plain.mean}) == plain


def test_a_single_draw_has_a_rank_only_where_it_is_asked_for():
    assert null_comparison("a model", 5.0, [4.0]).pvalue is None
    assert null_comparison("a model", 5.0, Draws([4.0], has_pvalue=True)).pvalue == 0.5
    assert null_comparison("a model", 5.0, Draws([6.0], has_pvalue=True)).pvalue == 1.0


def test_moments_give_no_pvalue():
    alone = null_comparison("a model", 5.0, Moments(3.0, alternative="two-sided"))
    assert (alone.mean, alone.standard_deviation, alone.z, alone.pvalue) == (3.0, None, None, None)
    assert alone.alternative == "two-sided"
    assert null_comparison("a model", 5.0, Moments(3.0, 0.5), "less").z == 4.0


def test_a_distribution_of_scipy_is_a_law():
    null = null_comparison("a model", 1.5, stats.norm(1, 0.25), "greater")
    assert (null.draws, null.mean, null.z) == (None, 1.0, 2.0)
    assert null.pvalue == pytest.approx(stats.norm.sf(2))
