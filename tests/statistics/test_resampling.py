import numpy as np
import pytest
from scipy import stats

from saegeo_core import SaegeoError
from saegeo_core.statistics.resampling import (
    dealt_kin,
    jackknife_of,
    kin_jackknife,
    of_equivalent_count,
    on_the_logit_scale,
)


def covers(interval, truth):
    low, high = interval.confidence_interval
    return low <= truth <= high


def test_the_jackknife_of_a_mean_is_its_standard_error(rng):
    """For the mean of groups of equal size, the delete-group jackknife is the classical standard error of group means."""
    means = rng.standard_normal(20)
    result = jackknife_of(means.mean(), [np.delete(means, group).mean() for group in range(20)])
    assert result.standard_error == pytest.approx(means.std(ddof=1) / np.sqrt(20))
    assert len(result.replicates) == 20


def test_the_infinitesimal_jackknife_of_a_mean_over_kin_covers():
    """Kin of unlike size whose members are alike; rows taken one by one would cover 60 %."""
    covered = {"kin": 0, "rows": 0}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        kin = np.repeat(np.arange(40), rng.integers(1, 12, 40))
        values = rng.standard_normal(40)[kin] + 0.3 * rng.standard_normal(len(kin))
        for name, labels in (("kin", kin), ("rows", np.arange(len(kin)))):
            covered[name] += covers(kin_jackknife(values.mean(), values - values.mean(), labels), 0.0)
    assert stats.binomtest(covered["kin"], 200, 0.95).pvalue > 1e-3, covered
    assert covered["rows"] < 150


def test_one_kin_that_decides_widens_the_interval():
    added = np.zeros(100)
    added[:2] = 1, -1
    one = kin_jackknife(0.0, added, np.arange(100))
    many = kin_jackknife(0.0, np.tile([0.2, -0.2], 50) / np.sqrt(2), np.arange(100))
    assert one.degrees_of_freedom < 5
    assert many.degrees_of_freedom > 90


def test_few_kin_are_refused():
    with pytest.raises(SaegeoError, match="9 groups of kin"):
        kin_jackknife(0.0, np.ones(90), np.arange(90) % 9)


def test_kin_are_dealt_whole_and_evenly(rng):
    kin = np.repeat(np.arange(100), rng.integers(1, 20, 100))
    groups = dealt_kin(kin, rng, n_groups=20)
    assert all(len(set(groups[kin == one])) == 1 for one in range(100))
    sizes = np.bincount(groups)
    assert len(sizes) == 20
    assert sizes.max() - sizes.min() <= 2


def test_the_interval_of_a_share_stays_inside_and_covers():
    covered = 0
    for seed in range(200):
        values = (np.random.default_rng(seed).random(100) < 0.03).astype(float)
        if not values.any():
            values[0] = 1
        known = on_the_logit_scale(kin_jackknife(values.mean(), values - values.mean(), np.arange(100)), 100)
        low, high = known.confidence_interval
        assert 0 < low < values.mean() < high < 1
        covered += low <= 0.03 <= high
    assert covered >= 180


@pytest.mark.parametrize(("size", "share"), [(1, 0.005), (1, 0.5), (5, 0.01), (5, 0.3)])
def test_the_interval_of_an_equivalent_count_covers_however_few_items_are_found(size, share):
    n_kin, covered = 200 // size, 0
    for seed in range(200):
        values = np.repeat(np.random.default_rng(seed).random(n_kin) < share, size).astype(float)
        kin = np.repeat(np.arange(n_kin), size)
        known = of_equivalent_count(kin_jackknife(values.mean(), values - values.mean(), kin), 200, n_kin)
        low, high = known.confidence_interval
        assert 0 <= low <= values.mean() <= high <= 1
        covered += low <= share <= high
    assert covered >= 186


def test_an_equivalent_count_of_independent_items_is_clopper_and_pearsons():
    values = np.r_[np.ones(7), np.zeros(1_993)]
    known = of_equivalent_count(kin_jackknife(values.mean(), values - values.mean(), np.arange(2_000)), 2_000, 2_000)
    exact = stats.binomtest(7, 2_000).proportion_ci(method="exact")
    assert known.confidence_interval == pytest.approx((exact.low, exact.high), rel=1e-3)
    assert known.degrees_of_freedom is None


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_of_none_or_all_as_many_count_as_are_independent(share):
    values, kin = np.full(200, share), np.repeat(np.arange(40), 5)
    known = of_equivalent_count(kin_jackknife(share, values - share, kin), 200, 40)
    exact = stats.binomtest(int(40 * share), 40).proportion_ci(method="exact")
    assert known.confidence_interval == pytest.approx((exact.low, exact.high), rel=0.1)
