"""Planted copies are found again, unrelated dictionaries are not, and what cannot be compared is refused."""

import json

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core import Absent, AnalysisContext, MissingInput, SaegeoError, load_cloud, run
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.measuring.spread import Spread
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_core.synthetic import angular_gaussian, isotropic
from saegeo_core.synthetic.composites import COMPOSITES
from saegeo_stability.agreement import agreement
from saegeo_stability.calibrated import spreads

FEW = {"null_draws": 4}


@pytest.fixture
def stored(tmp_path):
    """Writes rows to a file and names it."""

    def store(rows, name="other"):
        path = tmp_path / f"{name}.npy"
        np.save(path, np.asarray(rows, np.float32))
        return str(path)

    return store


def measured(rows, other, **parameters):
    return run("stability", FeatureCloud.from_array(rows), parameters={"other": other, **FEW, **parameters})


def test_three_against_two_by_hand():
    """Rows at 0, 12 and 90 degrees against rows at 0 and 20."""
    first, second = (
        torch.tensor(np.stack([np.cos(np.radians(a)), np.sin(np.radians(a))], 1)) for a in ([0, 12, 90], [0, 20])
    )
    found = agreement(first, second, shared_above=0.995, one_to_one=True).numbers
    near, far = np.cos(np.radians([8, 70]))
    assert found["mmcs"] == pytest.approx((1 + near + far) / 3)
    assert found["mmcs_reverse"] == pytest.approx((1 + near) / 2)
    assert found["pw_mcc"] == pytest.approx((1 + near) / 2)
    assert found["pw_mcc_absolute"] == pytest.approx((1 + near) / 2)
    assert found["shared_share"] == 0.5
    assert found["mutual_share"] == pytest.approx(2 / 3)


def test_noisy_copies_in_another_order_are_found_and_paired(rng, stored):
    rows = isotropic(300, 32, rng)
    noisy = 0.9 * rows[torch.from_numpy(rng.permutation(300))] + 0.43 * isotropic(300, 32, rng)
    report = measured(rows, stored(noisy))
    assert report.metric("pw_mcc").estimate == pytest.approx(0.9, abs=0.01)
    assert report.metric("mutual_share").estimate == 1
    assert report.metric("shared_share").estimate == 1
    for name in ("mmcs", "pw_mcc"):
        assert report.metric(name).nulls[0].pvalue == pytest.approx(1 / 5)
        assert report.metric(name).nulls[0].z > 5
        assert report.metric(name).nulls[0].model != report.metric(name).nulls[1].model


def test_a_dictionary_and_itself(rng, stored):
    rows = angular_gaussian(60, 16, rng)
    report = measured(rows, stored(rows))
    for metric in report.measured:
        assert metric.value == pytest.approx(1, abs=1e-5)


def test_opposites_are_no_partners(rng, stored):
    rows = isotropic(100, 32, rng)
    assert measured(rows, stored(-rows)).metric("pw_mcc").estimate < 0.6


def test_opposites_are_partners_where_the_sign_does_not_count(rng):
    """Half of the rows turned about, in another order: all come back absolutely; signed, the turned ones do not."""
    rows = _unit(isotropic(100, 32, rng))
    signs = torch.ones(100, 1)
    signs[:50] = -1
    other = (signs * rows)[torch.from_numpy(rng.permutation(100))]
    found = agreement(rows, other, shared_above=0.7, one_to_one=True).numbers
    assert found["pw_mcc_absolute"] == pytest.approx(1, abs=1e-5)
    assert found["pw_mcc"] < 0.8


UNRELATED = ("spectrum rank^-1", "common mean", "common mean, spectrum rank^-1", "families of 5", "two subspaces")


@pytest.mark.parametrize("law", UNRELATED)
def test_unrelated_dictionaries_of_one_law_are_not_called_alike(law):
    """Along axes of both beside their mean, the first had p <= .05 in .23 of pairs of 400 x 32."""
    n_trials, pvalues, found = 60, [], []
    for seed in range(n_trials):
        rng = np.random.default_rng(seed)
        first, second = (_unit(COMPOSITES[law](80, 16, rng)) for _ in range(2))
        reflected = ReflectedDirections.of(second)
        draws = [_mmcs(first, reflected.sample(rng)) for _ in range(19)]
        pvalues.append(permutation_pvalue(_mmcs(first, second), draws, "greater"))
        if seed < 10:
            shared = rng.permutation(80)[:24]
            second[shared] = _unit(first[shared] + 0.5 * isotropic(24, 16, rng))
            reflected = ReflectedDirections.of(second)
            draws = [_mmcs(first, reflected.sample(rng)) for _ in range(19)]
            found.append(permutation_pvalue(_mmcs(first, second), draws, "greater"))
    assert stats.binom.sf(sum(p <= 0.05 for p in pvalues) - 1, n_trials, 0.05) > 1e-2
    assert max(found) <= 0.05


def _unit(rows):
    return rows / rows.norm(dim=1, keepdim=True)


def _mmcs(first, second):
    return float((first @ second.T).max(1).values.mean())


@pytest.mark.parametrize("name", ["uniform", "families of 5", "families of 20 of unlike tightness"])
def test_intervals_cover(name):
    """Both dictionaries are drawn anew, the other a blurred copy. Rows taken one by one would cover .6 where families are."""
    n_clouds, drawn = 60, {"mmcs": [], "mmcs_reverse": [], "pw_mcc": [], "mutual_share": []}
    for seed in range(n_clouds):
        rng = np.random.default_rng([1, seed])
        rows = COMPOSITES[name](300, 24, rng)
        cloud, other = map(FeatureCloud.from_array, (rows, rows + 0.8 * isotropic(300, 24, rng)))
        context = AnalysisContext(rng=rng)
        found = agreement(cloud.unit_vectors(), other.unit_vectors(), shared_above=0.7, one_to_one=True).means
        known = spreads(found, cloud, other, context)
        for metric, collected in drawn.items():
            if isinstance(known[metric], Spread):
                collected.append(known[metric].resampled)
    for metric, collected in drawn.items():
        truth = np.mean([one.estimate for one in collected])
        covered = sum(one.confidence_interval[0] <= truth <= one.confidence_interval[1] for one in collected)
        assert stats.binom.cdf(covered, len(collected), 0.93) > 1e-3, (metric, covered)


def test_larger_dictionaries_are_not_paired_and_say_how_to_have_it(rng, stored):
    report = measured(isotropic(30, 8, rng), stored(isotropic(40, 8, rng)), max_paired=39)
    assert "max_paired=40" in report.metric("pw_mcc").estimate.absent
    assert report.metric("mmcs").value is not None


def test_other_widths_are_refused(rng, stored):
    with pytest.raises(SaegeoError, match="share no cosines"):
        measured(isotropic(30, 8, rng), stored(isotropic(30, 9, rng)))


def test_without_the_other_one_is_told_what_to_type(rng):
    with pytest.raises(MissingInput) as error:
        run("stability", FeatureCloud.from_array(isotropic(30, 8, rng)))
    assert "--set stability.other=minilm-l6:seed_1_layer_3" in error.value.hint


def test_the_other_weights_are_part_of_the_report(rng, stored, tmp_path):
    cloud, out = FeatureCloud.from_array(isotropic(30, 8, rng)), tmp_path / "out"
    first, second = isotropic(30, 8, rng), isotropic(30, 8, rng)
    values = []
    for rows in (first, second, first):
        parameters = {"other": stored(rows), **FEW}
        report = run("stability", cloud, parameters=parameters, out=out)
        assert report.inputs["other"]["digest"] == load_cloud(parameters["other"]).digest
        values.append(report.metric().value)
    assert values[0] == values[2] != values[1]
    assert len(list(out.rglob("stability-*.json"))) == 2
    assert json.loads(report.to_json())["parameters"]["other"] == parameters["other"]


def test_the_same_seed_gives_the_same_numbers_on_one_thread_and_two(rng, stored):
    rows, other = isotropic(300, 32, rng), stored(isotropic(280, 32, rng))
    threads, reports = torch.get_num_threads(), []
    try:
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            reports.append(measured(rows, other))
    finally:
        torch.set_num_threads(threads)
    for one, two in zip(reports[0].measured, reports[1].measured, strict=True):
        assert one.value == pytest.approx(two.value, rel=1e-5)
        assert one.interval.low == pytest.approx(two.interval.low, rel=1e-5)


@pytest.mark.parametrize(
    "rows",
    [
        np.array([[1.0, 2.0]]),
        np.ones((4, 1)),
        np.ones((15, 3)),
        np.repeat(np.eye(4), 4, axis=0),
        np.random.default_rng(0).standard_normal((5, 40)),
        np.concatenate([np.ones((15, 3)), -np.ones((15, 3))]),
    ],
    ids=["one feature", "one dimension", "equal rows", "copies", "wide", "two points"],
)
def test_degenerate_clouds_have_reasons_instead_of_crashes(rows, stored):
    other = np.tile(rows, (20, 1))  # tall: a wide matrix in a file would be refused
    report = measured(rows, stored(other))
    for metric in report.measured:
        for part in (metric.estimate, metric.interval, metric.nulls):
            assert not isinstance(part, Absent) or part.absent
