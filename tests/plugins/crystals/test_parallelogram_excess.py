"""Near-parallelograms beside chance: plants stand out, chance is calibrated, and what the findings say of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core import Absent, AnalysisContext, FeatureCloud
from saegeo_core.synthetic import angular_gaussian, common_mean, families, isotropic, with_parallelograms
from saegeo_crystals.near_parallelograms import parallelogram_errors
from saegeo_crystals.parallelogram_excess import CountRatioLaw, parallelogram_excess, ratio_of_counts, sketched
from saegeo_crystals.parallelogram_findings import parallelogram_findings

N_CLOUDS = 30


def unit(rows):
    return torch.nn.functional.normalize(torch.as_tensor(rows, dtype=torch.float64), dim=1).float()


def quadruples(found):
    return {tuple(sorted(corners)) for corners in found.corners.tolist()}


def planted_ones(n, count):
    return {tuple(range(first, first + 4)) for first in range(n - 4 * count, n, 4)}


@pytest.mark.parametrize("make", [isotropic, angular_gaussian, common_mean])
def test_noisy_plants_are_found_and_rejected_by_the_null(make, rng):
    rows = with_parallelograms(make(1500, 300, rng), rng, count=50)
    excess = parallelogram_excess(rows, rng)
    found = planted_ones(1500, 50) & quadruples(excess.observed)
    assert len(found) >= 45
    assert excess.law.pvalue(excess.ratio.estimate, "greater") == 1 / 20
    assert excess.ratio.confidence_interval[0] > 1.5
    first = {tuple(sorted(corners)) for corners in excess.observed.corners[:40].tolist()}
    assert len(first & found) >= 38


def test_the_null_is_calibrated():
    """Clouds that are draws of the null: ratio 1, p-values uniform, intervals that hold 1 nineteen times in twenty."""
    ratios, pvalues, held = [], [], 0
    for seed in range(N_CLOUDS):
        rng = np.random.default_rng(seed)
        excess = parallelogram_excess(angular_gaussian(400, 32, rng), rng, n_expected=10)
        ratios.append(excess.ratio.estimate)
        pvalues.append(excess.law.pvalue(excess.ratio.estimate, "greater"))
        low, high = excess.ratio.confidence_interval
        held += low <= 1 <= high
    error = np.std(ratios, ddof=1) / np.sqrt(N_CLOUDS)
    assert abs(np.mean(ratios) - 1) < 3.5 * error
    assert error < 0.06
    assert stats.binom.sf(np.sum(np.array(pvalues) <= 0.1) - 1, N_CLOUDS, 0.1) > 1e-3
    assert stats.binom.sf(np.sum(np.array(pvalues) > 0.9) - 1, N_CLOUDS, 0.15) > 1e-3  # ties make p-values coarse
    assert stats.binom.cdf(held, N_CLOUDS, 0.95) > 1e-3


def test_the_interval_of_a_ratio_of_counts():
    """Against scipy's own exact interval of a share, from which the ratio follows: 30 seen, 19 draws of 20."""
    null_counts = np.full(19, 20)
    share = stats.binomtest(30, 30 + 380).proportion_ci(method="exact")
    low, high = ratio_of_counts(30, null_counts).confidence_interval
    assert low == pytest.approx(19 * share.low / (1 - share.low))
    assert high == pytest.approx(19 * share.high / (1 - share.high))
    low, high = ratio_of_counts(0, null_counts).confidence_interval
    assert low == 0
    assert 0 < high < 0.3


def test_the_standard_error_of_a_ratio_of_counts(rng):
    """Against the spread of ratios of counts that are Poisson."""
    ratios = rng.poisson(30, 20_000) / rng.poisson(20, (20_000, 19)).mean(1)
    assert ratio_of_counts(30, np.full(19, 20)).standard_error == pytest.approx(ratios.std(), rel=0.03)


def test_the_law_of_a_ratio_of_counts():
    law = CountRatioLaw(np.array([1, 2, 3]))
    assert law.mean == 1
    assert law.standard_deviation == 0.5
    assert law.zscore(2.5) == 3
    assert law.pvalue(1.5, "greater") == 2 / 4
    assert law.pvalue(1.6, "greater") == 1 / 4
    assert CountRatioLaw(np.array([4])).standard_deviation == 0


def test_a_sketch_keeps_angles_and_narrow_clouds_as_they_are(rng):
    narrow = isotropic(100, 40, rng) * torch.from_numpy(rng.uniform(0.1, 9, (100, 1))).float()
    assert torch.allclose(sketched(narrow, rng), unit(narrow), atol=1e-5)
    wide = families(300, 1000, rng)
    kept = sketched(wide, rng)
    assert kept.shape == (300, 256)
    assert torch.linalg.vector_norm(kept, dim=1).numpy() == pytest.approx(1, abs=1e-5)
    errors = ((kept @ kept.T) - (wide @ wide.T)).flatten()
    assert errors.std() < 1.1 / 256**0.5


def findings(rows, seed=0, **settings):
    cloud = rows if isinstance(rows, FeatureCloud) else FeatureCloud.from_array(rows)
    return parallelogram_findings(cloud, AnalysisContext(rng=np.random.default_rng(seed)), **settings)


def test_the_findings_name_features_labels_and_links(rng):
    rows = with_parallelograms(isotropic(600, 280, rng), rng, count=12, noise=0.1)
    rows[0] = 0
    cloud = FeatureCloud.from_array(rows, labels=[f"about {k}" for k in range(600)])
    cloud = replace(cloud, sae=cloud.sae.model_copy(update={"neuronpedia_id": "gpt2-small/6-res-jb"}))
    found = findings(cloud, n_listed=10)
    table = found.tables["parallelograms"]
    assert len(table) == 10
    assert table["error"].is_monotonic_increasing
    assert table["rank"].tolist() == list(range(1, 11))
    best = table.iloc[0]
    ids = [int(best[f"feature_{corner}"]) for corner in "abcd"]
    assert tuple(sorted(ids)) in planted_ones(600, 12)
    points = unit(rows)[ids].double()
    assert best["error"] == pytest.approx(parallelogram_errors(points[None]).item(), rel=1e-5)
    assert [best[f"label_{corner}"] for corner in "abcd"] == [f"about {k}" for k in ids]
    assert best["link_c"] == f"https://www.neuronpedia.org/gpt2-small/6-res-jb/{ids[2]}"


def test_the_counts_agree_with_the_metric(rng):
    found = findings(with_parallelograms(angular_gaussian(500, 48, rng), rng, count=8))
    [metric], counts = found.metrics, found.tables["parallelogram_counts"]
    last = counts.iloc[-1]
    assert metric.n == last["observed"]
    assert metric.estimate == pytest.approx(last["observed"] / last["expected"])
    assert (np.diff(counts["observed"]) >= 0).all()
    assert (counts["null_least"] <= counts["expected"]).all()
    assert found.figures[0].table == "parallelogram_counts"


def test_the_same_seed_gives_the_same_numbers_on_one_thread_and_two(rng):
    rows = with_parallelograms(angular_gaussian(500, 300, rng), rng, count=8)
    threads = torch.get_num_threads()
    try:
        both = []
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            both.append(findings(rows, seed=3, null_draws=3))
    finally:
        torch.set_num_threads(threads)
    one, two = both
    assert one.metrics[0].estimate == two.metrics[0].estimate
    assert (
        one.tables["parallelograms"].filter(like="feature").equals(two.tables["parallelograms"].filter(like="feature"))
    )


def test_a_lattice_is_told_apart_from_a_few(rng):
    corners = np.array(np.meshgrid(*[[-1.0, 1.0]] * 9)).reshape(9, -1).T
    found = findings(corners + 0.01 * rng.standard_normal(corners.shape))
    assert any("lower bound" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (np.array([[1.0, 2.0]]), "too few"),
        (np.eye(30), "too few"),
        (np.ones((500, 6)), "axes"),
        (np.concatenate([np.ones((300, 3)), -np.ones((300, 3))]), "axes"),
        (np.random.default_rng(0).standard_normal((500, 1)), "axes"),
        (np.repeat(np.eye(5), 200, axis=0), None),
        (np.repeat(np.random.default_rng(0).standard_normal((40, 30)), 20, axis=0), None),
        (np.random.default_rng(0).standard_normal((500, 2)), None),
        (np.random.default_rng(0).standard_normal((450, 900)), None),
    ],
    ids=["one", "few", "equal", "two points", "one dimension", "five points", "copies", "plane", "wide"],
)
def test_degenerate_clouds_have_reasons_instead_of_crashes(rows, reason):
    [metric] = findings(rows).metrics
    if reason is not None:
        assert isinstance(metric.estimate, Absent)
        assert reason in metric.estimate.absent
    elif not isinstance(metric.estimate, Absent):
        assert metric.estimate >= 0
