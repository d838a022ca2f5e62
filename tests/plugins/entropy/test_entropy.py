"""The plugin as a user runs it: what moves a number and what does not, intervals, tables, and clouds with nothing to measure."""

import numpy as np
import pytest
import torch

from saegeo_core import Absent, run
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.synthetic import families, isotropic, with_duplicates
from saegeo_entropy.surrogates import ANGULAR, GAUSSIAN

NAMES = [
    "negentropy",
    "negentropy_q100",
    "entropy",
    "nearest_neighbor_distance",
    "intrinsic_dimension_twonn",
    "intrinsic_dimension_mle",
    "duplicate_rows",
]
SMALL = {"q": 4}


@pytest.fixture(scope="module", autouse=True)
def kept_draws(tmp_path_factory):
    """Null draws of equal sizes are shared by the tests of this file."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SAEGEO_CACHE", str(tmp_path_factory.mktemp("draws")))
    yield
    patch.undo()


def measure(rows, preset="calibrated", seed=0, **parameters):
    chosen = parameters if preset == "paper" else SMALL | parameters
    return run("entropy", FeatureCloud.from_array(rows), preset=preset, parameters=chosen, seed=seed)


def values(report):
    return {metric.name: metric.value for metric in report.measured}


@pytest.fixture(scope="module")
def rows():
    """Ten families of twelve unit rows."""
    return families(120, 10, np.random.default_rng(7), size=12, correlation=0.6).double()


@pytest.fixture(scope="module")
def report(rows):
    return measure(rows)


def test_every_metric_has_what_it_needs(report):
    assert [metric.name for metric in report.measured] == NAMES
    for metric in report.measured:
        if metric.name in ("negentropy_q100", "duplicate_rows"):
            continue
        assert [null.model for null in metric.nulls] == [ANGULAR, GAUSSIAN]
        assert all(null.draws == 39 for null in metric.nulls)
        if metric.name == "intrinsic_dimension_mle":
            assert "overlap" in metric.interval.absent
        else:
            assert metric.interval.low < metric.value < metric.interval.high
    assert "10 dimensions" in report.metric("negentropy_q100").estimate.absent
    assert report.metric("negentropy").nulls[0].mean == 0


def test_families_read_above_their_surrogates(report):
    negentropy = report.metric("negentropy")
    assert negentropy.nulls[0].z > 3
    assert negentropy.nulls[0].pvalue == 1 / 40
    assert report.metric("entropy").nulls[0].z == pytest.approx(-negentropy.nulls[0].z)
    assert report.metric("intrinsic_dimension_mle").nulls[0].z < -2


def test_rotation_order_and_scale_change_what_they_should(rows, report, rng):
    rotation = torch.linalg.qr(torch.from_numpy(rng.standard_normal((10, 10)))).Q
    before = values(report)
    for after in (rows @ rotation, rows[torch.from_numpy(rng.permutation(120))]):
        assert values(measure(after)) == pytest.approx(before, abs=1e-9)
    scaled = values(measure(10 * rows))
    assert scaled.pop("entropy") == pytest.approx(before["entropy"] + 4 * np.log(10), abs=1e-9)
    assert scaled.pop("nearest_neighbor_distance") == pytest.approx(10 * before["nearest_neighbor_distance"])
    assert scaled == pytest.approx({name: before[name] for name in scaled}, abs=1e-9)


def test_one_thread_and_two_give_the_same_numbers(rows, monkeypatch):
    monkeypatch.setenv("SAEGEO_CACHE", "")
    threads, reports = torch.get_num_threads(), []
    try:
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            reports.append(measure(rows, seed=3))
    finally:
        torch.set_num_threads(threads)
    for one, two in zip(reports[0].measured, reports[1].measured, strict=True):
        assert one.value == pytest.approx(two.value, abs=1e-9)
        for null_one, null_two in zip(
            *((metric.nulls if isinstance(metric.nulls, tuple) else ()) for metric in (one, two)), strict=True
        ):
            assert null_one.mean == pytest.approx(null_two.mean, abs=1e-9)
            assert null_one.pvalue == null_two.pvalue


def test_kept_draws_change_no_number(rows, report, monkeypatch):
    monkeypatch.setenv("SAEGEO_CACHE", "")
    again = measure(rows)
    assert [metric.model_dump() for metric in again.measured] == [metric.model_dump() for metric in report.measured]


def test_one_longer_row_moves_nothing_to_another_null(rng):
    """On the old switch a single row 3 % longer had uniform directions judged by Gaussian rows: -1.6 nats and more."""
    unit = isotropic(120, 6, rng).double()
    lengths = torch.ones(120, 1, dtype=torch.float64)
    lengths[0] = 1.03
    same, longer = measure(unit), measure(unit * lengths)
    for name in ("negentropy", "nearest_neighbor_distance"):
        before, after = same.metric(name), longer.metric(name)
        assert [null.model for null in before.nulls] == [null.model for null in after.nulls] == [ANGULAR, GAUSSIAN]
        deviation = before.nulls[0].standard_deviation
        assert after.value - after.nulls[0].mean == pytest.approx(
            before.value - before.nulls[0].mean, abs=0.5 * deviation
        )


def test_rows_along_one_direction_have_no_directions_to_draw(rng):
    report = measure(rng.uniform(1, 2, (60, 1)) * np.array([[1.0, 2.0, 2.0]]))
    assert [null.model for null in report.metric("negentropy").nulls] == [GAUSSIAN]


def test_repeated_rows_are_counted_and_left_out(rng):
    rows = isotropic(100, 6, rng).double()
    alone, repeated = measure(rows), measure(with_duplicates(rows, rng, duplicates=9))
    assert repeated.metric("duplicate_rows").value == 9
    assert repeated.metric("duplicate_rows").n == 109
    for name in ("negentropy", "entropy", "intrinsic_dimension_twonn"):
        assert repeated.metric(name).value == pytest.approx(alone.metric(name).value, abs=1e-9)


def test_at_most_so_many_rows_are_scored(rng):
    rows = rng.standard_normal((300, 6))
    few = measure(rows, n_rows=120, n_neighbor_rows=60)
    assert few.metric("negentropy").n == 120
    assert few.metric("intrinsic_dimension_mle").n == 60
    assert few.metric("duplicate_rows").n == 300
    assert measure(rows, n_rows=120, seed=1).metric("negentropy").value != few.metric("negentropy").value


def test_tables_agree_with_metrics(report):
    surrogates, scales = report.table("surrogates"), report.table("intrinsic_dimension")
    for column in ("observed", "angular", "gaussian"):
        assert surrogates[column].sum() == pytest.approx(1)
    width = surrogates["negentropy"].diff().max()
    marked = surrogates["negentropy"][surrogates["observed"] == 1].item()
    assert marked == pytest.approx(report.metric("negentropy").value, abs=width)
    averaged = scales["observed"][scales["neighbors"].between(10, 20)].mean()
    assert averaged == pytest.approx(report.metric("intrinsic_dimension_mle").value)
    assert (scales["angular_low"] <= scales["angular"]).all()
    assert (scales["angular"] <= scales["angular_high"]).all()


def test_no_seed_moves_an_interval(rows, report):
    again = measure(rows, seed=1)
    for name in ("entropy", "nearest_neighbor_distance"):
        assert again.metric(name).interval == report.metric(name).interval


def degenerate_clouds():
    rng = np.random.default_rng(0)
    low_rank = (rng.standard_normal((60, 2)) @ rng.standard_normal((2, 30))).astype(np.float32)
    return {
        "one feature": np.array([[1.0, 2.0]]),
        "two features": np.array([[1.0, 0.0], [0.0, 1.0]]),
        "one dimension": rng.standard_normal((100, 1)),
        "one dimension, unit rows": np.sign(rng.standard_normal((100, 1))),
        "all rows equal": np.full((50, 3), 1 / 3),
        "all repeated twice": np.repeat(rng.standard_normal((30, 4)), 2, axis=0),
        "ten different rows": rng.standard_normal((10, 5)),
        "two points": np.concatenate([np.ones((50, 3)), -np.ones((50, 3))]),
        "rank 2": low_rank,
        "more dimensions than rows": rng.standard_normal((30, 200)),
        "orthonormal": np.eye(64),
        "axes and their opposites": np.concatenate([np.eye(40), -np.eye(40)]),
        "grid": np.stack(np.meshgrid(np.arange(9.0), np.arange(9.0)), -1).reshape(-1, 2) + 1,
        "circle": np.stack([np.cos(np.arange(90.0)), np.sin(np.arange(90.0))], 1),
        "one far out": np.concatenate([rng.standard_normal((80, 3)), [[1e8, 0, 0]]]),
    }


@pytest.mark.parametrize("preset", ["calibrated", "paper"])
@pytest.mark.parametrize("name", degenerate_clouds())
def test_degenerate_clouds_have_reasons_instead_of_crashes(name, preset):
    rows = degenerate_clouds()[name]
    report = run("entropy", FeatureCloud.from_array(rows), preset=preset, parameters={})
    assert [metric.name for metric in report.measured] == (NAMES if preset == "calibrated" else ["negentropy"])
    for metric in report.measured:
        for part in (metric.estimate, metric.interval, metric.nulls):
            assert not isinstance(part, Absent) or part.absent


def test_q_is_lowered_and_said(rng):
    report = run("entropy", FeatureCloud.from_array(rng.standard_normal((100, 6))))
    assert report.warnings == ("q was lowered from 20 to 6: the rows span 6 dimensions",)
    assert "q = 6" in report.metric("negentropy").description
    report = run("entropy", FeatureCloud.from_array(rng.standard_normal((60, 50))))
    assert report.warnings == ("q was lowered from 20 to 15: 60 rows are enough for 15 (4 for each dimension)",)


def test_the_published_number_stands_beside_gaussians_and_warnings(rng):
    rows = families(400, 120, rng, size=4, correlation=0.5)
    report = measure(rows, preset="paper", q=60)
    negentropy = report.metric("negentropy")
    (null,) = negentropy.nulls
    assert negentropy.value > 100
    assert null.mean == pytest.approx(negentropy.value, rel=0.1)
    for text in ("nearly all of it is an artefact", "resampling with replacement repeats 6", "log volume"):
        assert any(text in warning for warning in report.warnings)
    assert "does not cover" in negentropy.interval.method
