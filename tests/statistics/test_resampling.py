import numpy as np
import pytest
from scipy import stats

from saegeo_core import SaegeoError
from saegeo_core.statistics.resampling import (
    dealt_kin,
    jackknife_of,
    kin_jackknife,
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
