"""Spreads against what is known of means, and of each number alone."""

from functools import partial

import numpy as np
import pytest

from saegeo_core import FiringStatistics
from saegeo_core.measuring.resampled import (
    documents_and_kin_left_out,
    kin_left_out,
    median_by_kin,
    share_by_kin,
    spread_by_kin,
)


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


@pytest.mark.parametrize("size", [1, 4])
def test_the_interval_of_a_median_covers_where_that_of_parts_left_out_does_not(size):
    covered = {"by kin": 0, "left out": 0}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        kin = np.repeat(np.arange(200 // size), size)
        values = rng.exponential(size=200 // size)[kin] + 0.1 * rng.standard_normal(200)
        truth = np.log(2) + 0.005  # to second order: noise of variance .01 moves the median by half of it

        def measure(rows, values=values):
            return {"median": float(np.median(values[rows]))}

        known = {
            "by kin": median_by_kin(values, kin),
            "left out": kin_left_out(measure, measure(slice(None)), kin, rng, of="")["median"],
        }
        for name, one in known.items():
            low, high = one.resampled.confidence_interval
            covered[name] += low <= truth <= high
    assert 0.93 <= covered["by kin"] / 300 <= 0.985, covered
    assert covered["left out"] / 300 < 0.93, covered


def test_the_interval_of_a_median_of_equal_numbers_is_that_number():
    known = median_by_kin(np.ones(50), np.arange(50)).resampled
    assert known.confidence_interval == (1.0, 1.0)
    assert known.standard_error == 0


def test_a_share_of_none_is_known_as_well_as_its_kin_are_many():
    few, many = (share_by_kin(np.zeros(90), np.arange(90) % n_kin).resampled for n_kin in (10, 90))
    assert few.confidence_interval[0] == many.confidence_interval[0] == 0
    assert 0.3 < few.confidence_interval[1] < 0.4
    assert many.confidence_interval[1] == pytest.approx(1 - 0.025 ** (1 / 90))
    for known in (share_by_kin, median_by_kin):
        assert "9 groups of kin" in known(np.zeros(90), np.arange(90) % 9).absent


def mean_rate(rate_of_feature, features, counts, n_blocks):
    return {"rate": float((counts / n_blocks - rate_of_feature)[features].mean())}


def test_each_replicate_lacks_one_group_of_documents_and_one_of_kin(rng):
    fired, document, kin = rng.random((60, 30)) < 0.3, np.repeat(np.arange(12), 5), np.arange(30) // 2
    firing = FiringStatistics.from_arrays(fired, document_of_block=document)

    def measure(features, counts, n_blocks):
        return {"blocks": float(n_blocks), "features": float(len(features)), "fired": float(counts[features].sum())}

    found = documents_and_kin_left_out(
        measure, measure(np.arange(30), firing.counts, 60), firing, kin, document_rng=rng, kin_rng=rng
    )
    assert found["blocks"].resampled.replicates.tolist() == [55.0] * 12
    assert sorted(found["features"].resampled.replicates.tolist()) == [26.0] * 3 + [28.0] * 9
    assert found["fired"].resampled.population == "both"
    assert 0 < found["fired"].resampled.replicates.max() < fired.sum()


def test_intervals_hold_in_other_text_and_another_dictionary():
    """A mean over features, of families that share their rate, and over documents that share theirs, of unlike lengths."""
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        family, document = np.repeat(np.arange(30), 4), np.repeat(np.arange(40), rng.geometric(0.3, 40))
        odds = rng.standard_normal(30)[family] * 0.5 + rng.standard_normal(40)[document][:, None] * 0.5
        firing = FiringStatistics.from_arrays(odds + rng.standard_normal(odds.shape) > 0, document_of_block=document)
        measure = partial(mean_rate, np.zeros(120))
        found = documents_and_kin_left_out(
            measure,
            measure(np.arange(120), firing.counts, len(document)),
            firing,
            family,
            document_rng=rng,
            kin_rng=rng,
        )
        low, high = found["rate"].resampled.confidence_interval
        covered += low <= 0.5 <= high
    assert 0.90 < covered / 200 < 0.985, covered


def test_few_documents_and_few_kin_have_no_interval(rng):
    fired, ten = rng.random((60, 20)) < 0.3, np.arange(60) % 10
    rngs = {"document_rng": rng, "kin_rng": rng}
    for document, kin, reason in (
        (ten % 9, np.arange(20), "9 documents"),
        (ten, np.arange(20) % 9, "9 groups of kin"),
        (None, np.arange(20), "which features fired in which documents"),
    ):
        firing = FiringStatistics.from_arrays(fired, document_of_block=document)
        found = documents_and_kin_left_out(lambda *_: {"rate": 0.3}, {"rate": 0.3}, firing, kin, **rngs)
        assert reason in found["rate"].absent
