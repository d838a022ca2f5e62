"""One function measured on parts and on other documents gives for each number what that number alone would have."""

import numpy as np
import pytest

from saegeo_core import Absent, FiringStatistics
from saegeo_core.measuring.resampled import bootstrapped, subsampled
from saegeo_core.statistics.resampling import documents_drawn_again, subsamples, subsampling_of


def test_subsamples_give_what_each_alone_gives(rng):
    values = rng.standard_normal(50)

    def measure(part):
        return {"mean": values[part].mean(), "largest": values[part].max()}

    found = subsampled(measure, measure(np.arange(50)), 50, np.random.default_rng(1), of="values")
    parts = subsamples(50, np.random.default_rng(1))
    for name in ("mean", "largest"):
        alone = subsampling_of(measure(np.arange(50))[name], [measure(part)[name] for part in parts], 0.8)
        assert found[name].resampled.confidence_interval == pytest.approx(alone.confidence_interval)
    assert found["mean"].key == found["largest"].key


def test_fewer_than_ten_items_have_no_interval(rng):
    (known,) = subsampled(lambda part: {"mean": 0.0}, {"mean": 0.0}, 9, rng, of="values").values()
    assert known == Absent("9 features are too few to leave some out")


def test_the_key_names_the_items_and_the_parts(rng):
    def key(seed, of):
        drawn = np.random.default_rng(seed)
        return subsampled(lambda part: {"mean": part.mean()}, {"mean": 9.5}, 20, drawn, of=of)["mean"].key

    assert key(1, "a") == key(1, "a")
    assert len({key(1, "a"), key(2, "a"), key(1, "b")}) == 3


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
