"""What is measured quickly of random dictionaries is what is measured exactly, and a sample that is paired ranks as all would."""

import numpy as np
import pytest
import torch

from saegeo_core import FeatureCloud, run
from saegeo_core.synthetic import angular_gaussian, isotropic
from saegeo_stability import quick_agreement, random_dictionaries
from saegeo_stability.agreement import agreement
from saegeo_stability.quick_agreement import QuickAgreement


def _unit(rows):
    return rows / rows.norm(dim=1, keepdim=True)


@pytest.mark.parametrize(("n", "m"), [(60, 60), (60, 80), (80, 60), (60, 150), (1024, 60)])
def test_quick_numbers_are_the_exact_ones(n, m, rng):
    """Of two others at once. Where one is more than twice the other, features are paired with one of their nearest."""
    second, others = _unit(angular_gaussian(m, 12, rng)), [_unit(angular_gaussian(n, 12, rng)) for _ in range(2)]
    for one in others:
        one[:20] = _unit(second[:20] + 0.1 * isotropic(20, 12, rng))
    products = torch.stack([one @ second.T if n <= m else second @ one.T for one in others])
    sample = np.arange(min(n, m))
    quick = QuickAgreement(2, products.shape[1:], is_turned=n > m, shared_above=0.7, sample=sample, in_full=True)
    for start, stop in ((0, 7), (7, min(n, m))):
        quick.look(slice(start, stop), products[:, start:stop])
    exact = [agreement(one, second, shared_above=0.7, one_to_one=True) for one in others]
    for found, wanted in zip(quick.numbers(), exact, strict=True):
        assert found == pytest.approx(wanted.numbers, abs=1e-6 if 2 * min(n, m) > max(n, m) else 2e-3)
    in_full = quick.numbers_in_full()
    assert in_full == pytest.approx({name: exact[-1].numbers[name] for name in in_full}, rel=5e-3)
    np.testing.assert_allclose(quick.nearest, exact[-1].means["mmcs"].values, atol=1e-6)


@pytest.fixture
def beside(tmp_path):
    """A report of rows beside others."""

    def measured(rows, other, **parameters):
        np.save(tmp_path / "other.npy", np.asarray(other, np.float32))
        parameters = {"other": str(tmp_path / "other.npy"), "null_draws": 19, **parameters}
        return run("stability", FeatureCloud.from_array(rows), parameters=parameters)

    return measured


@pytest.mark.parametrize("turned", [False, True])
def test_a_sample_that_is_paired_ranks_as_all_would_and_tells_the_mean_of_all(turned, beside, rng, monkeypatch):
    rows, other = angular_gaussian(150, 24, rng), angular_gaussian(200, 24, rng)
    rows[:30] = other[:30] + 0.05 * isotropic(30, 24, rng)
    pair = (other, rows) if turned else (rows, other)
    whole = beside(*pair)
    monkeypatch.setattr(quick_agreement, "MOST_PAIRED", 50)
    monkeypatch.setattr(random_dictionaries, "MOST_PAIRED", 50)
    sampled = beside(*pair)
    for name in ("pw_mcc", "pw_mcc_absolute"):
        one, other = whole.metric(name), sampled.metric(name)
        assert one.value == other.value
        assert one.nulls[0].pvalue == other.nulls[0].pvalue == 0.05
        assert other.nulls[0].mean == pytest.approx(one.nulls[0].mean, abs=3 * one.nulls[0].standard_deviation)
        assert other.nulls[0].z > 3
        assert [null.model for null in other.nulls] == [random_dictionaries.SAMPLED]
        assert len(one.nulls) == 3
    assert sampled.metric("mmcs").nulls[0].mean == pytest.approx(whole.metric("mmcs").nulls[0].mean, rel=0.05)


def test_unrelated_dictionaries_are_not_called_alike_by_a_sample_that_is_paired(beside, monkeypatch):
    monkeypatch.setattr(quick_agreement, "MOST_PAIRED", 20)
    monkeypatch.setattr(random_dictionaries, "MOST_PAIRED", 20)
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        report = beside(isotropic(60, 16, rng), isotropic(60, 16, rng), null_draws=7)
        found.append(report.metric("pw_mcc").nulls[0].pvalue)
    assert np.mean(np.array(found) <= 1 / 8) <= 0.3


def test_the_report_tells_how_good_the_pairings_are(beside, rng):
    table = beside(isotropic(80, 16, rng), isotropic(90, 16, rng)).table("pairings")
    assert list(table.metric) == ["pw_mcc", "pw_mcc_absolute"]
    assert bool((table.at_most >= table["mean"]).all())
    assert bool((table.at_most - table["mean"] <= 1e-4 * table["mean"]).all())
