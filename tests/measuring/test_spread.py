import numpy as np
import pytest

from saegeo_core.measuring.spread import Spread
from saegeo_core.statistics.pair_jackknife import jackknife_pair_mean
from saegeo_core.statistics.resampling import jackknife_of

RESAMPLED = jackknife_of(0.5, [0.1, 0.4, 0.6, 0.9])


def test_an_interval_carries_what_its_resampling_knows():
    interval = Spread(RESAMPLED, "groups").interval((-np.inf, np.inf))
    assert (interval.low, interval.high) == RESAMPLED.confidence_interval
    assert (interval.standard_error, interval.degrees_of_freedom) == (RESAMPLED.standard_error, 3)
    assert (interval.replicates, interval.method) == (4, RESAMPLED.method)


def test_an_interval_ends_where_the_number_does():
    assert RESAMPLED.confidence_interval[0] < 0
    interval = Spread(RESAMPLED, "groups").interval((0.0, 1.0))
    assert (interval.low, interval.high) == (0, 1)
    assert interval.standard_error == RESAMPLED.standard_error


def test_what_is_moved_keeps_its_width_in_the_new_unit():
    moved = Spread(RESAMPLED, "groups").moved(shift=1.5, unit=4.0)
    again = jackknife_of(2.0 / 4, (np.array([0.1, 0.4, 0.6, 0.9]) + 1.5) / 4)
    assert moved.key == "groups"
    assert moved.resampled.estimate == again.estimate
    assert moved.resampled.standard_error == pytest.approx(again.standard_error)
    assert moved.resampled.confidence_interval == pytest.approx(again.confidence_interval)
    assert moved.resampled.replicates.tolist() == pytest.approx(again.replicates.tolist())


def test_replicates_are_kept_with_their_factor_and_key():
    kept = Spread(RESAMPLED, "groups").replicates("number")
    assert (kept.metric, kept.key, kept.factor) == ("number", "groups", RESAMPLED.factor)
    assert kept.values.tolist() == pytest.approx([0.1, 0.4, 0.6, 0.9])


def test_without_a_key_or_without_replicates_nothing_is_kept():
    computes_none = jackknife_pair_mean(np.arange(10.0), 8.0)
    assert Spread(RESAMPLED).replicates("number") is None
    assert Spread(computes_none, "groups").replicates("number") is None
    assert Spread(computes_none).interval((0.0, 9.0)).replicates is None
