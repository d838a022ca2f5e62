import numpy as np
import pytest
from scipy import stats

from saegeo_core import SaegeoError
from saegeo_core.statistics.resampling import (
    bootstrap_of,
    documents_drawn_again,
    jackknife_of,
    subsamples,
    subsampling_of,
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


def test_scaled_subsamples_cover_a_mean():
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        values = rng.standard_normal(100)
        means = [values[part].mean() for part in subsamples(100, rng)]
        covered += covers(subsampling_of(values.mean(), means, 0.8), 0.0)
    assert stats.binomtest(covered, 200, 0.95).pvalue > 1e-3


def test_subsamples_hold_no_row_twice(rng):
    parts = subsamples(50, rng)
    assert all(len(set(part)) == len(part) == 40 for part in parts)


def test_the_document_bootstrap_covers_a_mean():
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        values = rng.standard_normal(80)
        means = [drawn @ values / drawn.sum() for drawn in documents_drawn_again(80, rng)]
        covered += covers(bootstrap_of(values.mean(), means), 0.0)
    assert stats.binomtest(covered, 200, 0.94).pvalue > 1e-3


@pytest.mark.parametrize("share", [0.0, 1.0, 0.001])
def test_shares_that_leave_nothing_are_refused(rng, share):
    with pytest.raises(SaegeoError):
        subsamples(10, rng, share=share)


def test_one_document_is_refused(rng):
    with pytest.raises(SaegeoError):
        documents_drawn_again(1, rng)


def test_the_same_generator_draws_the_same_parts():
    first, second = (subsamples(30, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
