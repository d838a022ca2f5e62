import numpy as np
import pytest
from scipy import stats

from saegeo_core import SaegeoError
from saegeo_core.statistics.resampling import (
    delete_group_jackknife,
    document_bootstrap,
    jackknife_of,
    scaled_subsampling,
    subsamples,
    subsampling_of,
)


def covers(interval, truth):
    low, high = interval.confidence_interval
    return low <= truth <= high


def test_the_jackknife_of_a_mean_is_its_standard_error(rng):
    """For the mean of groups of equal size, the delete-group jackknife is the classical standard error of group means."""
    values, groups = rng.standard_normal(60), np.repeat(np.arange(20), 3)
    result = delete_group_jackknife(lambda i: values[i].mean(), groups)
    means = values.reshape(20, 3).mean(1)
    assert result.standard_error == pytest.approx(means.std(ddof=1) / np.sqrt(20))
    assert len(result.replicates) == 20


def test_scaled_subsamples_cover_a_mean():
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        values = rng.standard_normal(100)
        covered += covers(scaled_subsampling(lambda i, v=values: v[i].mean(), 100, rng), 0.0)
    assert stats.binomtest(covered, 200, 0.95).pvalue > 1e-3


def test_subsamples_hold_no_row_twice(rng):
    seen = []
    scaled_subsampling(lambda i: float(seen.append(len(set(i)) == len(i)) or 0), 50, rng)
    assert all(seen)


def test_subsamples_drawn_beforehand_give_the_same_interval(rng):
    values = rng.standard_normal(50)
    at_once = scaled_subsampling(lambda i: values[i].mean(), 50, np.random.default_rng(7), n_subsamples=9, share=0.6)
    parts = subsamples(50, np.random.default_rng(7), n_subsamples=9, share=0.6)
    beforehand = subsampling_of(values.mean(), [values[part].mean() for part in parts], 30 / 50)
    assert beforehand.confidence_interval == at_once.confidence_interval
    assert (beforehand.replicates == at_once.replicates).all()


def test_the_document_bootstrap_covers_a_mean():
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        values = rng.standard_normal(80)
        covered += covers(document_bootstrap(lambda w, v=values: (w @ v) / w.sum(), 80, rng), 0.0)
    assert stats.binomtest(covered, 200, 0.94).pvalue > 1e-3


@pytest.mark.parametrize("share", [0.0, 1.0, 0.001])
def test_shares_that_leave_nothing_are_refused(rng, share):
    with pytest.raises(SaegeoError):
        scaled_subsampling(lambda i: 0.0, 10, rng, share=share)


def test_one_group_or_document_is_refused(rng):
    with pytest.raises(SaegeoError):
        delete_group_jackknife(lambda i: 0.0, np.zeros(5))
    with pytest.raises(SaegeoError):
        document_bootstrap(lambda w: 0.0, 1, rng)


def test_the_same_generator_gives_the_same_interval():
    first, second = (
        scaled_subsampling(lambda i: float(i.mean()), 30, np.random.default_rng(4)).confidence_interval
        for _ in range(2)
    )
    assert first == second


def test_values_already_computed_give_the_same_interval(rng):
    values, groups = rng.standard_normal(60), np.arange(60) % 6
    once = delete_group_jackknife(lambda rows: float(values[rows].mean()), groups)
    again = jackknife_of(once.estimate, [values[groups != group].mean() for group in range(6)])
    assert once.confidence_interval == pytest.approx(again.confidence_interval)
    assert (once.method, once.factor) == (again.method, again.factor)
