"""The search for near-parallelograms: plants found, trivial ones left out, the dense way agreed with, chance calibrated."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core import Absent, AnalysisContext
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.synthetic import (
    angular_gaussian,
    common_mean,
    families,
    isotropic,
    with_duplicates,
    with_parallelograms,
)
from saegeo_crystals.near_parallelograms import (
    SHORTEST_SIDE,
    Parallelograms,
    mutual_neighbors,
    near_parallelograms,
    parallelogram_errors,
)
from saegeo_crystals.parallelogram_findings import parallelogram_findings
from saegeo_crystals.parallelogram_null import ParallelogramExcess, parallelogram_excess, sketched

N_CLOUDS = 30


def unit(rows):
    return torch.nn.functional.normalize(torch.as_tensor(rows, dtype=torch.float64), dim=1).float()


def rectangle(cosine=0.6, width=8):
    """Two things with two properties, all perpendicular: an exact parallelogram of unit rows."""
    x, y, s, t = torch.eye(4, width)
    thing, other = cosine**0.5, (1 - cosine) ** 0.5
    return torch.stack([thing * x + other * s, thing * x + other * t, thing * y + other * s, thing * y + other * t])


def quadruples(found):
    return {tuple(sorted(corners)) for corners in found.corners.tolist()}


def planted_ones(n, count):
    return {tuple(range(first, first + 4)) for first in range(n - 4 * count, n, 4)}


def error_in_plain_numpy(x, a, b, c, d):
    length = np.linalg.norm
    readings = [
        (length(x[b] - x[a]) + length(x[d] - x[c])) / 2,
        (length(x[c] - x[a]) + length(x[d] - x[b])) / 2,
        (length(x[a] + x[d]) + length(x[b] + x[c])) / 2,
    ]
    return length(x[a] - x[b] - x[c] + x[d]) / min(readings), readings[0] <= readings[1]


def dense_search(rows, n_neighbors, within):
    """Every pair of sides, one after the other, then the closest first."""
    x = rows.double().numpy()
    cosines = x @ x.T - 3 * np.eye(len(x))
    near = [set(np.argsort(-row)[:n_neighbors]) for row in cosines]
    sides = [(i, j) for i, j in combinations(range(len(x)), 2) if j in near[i] and i in near[j]]
    found = []
    for (a, b), side in combinations(sides, 2):
        for c, d in (side, side[::-1]):
            if len({a, b, c, d}) == 4:
                error, shorter = error_in_plain_numpy(x, a, b, c, d)
                if shorter and error <= within:
                    found.append((error, (a, b, c, d)))
    kept, taken = [], set()
    for error, corners in sorted(found):
        if not taken & set(corners):
            taken |= set(corners)
            kept.append((error, corners))
    return kept


@pytest.mark.parametrize("make", [isotropic, angular_gaussian, families])
@pytest.mark.parametrize(("d_in", "within"), [(12, 0.9), (40, 1.2)])
def test_the_search_is_the_dense_one(make, d_in, within, rng):
    rows = with_parallelograms(make(120, d_in, rng), rng, count=5)
    found, dense = near_parallelograms(rows, 6, within=within), dense_search(rows, 6, within)
    assert len(dense) >= 5
    assert found.complete
    assert [tuple(corners) for corners in found.corners.tolist()] == [corners for _, corners in dense]
    assert found.errors == pytest.approx([error for error, _ in dense], rel=1e-9)


def test_keeping_the_closest_finds_what_the_whole_search_finds_first(rng):
    rows = with_parallelograms(angular_gaussian(600, 24, rng), rng, count=10)
    whole, closest = near_parallelograms(rows), near_parallelograms(rows, most=400)
    assert not closest.complete
    assert closest.corners[:30].tolist() == whole.corners[:30].tolist()


def test_sides_join_mutual_neighbors(rng):
    rows = isotropic(120, 10, rng)
    nearest = np.argsort(-(rows.double() @ rows.double().T - 3 * torch.eye(120)).numpy(), axis=1)[:, :4]
    expected = {(i, j) for i in range(120) for j in range(i) if j in nearest[i] and i in nearest[j]}
    assert {(j, i) for i, j in mutual_neighbors(rows, 4).tolist()} == expected


def test_an_exact_parallelogram_has_no_error_however_it_is_read():
    a, b, c, d = rectangle()
    for corners in ((a, b, c, d), (b, a, d, c), (a, c, b, d), (d, c, b, a)):
        assert parallelogram_errors(torch.stack(corners)[None].double()).item() == pytest.approx(0, abs=1e-7)
    assert parallelogram_errors(torch.stack([a, b, d, c])[None].double()).item() > 1


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 0, 1), (1, 3, 0, 2)])
@pytest.mark.parametrize("cosine", [0.3, 0.5, 0.7])  # sides of either kind the shorter, and a square
def test_the_twin_of_a_parallelogram_is_not_another(order, cosine, rng):
    corners = rectangle(cosine, width=40)[list(order)]
    rows = torch.cat([corners, isotropic(60, 40, rng)])
    found = near_parallelograms(rows, 8, within=0.1)
    assert quadruples(found) == {(0, 1, 2, 3)}
    assert found.errors == pytest.approx([0], abs=1e-5)
    assert found.corners[0, 0] == 0


def test_no_two_share_a_feature(rng):
    things, left, right = isotropic(9, 60, rng), isotropic(1, 60, rng), isotropic(1, 60, rng)
    pairs = torch.stack([unit(things + 0.8 * left), unit(things + 0.8 * right)], dim=1).flatten(0, 1)
    rows = torch.cat([pairs, isotropic(200, 60, rng)])
    found = near_parallelograms(rows, within=0.6)  # 36 pairs of the nine sides are parallel
    assert len(found) == 4
    assert len(np.unique(found.corners)) == 16


def test_pairs_of_duplicates_and_of_opposites_are_no_parallelograms(rng):
    rows = isotropic(200, 32, rng)
    copied = with_duplicates(rows, rng, duplicates=20, antipodes=20)
    close = unit(copied + 0.02 * isotropic(240, 32, rng))  # sides of 0.03, far below the shortest
    for cloud in (copied, close):
        for corners in near_parallelograms(cloud, within=1.2).corners:
            a, b, c, d = cloud[torch.from_numpy(corners)]
            for one, other in ((a, b), (c, d), (a, c), (b, d), (a, -d), (b, -c)):
                assert torch.linalg.vector_norm(one - other) >= SHORTEST_SIDE
        few = near_parallelograms(cloud, within=0.5)
        assert len(few) == 0


def test_close_pairs_are_no_parallelogram_by_their_long_sides(rng):
    """a close to c and b close to d, with unrelated small steps: b - a and d - c agree to the size of the steps."""
    first, second = isotropic(2, 40, rng)
    step = isotropic(2, 40, rng)
    rows = torch.cat(
        [unit(torch.stack([first, second, first + 0.5 * step[0], second + 0.5 * step[1]])), isotropic(50, 40, rng)]
    )
    sides = rows[1] - rows[0], rows[3] - rows[2]
    assert torch.cosine_similarity(*sides, dim=0) > 0.75
    assert (0, 1, 2, 3) not in quadruples(near_parallelograms(rows, within=0.9))


@pytest.mark.parametrize("make", [isotropic, angular_gaussian, common_mean])
def test_noisy_plants_are_found_and_rejected_by_the_null(make, rng):
    rows = with_parallelograms(make(1500, 300, rng), rng, count=50)
    excess = parallelogram_excess(rows, rng)
    found = planted_ones(1500, 50) & quadruples(excess.observed)
    assert len(found) >= 45
    assert excess.pvalue == 1 / 20
    assert excess.interval().low > 1.5
    first = {tuple(sorted(corners)) for corners in excess.observed.corners[:40].tolist()}
    assert len(first & found) >= 38


def test_the_null_is_calibrated():
    """Clouds that are draws of the null: ratio 1, p-values uniform, intervals that hold 1 nineteen times in twenty."""
    ratios, pvalues, held = [], [], 0
    for seed in range(N_CLOUDS):
        rng = np.random.default_rng(seed)
        excess = parallelogram_excess(angular_gaussian(400, 32, rng), rng, expected=10)
        ratios.append(excess.ratio)
        pvalues.append(excess.pvalue)
        interval = excess.interval()
        held += interval.low <= 1 <= interval.high
    error = np.std(ratios, ddof=1) / np.sqrt(N_CLOUDS)
    assert abs(np.mean(ratios) - 1) < 3.5 * error
    assert error < 0.06
    assert stats.binom.sf(np.sum(np.array(pvalues) <= 0.1) - 1, N_CLOUDS, 0.1) > 1e-3
    assert stats.binom.sf(np.sum(np.array(pvalues) > 0.9) - 1, N_CLOUDS, 0.15) > 1e-3  # ties make p-values coarse
    assert stats.binom.cdf(held, N_CLOUDS, 0.95) > 1e-3


def test_the_interval_of_a_ratio_of_counts():
    """Against scipy's own exact interval of a share, from which the ratio follows: 30 seen, 19 draws of 20."""
    null_errors = [np.full(20, 0.5)] * 19

    def interval(seen):
        observed = Parallelograms(np.zeros((seen, 4), np.int64), np.full(seen, 0.5))
        return ParallelogramExcess(0.5, observed, null_errors).interval()

    share = stats.binomtest(30, 30 + 380).proportion_ci(method="exact")
    assert interval(30).low == pytest.approx(19 * share.low / (1 - share.low))
    assert interval(30).high == pytest.approx(19 * share.high / (1 - share.high))
    assert interval(0).low == 0
    assert 0 < interval(0).high < 0.3


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
    found = findings(cloud, listed=10)
    table = found.tables["parallelograms"]
    assert len(table) == 10
    assert table["error"].is_monotonic_increasing
    assert table["rank"].tolist() == list(range(1, 11))
    best = table.iloc[0]
    ids = [int(best[f"feature_{corner}"]) for corner in "abcd"]
    assert tuple(sorted(ids)) in planted_ones(600, 12)
    points = unit(rows)[ids].double().numpy()
    assert best["error"] == pytest.approx(error_in_plain_numpy(points, 0, 1, 2, 3)[0], rel=1e-5)
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
