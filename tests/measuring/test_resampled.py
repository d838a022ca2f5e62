"""One function measured on parts and on other documents gives for each number what that number alone would have."""

import numpy as np
import pytest

from saegeo_core import Absent, FiringStatistics
from saegeo_core.measuring.resampled import bootstrapped, subsampled
from saegeo_core.statistics.resampling import document_bootstrap, scaled_subsampling


def test_subsamples_give_what_each_alone_gives(rng):
    values = rng.standard_normal(50)

    def measure(part):
        return {"mean": values[part].mean(), "largest": values[part].max()}

    found = subsampled(measure, measure(np.arange(50)), 50, np.random.default_rng(1), of="values")
    for name in ("mean", "largest"):
        alone = scaled_subsampling(lambda part, name=name: measure(part)[name], 50, np.random.default_rng(1))
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
    alone = document_bootstrap(
        lambda drawn: measure(firing.block_counts(drawn[document]), int(drawn[document].sum()))["rate"],
        4,
        np.random.default_rng(1),
    )
    np.testing.assert_allclose(found["rate"].resampled.replicates, alone.replicates)


def test_one_document_has_no_interval(rng):
    one = FiringStatistics.from_arrays(rng.random((60, 10)) < 0.3, document_of_block=np.zeros(60, int))
    assert isinstance(bootstrapped(lambda counts, n: {"rate": 0.3}, {"rate": 0.3}, one, rng)["rate"], Absent)
