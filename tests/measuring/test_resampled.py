"""Spreads against what is known of means, and of each number alone."""

import numpy as np
import pytest

from saegeo_core import Absent, FiringStatistics
from saegeo_core.measuring.resampled import bootstrapped, kin_left_out, spread_by_kin
from saegeo_core.statistics.resampling import documents_drawn_again


def test_kin_left_out_of_a_mean_give_its_standard_error_over_kin(rng):
    values, kin = rng.standard_normal(60), np.repeat(np.arange(20), 3)

    def measure(rows):
        return {"mean": values[rows].mean(), "largest": values[rows].max()}

    found = kin_left_out(measure, measure(np.arange(60)), kin, rng, of="values")
    expected = values.reshape(20, 3).mean(1).std(ddof=1) / np.sqrt(20)
    assert found["mean"].resampled.standard_error == pytest.approx(expected)
    assert found["mean"].key == found["largest"].key
    few = kin_left_out(measure, measure(np.arange(60)), kin % 9, rng, of="values")
    assert "9 groups of kin" in few["mean"].absent


def test_what_kin_add_is_what_the_spread_is_of(rng):
    values, kin = rng.standard_normal(60), np.repeat(np.arange(20), 3)
    known = spread_by_kin(values.mean(), values - values.mean(), kin).resampled
    assert known.standard_error == pytest.approx(values.reshape(20, 3).mean(1).std(ddof=1) / np.sqrt(20))
    assert known.population == "another dictionary like this one"


@pytest.mark.parametrize(("n_kin", "reason"), [(9, "9 groups of kin"), (30, "no kin adds more")])
def test_there_is_a_reason_where_there_is_no_interval(n_kin, reason):
    assert reason in spread_by_kin(0.5, np.zeros(90), np.arange(90) % n_kin).absent


def test_documents_give_what_each_alone_gives(rng):
    fired = rng.random((60, 10)) < 0.3
    firing = FiringStatistics.from_arrays(fired, document_of_block=np.repeat([3, 7, 8, 11], 15))

    def measure(counts, n_blocks):
        return {"rate": counts.mean() / n_blocks}

    found = bootstrapped(measure, measure(firing.counts, 60), firing, np.random.default_rng(1))
    document = np.repeat(np.arange(4), 15)
    drawn = documents_drawn_again(4, np.random.default_rng(1))[:, document]
    alone = [measure(firing.block_counts(weights), int(weights.sum()))["rate"] for weights in drawn]
    np.testing.assert_allclose(found["rate"].resampled.replicates, alone)


def test_one_document_has_no_interval(rng):
    one = FiringStatistics.from_arrays(rng.random((60, 10)) < 0.3, document_of_block=np.zeros(60, int))
    assert isinstance(bootstrapped(lambda counts, n: {"rate": 0.3}, {"rate": 0.3}, one, rng)["rate"], Absent)
