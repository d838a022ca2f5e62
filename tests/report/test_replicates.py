"""Replicates survive being stored, and pair up only with replicates of the same parts."""

import numpy as np
import pytest

from saegeo_core import Absent, Interval, Metric, Replicates
from saegeo_core.report.replicates import as_arrays, replicates_of, told_beside


@pytest.fixture
def replicates(rng):
    return Replicates("ami", rng.standard_normal(20), 4.25, "documents left out: abc")


def metric(name="ami", **beside):
    none = Absent("a test needs none")
    interval = Interval(low=0, high=1, method="delete-group jackknife", **beside)
    return Metric(
        name=name, estimate=0.5, interval=interval, nulls=none, n=1, unit="", better="higher", description="-"
    )


def test_what_is_kept_is_read_again(replicates, tmp_path):
    np.savez(tmp_path / "kept.npz", allow_pickle=False, **as_arrays([replicates]))
    (told,) = told_beside([metric()], [replicates])
    assert (told.interval.replicates, told.interval.replicate_factor) == (20, 4.25)
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as arrays:
        again = replicates_of(arrays, told)
        assert replicates_of(arrays, metric("other")) is None
    assert (again.metric, again.factor, again.key) == ("ami", 4.25, replicates.key)
    np.testing.assert_array_equal(again.values, replicates.values)
    assert again.pairs_with(replicates)


def test_the_standard_error_of_a_jackknife(rng):
    """Leaving out one of n values: (n - 1) / sqrt(n) times the spread of the means that are left is that of the mean."""
    values = rng.standard_normal(20)
    means = np.array([np.delete(values, one).mean() for one in range(20)])
    replicates = Replicates("mean", means, 19 / np.sqrt(20), "values left out")
    assert replicates.standard_error() == pytest.approx(values.std(ddof=1) / np.sqrt(20))


@pytest.mark.parametrize("change", [{"key": "other documents"}, {"factor": 1.0}, {"values": np.zeros(19)}])
def test_other_parts_do_not_pair(replicates, change):
    other = Replicates(**{**vars(replicates), **change})
    assert not replicates.pairs_with(other)


def test_those_of_schema_1_kept_factor_and_key_as_text(replicates):
    arrays = {"replicates.ami": replicates.values, "resampling.ami": np.array(["4.25", replicates.key])}
    assert replicates_of(arrays, metric()).pairs_with(replicates)


def test_replicates_of_nothing_are_refused(replicates):
    with pytest.raises(ValueError, match="ami, which are not among the metrics"):
        told_beside([metric("other")], [replicates])
    without = metric().model_copy(update={"interval": Absent("none is known")})
    with pytest.raises(ValueError, match="no interval that they are behind"):
        told_beside([without], [replicates])
