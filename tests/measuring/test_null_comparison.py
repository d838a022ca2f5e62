"""Where an estimate lies in a null, whatever is known of that null."""

import numpy as np
import pytest
from scipy import stats

from saegeo_core import Interval
from saegeo_core.measuring.null_comparison import (
    Controls,
    Draws,
    Moments,
    SampledLaw,
    null_comparison,
    null_comparisons,
)
from saegeo_core.statistics.laws import CountLaw, NormalLaw, ShareLaw


def test_draws_are_ranked():
    null = null_comparison("a model", 4.0, [1.0, 3.0, 5.0])
    assert (null.model, null.draws, null.mean, null.standard_deviation) == ("a model", 3, 3.0, 2.0)
    assert (null.z, null.pvalue, null.alternative) == (0.5, pytest.approx(2 / 4), "greater")


def test_an_array_is_draws():
    assert null_comparison("m", 4.0, np.array([1.0, 3.0, 5.0])) == null_comparison("m", 4.0, Draws([1.0, 3.0, 5.0]))


def test_draws_that_are_all_alike_have_no_zscore():
    null = null_comparison("m", 4.0, [9.0] * 3)
    assert (null.z, null.pvalue) == (None, 1)


def test_skewed_draws_have_no_zscore():
    null = null_comparison("m", 4.0, Draws([1.0, 3.0, 5.0], has_zscore=False))
    assert (null.z, null.standard_deviation) == (None, 2.0)


def test_a_single_draw_is_a_value_to_look_at():
    null = null_comparison("m", 4.0, [1.0])
    assert (null.draws, null.mean, null.standard_deviation, null.z, null.pvalue) == (1, 1.0, None, None, None)


def test_a_single_draw_is_ranked_where_that_is_asked_for():
    assert null_comparison("m", 4.0, Draws([1.0], has_pvalue=True)).pvalue == pytest.approx(1 / 2)
    assert null_comparison("m", 4.0, Draws([9.0], has_pvalue=True)).pvalue == 1


def test_no_draws_are_no_comparison():
    assert null_comparison("m", 4.0, []) is None
    assert null_comparisons(4.0, {"m": [], "law": NormalLaw(0, 1)}, "greater")[0].model == "law"


def test_draws_may_have_a_side_of_their_own():
    two_sided, one_sided = null_comparisons(
        4.0, {"a": [1.0, 3.0, 5.0], "b": Draws([1.0, 3.0, 5.0], alternative="less")}, "two-sided"
    )
    assert (two_sided.alternative, one_sided.alternative) == ("two-sided", "less")
    assert one_sided.pvalue == pytest.approx(3 / 4)


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_a_law_and_a_frozen_distribution_say_the_same(alternative):
    law, frozen = (null_comparison("m", 1.3, one, alternative) for one in (NormalLaw(1, 0.5), stats.norm(1, 0.5)))
    assert (law.draws, law.mean, law.standard_deviation) == (None, 1, 0.5)
    assert law.z == pytest.approx(frozen.z)
    assert law.pvalue == pytest.approx(frozen.pvalue)
    assert law.alternative == alternative


def test_a_law_without_spread_has_no_zscore():
    null = null_comparison("m", 0.0, ShareLaw(CountLaw(0, 0), 10))
    assert (null.z, null.pvalue) == (None, 0.5)  # the mid-p-value of the one count there can be


def test_a_sampled_law_tells_its_draws():
    null = null_comparison("m", 1.3, SampledLaw(NormalLaw(1, 0.5), 128), "less")
    assert (null.draws, null.alternative) == (128, "less")
    assert null.pvalue == NormalLaw(1, 0.5).pvalue(1.3, "less")


def test_moments_give_a_distance_and_no_pvalue():
    known, mean_only = (null_comparison("m", 3.0, one) for one in (Moments(1.0, 0.5), Moments(1.0)))
    assert (known.mean, known.standard_deviation, known.z, known.pvalue) == (1, 0.5, 4, None)
    assert (mean_only.mean, mean_only.standard_deviation, mean_only.z, mean_only.pvalue) == (1, None, None, None)
    assert null_comparison("m", 3.0, Moments(1.0, 0.0)).z is None


def test_many_controls_rank(rng):
    null = null_comparison("untrained", 9.0, Controls(rng.standard_normal(19)))
    assert null.model == "untrained (19 controls)"
    assert null.pvalue == pytest.approx(1 / 20)


def test_few_controls_tell_how_far_and_how_many_times_and_no_pvalue():
    values = np.array([1.0, 2.0, 1.5, 2.5, 3.0])
    null = null_comparison("untrained", 5.0, Controls(values), "two-sided", Interval(low=4.0, high=6.0, method="m"))
    assert null.model == "untrained (5 controls; a p-value needs 19)"
    assert (null.pvalue, null.ratio) == (None, pytest.approx(2.5))
    assert null.z == pytest.approx((5 - 2) / values.std(ddof=1))
    assert null.ratio_low < 4 / 2 < 2.5 < 6 / 2 < null.ratio_high


def test_a_single_control_is_a_value_to_look_at():
    null = null_comparison("untrained", 5.0, Controls([2.0]), interval=Interval(low=4.0, high=6.0, method="m"))
    assert (null.mean, null.z, null.pvalue, null.ratio) == (2.0, None, None, 2.5)
    assert (null.ratio_low, null.ratio_high) == (None, None)


@pytest.mark.parametrize("values", [[-1.0, 2.0, -0.5], [-3.0, -2.0, -4.0]])
def test_there_is_no_ratio_to_what_may_be_zero_or_less(values):
    assert null_comparison("untrained", 5.0, Controls(values)).ratio is None


def test_no_controls_are_no_comparison():
    assert null_comparison("untrained", 2.0, Controls([])) is None


VALUES = np.array([1.0, 2.0, 3.0, 6.0])


def test_what_was_subtracted_from_the_estimate_alone_moves_the_mean_and_nothing_else():
    plain = null_comparison("a model", 5.0, VALUES)
    shifted = null_comparison("a model", 5.0 - 2.5, Draws(VALUES, shift=2.5))
    assert shifted.mean == plain.mean - 2.5
    assert shifted.model_copy(update={"mean": plain.mean}) == plain


def test_moments_have_a_side_of_their_own_and_no_pvalue():
    alone = null_comparison("a model", 5.0, Moments(3.0, alternative="two-sided"))
    assert (alone.mean, alone.standard_deviation, alone.z, alone.pvalue) == (3.0, None, None, None)
    assert alone.alternative == "two-sided"
    assert null_comparison("a model", 5.0, Moments(3.0, 0.5), "less").z == 4.0
