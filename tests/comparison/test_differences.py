"""Differences: standard errors come back from intervals, p-values are uniform where nothing differs, pairs know better."""

import numpy as np
import pytest
from scipy import stats

from saegeo_core import Absent, Interval, Metric, Replicates
from saegeo_core.comparison.differences import Variance, difference, sampling_variance
from saegeo_core.report.schema_1 import with_standard_errors


def metric(estimate, low=None, high=None, level=0.95, **known):
    interval = Absent("none") if low is None else Interval(low=low, high=high, method="m", level=level, **known)
    return Metric(
        name="m",
        estimate=estimate,
        interval=interval,
        nulls=Absent("-"),
        n=1,
        unit="u",
        better="neither",
        description="d",
    )


def rate_is_nominal(pvalues):
    return stats.binomtest(int(np.sum(np.array(pvalues) <= 0.05)), len(pvalues), 0.05).pvalue > 1e-3


def of_normal(estimate, standard_error, level=0.95):
    reach = stats.norm.ppf((1 + level) / 2) * standard_error
    return metric(estimate, estimate - reach, estimate + reach, level=level)


def of_student(estimate, standard_error, n):
    reach = stats.t.ppf(0.975, n - 1) * standard_error
    return metric(estimate, estimate - reach, estimate + reach, standard_error=standard_error, degrees_of_freedom=n - 1)


class TestStandardErrors:
    @pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
    def test_from_a_normal_interval_of_any_level(self, level):
        assert sampling_variance(of_normal(3.0, 0.2, level)).standard_error == pytest.approx(0.2)

    def test_from_student_s_interval(self):
        spread = sampling_variance(of_student(3.0, 0.2, 20))
        assert spread.standard_error == pytest.approx(0.2)
        assert spread.below.degrees_of_freedom == 19

    def test_each_side_of_an_interval_that_is_not_centered(self):
        spread = sampling_variance(metric(1.0, 1.0 - 1.959964 * 0.1, 1.0 + 1.959964 * 0.3))
        assert np.sqrt([spread.below.value, spread.above.value]) == pytest.approx([0.1, 0.3], rel=1e-6)

    def test_an_interval_clipped_to_a_range_is_not_narrower(self):
        """A share near 1: its interval ends at 1, its standard error does not."""
        whole = of_student(0.98, 0.02, 20)
        clipped = whole.model_copy(update={"interval": whole.interval.model_copy(update={"high": 1.0})})
        assert whole.interval.high > 1
        assert sampling_variance(clipped) == sampling_variance(whole)
        assert difference(of_student(0.9, 0.02, 20), clipped) == difference(of_student(0.9, 0.02, 20), whole)

    def test_a_clipped_interval_of_an_old_report_is_not_narrower(self):
        """Schema 1 kept the ends only: the one that was not clipped tells the standard error."""
        interval = of_student(0.98, 0.02, 20).interval
        old = {"low": interval.low, "high": 1.0, "method": "delete-group jackknife", "replicates": 20}
        (read,) = with_standard_errors({"metrics": [{"estimate": 0.98, "interval": old}]})["metrics"]
        assert read["interval"]["standard_error"] == pytest.approx(0.02)
        assert read["interval"]["degrees_of_freedom"] == 19

    def test_the_ends_count_where_no_law_is_told(self):
        """A bootstrap's percentile interval has a standard error, and its two sides say more."""
        spread = sampling_variance(metric(1.0, 1.0 - 1.959964 * 0.1, 1.0 + 1.959964 * 0.3, standard_error=0.2))
        assert np.sqrt([spread.below.value, spread.above.value]) == pytest.approx([0.1, 0.3], rel=1e-6)

    def test_none_without_an_interval(self):
        assert sampling_variance(metric(1.0)) is None


class TestIndependent:
    def test_squared_errors_add_up(self):
        found = difference(of_normal(2.0, 0.3), of_normal(1.0, 0.4))
        assert found.estimate == 1.0
        assert not found.is_paired
        assert found.interval.low == pytest.approx(1 - 1.959964 * 0.5)
        assert found.pvalue == pytest.approx(2 * stats.norm.sf(2.0))

    def test_welch_and_satterthwaite(self):
        """Against SciPy's Welch test of the samples that the standard errors are of."""
        rng = np.random.default_rng(5)
        a, b = rng.normal(0, 1, 12), rng.normal(0.5, 3, 7)
        ours = [of_student(x.mean(), x.std(ddof=1) / np.sqrt(len(x)), len(x)) for x in (a, b)]
        assert difference(*ours).pvalue == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)

    def test_the_sides_that_face_each_other_decide(self):
        """Ours may be much higher than its estimate, never much lower: against a smaller one that is no doubt."""
        ours, theirs = metric(2.0, 1.9, 12.0), metric(1.0, 0.9, 1.1)
        assert difference(ours, theirs).pvalue < 1e-10
        assert difference(ours, metric(3.0, 2.9, 3.1)).pvalue > 0.5

    def test_p_values_are_uniform_where_nothing_differs(self):
        rng = np.random.default_rng(1)
        estimates = rng.normal(0, [0.3, 0.4], (2000, 2))
        p = [difference(of_normal(a, 0.3), of_normal(b, 0.4)).pvalue for a, b in estimates]
        assert stats.kstest(p, "uniform").pvalue > 0.01
        assert rate_is_nominal(p)

    def test_no_interval_no_p(self):
        found = difference(metric(1.0), of_normal(2.0, 0.1))
        assert (found.estimate, found.interval, found.pvalue) == (-1.0, None, None)
        assert "no interval" in found.note

    def test_nothing_to_take_it_from(self):
        assert difference(metric(Absent("gone")), of_normal(2.0, 0.1)) is None


class TestPaired:
    @staticmethod
    def of_documents(rng, shared, own, n=20):
        """Two metrics of 20 document groups that share most of their noise, with the replicates of a group jackknife."""
        noise = rng.normal(0, shared, n)
        metrics, replicates = [], []
        for _ in range(2):
            values = noise + rng.normal(0, own, n)
            left_out = (values.sum() - values) / (n - 1)
            factor = (n - 1) / np.sqrt(n)
            standard_error = factor * left_out.std(ddof=1)
            metrics.append(of_student(values.mean(), standard_error, n))
            replicates.append(Replicates("m", left_out, factor, "groups"))
        return metrics, replicates

    def test_p_values_are_uniform_in_pairs_and_pairs_see_more(self):
        rng = np.random.default_rng(2)
        paired, independent, narrower = [], [], 0
        for _ in range(1000):
            metrics, replicates = self.of_documents(rng, shared=1.0, own=0.2)
            ours = difference(*metrics, *replicates)
            assert ours.is_paired
            theirs = difference(*metrics)
            paired.append(ours.pvalue)
            independent.append(theirs.pvalue)
            narrower += ours.interval.high - ours.interval.low < theirs.interval.high - theirs.interval.low
        assert rate_is_nominal(paired)
        assert np.sum(np.array(independent) <= 0.05) < 10
        assert narrower == 1000

    def test_other_parts_are_never_paired(self):
        rng = np.random.default_rng(3)
        metrics, (ours, theirs) = self.of_documents(rng, 1.0, 0.2)
        other = Replicates("m", theirs.values, theirs.factor, "other groups")
        assert difference(*metrics, ours, other) == difference(*metrics)

    def test_replicates_that_do_not_vary_give_no_p(self):
        same = Replicates("m", np.ones(5), 1.0, "k")
        shifted = Replicates("m", np.full(5, 2.0), 1.0, "k")
        assert difference(of_normal(2.0, 0.1), of_normal(1.0, 0.1), shifted, same).pvalue is None
        assert difference(of_normal(1.0, 0.1), of_normal(1.0, 0.1), same, same).pvalue == 1.0


def test_the_spread_of_seeds_widens_the_interval():
    metrics = of_normal(2.0, 0.3), of_normal(1.0, 0.4)
    found = difference(*metrics, seed_variance=Variance(0.75))
    assert found.interval.high - found.estimate == pytest.approx(1.959964 * 1.0)


def test_degrees_of_freedom_add_up_as_welch_and_satterthwaite_say():
    total = Variance(4.0, 3) + Variance(1.0, 10)
    assert (total.value, total.degrees_of_freedom) == (5.0, pytest.approx(25 / (16 / 3 + 1 / 10)))
    assert (Variance(4.0, 3) + Variance(0.0)).degrees_of_freedom == 3
    assert (Variance(0.0) + Variance(0.0)).degrees_of_freedom == np.inf
