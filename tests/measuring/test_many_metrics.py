import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from saegeo_core import Absent, Described, Descriptions, FiringStatistics, NullComparison
from saegeo_core.firing.statistics import Control
from saegeo_core.measuring.many_metrics import (
    Known,
    bootstrapped,
    control_nulls,
    described_metrics,
    drawn_nulls,
    measured_controls,
    subsampled,
)
from saegeo_core.statistics.rank_correlation import standard_ranks
from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_core.statistics.resampling import documents_drawn_again, subsamples
from saegeo_core.synthetic import angular_gaussian, common_mean

DESCRIBED = Descriptions(
    one=Described("things", "higher", "The first."), two=Described("things", "lower", "The second.")
)


def test_subsamples_give_what_each_alone_gives(rng):
    values = rng.standard_normal(50)

    def measure(part):
        return {"mean": values[part].mean(), "largest": values[part].max()}

    found = subsampled(measure, measure(np.arange(50)), 50, np.random.default_rng(1), of="values")
    parts = subsamples(50, np.random.default_rng(1))
    for name in ("mean", "largest"):
        np.testing.assert_array_equal(found[name].resampled.replicates, [measure(part)[name] for part in parts])
    assert found["mean"].key == found["largest"].key
    assert isinstance(subsampled(measure, {"mean": 0.0}, 9, rng, of="values")["mean"], Absent)


def test_documents_give_what_each_alone_gives(rng):
    fired = rng.random((60, 10)) < 0.3
    firing = FiringStatistics.from_arrays(fired, document_of_block=np.repeat([3, 7, 8, 11], 15))

    def measure(counts, n_blocks):
        return {"rate": counts.mean() / n_blocks}

    found = bootstrapped(measure, measure(firing.counts, 60), firing, np.random.default_rng(1))
    document = np.repeat(np.arange(4), 15)
    alone = [
        measure(firing.block_counts(drawn[document]), int(drawn[document].sum()))["rate"]
        for drawn in documents_drawn_again(4, np.random.default_rng(1))
    ]
    np.testing.assert_allclose(found["rate"].resampled.replicates, alone)
    one = FiringStatistics.from_arrays(fired, document_of_block=np.zeros(60, int))
    assert isinstance(bootstrapped(measure, {"rate": 0.3}, one, rng)["rate"], Absent)


def test_counts_of_many_weights_are_those_of_each(rng):
    weights = rng.integers(0, 257, (5, 3000))
    for share in (0.3, 0.002):  # bits, and lists
        firing = FiringStatistics.from_arrays(rng.random((3000, 40)) < share)
        np.testing.assert_array_equal(firing.block_counts(weights), [firing.block_counts(one) for one in weights])


def test_controls_are_measured_and_the_only_one_halved(rng):
    fired = FiringStatistics.from_arrays(rng.random((50, 20)) < 0.3)
    control = Control(rng.standard_normal((20, 4)), fired)

    def measure(directions, counts):
        assert len(directions) == len(counts)
        return {"features": float(len(counts))}

    def with_controls(n):
        return FiringStatistics.from_arrays(rng.random((50, 20)) < 0.3, controls_from=(lambda: control,) * n)

    whole, halves = measured_controls(measure, with_controls(1), rng)
    assert [one["features"] for one in whole + halves] == [20.0] + [10.0] * 20
    assert len(measured_controls(measure, with_controls(3), rng)[0]) == 3
    assert measured_controls(measure, with_controls(3), rng)[1] == []
    assert control_nulls({"else": 1.0}, whole, halves) == {"else": ()}


def test_an_absent_number_takes_interval_and_nulls_with_it(rng):
    null = NullComparison(model="a", draws=None, mean=0.0)
    known = subsampled(lambda part: {"one": float(part.mean())}, {"one": 24.5}, 50, rng, of="numbers")
    metrics, replicates = described_metrics(
        DESCRIBED, {"one": 24.5, "two": Absent("no")}, n={"one": 50, "two": 0}, intervals=known, nulls={"one": [null]}
    )
    assert [metric.name for metric in metrics] == ["one", "two"]
    assert isinstance(known["one"], Known)
    assert metrics[0].nulls == (null,)
    assert metrics[1].estimate.absent == metrics[1].interval.absent == "no"
    assert [one.metric for one in replicates] == ["one"]


def test_draws_are_ranked_model_by_model():
    draws = {"first": [{"one": 1.0}, {"one": 3.0}, {"one": 5.0}], "second": [{"one": 9.0}] * 3}
    first, second = drawn_nulls({"one": 4.0}, draws)["one"]
    assert (first.pvalue, second.pvalue) == (pytest.approx(2 / 4), pytest.approx(1))
    assert first.z == pytest.approx(0.5)
    assert second.z is None


def test_products_of_standard_ranks_are_spearmans(rng):
    x, y = rng.integers(0, 6, (4, 40)), rng.standard_normal(40)
    expected = [spearmanr(one, y).statistic for one in x]
    np.testing.assert_allclose(standard_ranks(x) @ standard_ranks(y), expected)
    assert standard_ranks(np.ones(5)).tolist() == [0.0] * 5
    assert standard_ranks(np.ones(0)).shape == (0,)


@pytest.mark.parametrize("make", [angular_gaussian, common_mean])
def test_reflections_keep_what_they_say(make, rng):
    unit = make(400, 12, rng).double()
    reflected = ReflectedDirections.of(unit).sample(rng)
    assert torch.allclose(reflected.norm(dim=1), torch.ones(400, dtype=torch.float64))
    assert torch.allclose(reflected.mean(0), unit.mean(0), atol=0.02)
    assert torch.allclose(reflected.T @ reflected / 400, unit.T @ unit / 400, atol=0.02)
    assert float((reflected * unit).sum(1).mean()) < 0.5


def test_reflections_of_a_cloud_without_a_mean_keep_every_cosine(rng):
    unit = angular_gaussian(50, 12, rng).double()
    both = torch.cat([unit, -unit])
    reflected = ReflectedDirections.of(both).sample(rng)
    torch.testing.assert_close(reflected @ reflected.T, both @ both.T)
