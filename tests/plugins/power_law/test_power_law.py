"""The plugin as a user runs it: planted exponents found, nothing found where there is nothing, and no crash anywhere."""

import numpy as np
import pytest
import torch
from scipy import stats

from saegeo_core import Absent, AnalysisContext, Interval, SaegeoError, run
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.measuring.null_comparison import null_comparison
from saegeo_core.measuring.spread import Spread
from saegeo_core.statistics.kin import kin_labels
from saegeo_core.synthetic import angular_gaussian, common_mean, families, isotropic, with_duplicates
from saegeo_core.synthetic.composites import COMPOSITES
from saegeo_power_law.calibrated import nulls_of, spectra_like
from saegeo_power_law.declared import DECLARED
from saegeo_power_law.fitted_laws import RankWindow, windows_around
from saegeo_power_law.lengths_by_extent import lengths_by_extent
from saegeo_power_law.measures import EXACT_POWER_LAW, STRUCTURELESS, Measures, mean_norm_law, spreads
from saegeo_power_law.power_law_spectra import PowerLawRows, PowerLawTriangles, power_law_spectra
from saegeo_power_law.size_correction import power_law_variances
from saegeo_power_law.spectrum import SampleSpectrum, spectrum_of
from saegeo_power_law.structureless_spectra import StructurelessSpectra

SMALL = {"first_rank": 5, "last_rank": 40, "power_law_draws": 19}


def measure(rows, preset="calibrated", seed=0, **parameters):
    return run("power-law", FeatureCloud.from_array(rows), parameters=SMALL | parameters, preset=preset, seed=seed)


def planted(n, d, exponent, rng):
    """Gaussian rows whose variances are rank^-exponent, in float64."""
    return rng.standard_normal((n, d)) * np.sqrt(power_law_variances(d, exponent))


def estimates(report):
    return {metric.name: metric.value for metric in report.measured if metric.value is not None}


def test_every_number_is_that_of_numpy(rng):
    rows = angular_gaussian(700, 60, rng).double().numpy() + 0.1
    report = measure(rows)
    eigenvalues = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    ranks = np.arange(5, 41)
    shares = eigenvalues / eigenvalues.sum()
    expected = {
        "alpha_raw": -np.polyfit(np.log(ranks), np.log(eigenvalues[4:40]), 1)[0],
        "eigenvalue_decades": np.log10(eigenvalues[4] / eigenvalues[39]),
        "participation_ratio": 1 / (shares**2).sum(),
        "effective_rank": np.exp(stats.entropy(shares)),
        "relative_log_volume": np.mean(np.log(60 * shares)),
        "mean_norm": np.linalg.norm(rows.mean(0)) / np.sqrt((rows**2).sum(1).mean()),
    }
    assert {name: report.metric(name).value for name in expected} == pytest.approx(expected, rel=1e-9)
    assert report.metric("density_exponent").value == pytest.approx(1 + 1 / report.metric("alpha").value)
    spectrum = report.table("spectrum")
    np.testing.assert_allclose(spectrum["eigenvalue"], eigenvalues, rtol=1e-9)
    np.testing.assert_allclose(spectrum["uncentred"], np.linalg.eigvalsh(rows.T @ rows / 700)[::-1], rtol=1e-9)


@pytest.mark.parametrize("exponent", [0.25, 0.47, 1.2])
def test_a_planted_exponent_is_found_whatever_the_number_of_features(exponent, rng):
    found = [measure(planted(n, 96, exponent, rng)).metric("alpha") for n in (1200, 4000)]
    for alpha in found:
        assert alpha.estimate == pytest.approx(exponent, abs=0.05)
        assert alpha.nulls[0].pvalue == pytest.approx(0.01)


def intervals(rows, measures):
    """How well each number of the measures is known, by name."""
    sample = SampleSpectrum(rows, AnalysisContext(rng=np.random.default_rng(0)))
    known = spreads(measures.by_name, sample, kin_labels(rows))
    return {name: one.resampled for name, one in known.items() if isinstance(one, Spread)}


def test_the_interval_covers_the_planted_exponent():
    """Of Gaussian rows, 36 or more of 40; the jackknife is wide for eigenvalues, which keep their distances."""
    measures, covered = Measures(96, [RankWindow(5, 60)]), 0
    for seed in range(40):
        rows = torch.from_numpy(planted(2500, 96, 0.35, np.random.default_rng(seed)))
        low, high = intervals(rows, measures)["alpha"].confidence_interval
        covered += low <= 0.35 <= high
    assert covered >= 36


@pytest.mark.parametrize("name", ["spectrum rank^-1", "families of 20", "families of 5 with a spectrum", "common mean"])
def test_intervals_cover_the_mean_over_clouds(name):
    names = ("participation_ratio", "effective_rank", "relative_log_volume", "alpha_raw", "mean_norm")
    measures, seen = Measures(24, [RankWindow(3, 15)]), {each: [] for each in names}
    for seed in range(80):
        known = intervals(COMPOSITES[name](400, 24, np.random.default_rng(seed)), measures)
        for each in names:
            seen[each].append(known[each])
    for each, resampled in seen.items():
        truth = np.mean([one.estimate for one in resampled])
        covered = sum(one.confidence_interval[0] <= truth <= one.confidence_interval[1] for one in resampled)
        assert stats.binom.cdf(covered, 80, 0.92) > 1e-3, (each, covered)


def test_what_a_row_adds_is_what_its_weight_changes(rng):
    """Against the spectrum of the cloud in which one row weighs a little more."""
    rows = COMPOSITES["common mean, spectrum rank^-1"](60, 6, rng)
    measures, context = Measures(6, [RankWindow(1, 6)]), AnalysisContext(rng=rng)
    sample = SampleSpectrum(rows, context)
    names = ("participation_ratio", "effective_rank", "relative_log_volume", "alpha_raw", "mean_norm")
    added = sample.added_by_rows([measures.by_name[name].slopes(sample.full) for name in names])
    points, step = rows.double().numpy(), 1e-6
    weights = np.full(60, 1 / 60) * (1 - step)
    weights[7] += step
    mean = weights @ points
    moved = spectrum_of(mean, 60 / 59 * np.cov(points.T, aweights=weights, ddof=0), 60)
    for name, changed in zip(names, added[7], strict=True):
        of = measures.by_name[name].of
        assert (of(moved) - of(sample.full)) / step == pytest.approx(changed, rel=0.02, abs=1e-3), name


def gaussian_rows(n, d, rng):
    return torch.from_numpy(rng.standard_normal((n, d)))


def judging_pvalue(name, measures, spectrum, spectra):
    """Where a number of the spectrum lies among those of the spectra drawn from the null that judges it."""
    measure, (model, drawn) = measures.by_name[name], next(iter(spectra.items()))
    null = nulls_of(measure, {EXACT_POWER_LAW: []} | spectra, spectrum, 0)[model]
    assert len(null.values) == len(drawn)
    return null_comparison(model, measure.of(spectrum), null, DECLARED[name].alternative).pvalue


@pytest.mark.parametrize(
    "make", [isotropic, gaussian_rows, *(COMPOSITES[f"lengths scattered by {share} %"] for share in (20, 50))]
)
def test_pvalues_are_uniform_without_structure(make):
    """Gaussian spectra as noisy in the second moment, which were the null, have alpha_raw 1.5 and 4 deviations too low at these."""
    d, measures = 24, Measures(24, [RankWindow(3, 15)])
    names = ("alpha_raw", "eigenvalue_decades", "participation_ratio", "effective_rank", "relative_log_volume")
    pvalues = {name: [] for name in names}
    for seed in range(150):
        context = AnalysisContext(rng=np.random.default_rng(seed))
        sample = SampleSpectrum(make(200, d, context.rng), context)
        spectra = spectra_like(sample.full, sample.structureless.draw, 99, context, "")
        for name in names:
            pvalues[name].append(judging_pvalue(name, measures, sample.full, {STRUCTURELESS: spectra}))
    for name, collected in pvalues.items():
        assert min(collected) >= 0.01
        spread = np.array(collected) - np.random.default_rng(0).random(150) / 100  # p-values come in hundredths
        # At half, the noise of whole spectra is overstated: over 600 clouds p <= .05 in .06 to .11.
        is_far = make is COMPOSITES["lengths scattered by 50 %"]
        assert stats.binom.sf(sum(p <= 0.05 for p in collected) - 1, 150, 0.1 if is_far else 0.06) > 1e-3, name
        if not is_far:
            assert stats.kstest(spread, "uniform").pvalue > 1e-3, name


@pytest.mark.parametrize(("n", "sigma"), [(400, 0.0), (400, 0.3), (400, 0.5), (150, 0.4), (60, 0.0), (60, 0.3)])
def test_spectra_without_structure_are_those_of_rows_that_are_drawn(n, sigma, rng):
    """Fewer and more rows than dimensions, lengths of five kinds: each eigenvalue within a deviation, all together nearer."""
    d, lengths = 100, np.exp(sigma * rng.standard_normal((n, 1)))
    direct = []
    for _ in range(240):
        rows = rng.standard_normal((n, d))
        rows *= lengths / np.linalg.norm(rows, axis=1, keepdims=True)
        direct.append(np.linalg.eigvalsh(np.cov(rows.T))[::-1][: min(n - 1, d)])
    direct = np.array(direct) / (lengths**2).mean() * d
    null = StructurelessSpectra.of(lengths[:, 0] ** 2, d)
    drawn = np.array([null.draw(seed) for seed in range(240)])
    off = (np.log(drawn).mean(0) - np.log(direct).mean(0)) / np.log(direct).std(0)
    assert np.abs(np.median(off)) < 0.6
    assert np.quantile(np.abs(off), 0.9) < 1.6
    assert 0.6 < np.median(np.log(drawn).std(0) / np.log(direct).std(0)) < 1.5


def test_nothing_is_found_without_structure(rng):
    report = measure(isotropic(900, 64, rng), seed=3)
    for name in ("alpha", "participation_ratio", "effective_rank", "relative_log_volume", "mean_norm"):
        assert report.metric(name).nulls[0].pvalue > 0.01, name
    assert report.metric("outlier_eigenvalues").estimate <= 2


def test_a_common_mean_is_seen_by_its_length_and_not_by_the_spectrum(rng):
    report = measure(common_mean(900, 64, rng, strength=0.5))
    assert report.metric("mean_norm").nulls[0].pvalue < 1e-6
    assert report.metric("mean_norm").estimate == pytest.approx(0.5 / 1.25**0.5, abs=0.03)
    assert report.table("spectrum")["uncentred"][0] > 5 * report.table("spectrum")["eigenvalue"][0]


@pytest.mark.parametrize("law", ["spectrum rank^-1", "common mean, spectrum rank^-1"])
def test_unit_rows_and_gaussian_rows_of_a_power_law_are_told_to_be_one(law):
    """Unit rows of rank^-1 judged by Gaussian rows had p <= .05 in .21 of clouds (gain) and .41 (spread over windows)."""
    d, n, collected = 64, 300, {"power_law_gain": [], "alpha_window_spread": []}
    measures = Measures(d, windows_around(RankWindow(5, 40), d))
    for seed in range(60):
        context = AnalysisContext(rng=np.random.default_rng(seed))
        rows = COMPOSITES[law](n, d, context.rng)
        sample = SampleSpectrum(rows, context)
        by_extent = lengths_by_extent(rows, sample.mean, sample.squared_lengths, "cpu")
        null = power_law_spectra(measures.alpha(sample.full), d, by_extent)
        spectra = {EXACT_POWER_LAW: spectra_like(sample.full, null.draw, 19, context, "")}
        for name, pvalues in collected.items():
            pvalues.append(judging_pvalue(name, measures, sample.full, spectra))
    for name, pvalues in collected.items():
        assert min(pvalues) >= 0.05
        assert stats.binom.sf(sum(p <= 0.05 for p in pvalues) - 1, len(pvalues), 0.05) > 1e-3, name


def test_power_law_spectra_are_those_of_rows_that_are_drawn(rng):
    """Also the last of 40, which is a thousandth of the first: products are of coordinates of one size."""
    n, d = 30, 40
    lengths = rng.lognormal(0, 0.3, n)
    drawn = np.array([PowerLawRows.of(2.0, d, rng.permutation(lengths)).draw(seed) for seed in range(200)])
    assert drawn.shape == (200, n - 1)
    direct = []
    for _ in range(200):
        rows = rng.standard_normal((n, d)) * np.arange(1, d + 1) ** -1.0
        rows *= rng.permutation(lengths)[:, None] / np.linalg.norm(rows, axis=1, keepdims=True)
        direct.append(spectrum_of(rows.mean(0), np.cov(rows.T), n).eigenvalues[: n - 1])
    difference = np.log(drawn)[:, 2:].mean(0) - np.log(direct)[:, 2:].mean(0)
    assert np.abs(difference).max() < 0.2


def unit_lengths(n, rng):
    return np.ones(n)


def scattered_lengths(n, rng):
    return rng.lognormal(0, 0.08, n)


def gaussian_lengths(exponent):
    """Of Gaussian rows of that power law, in the order of their extent."""

    def lengths(n, rng):
        rows = PowerLawRows.of(exponent, 100, np.ones(n))
        return np.sqrt(np.sort(rows.sums(seed=5)[:, 0]))

    return lengths


@pytest.mark.parametrize(
    ("n", "exponent", "lengths"),
    [
        (800, 0.0, unit_lengths),
        (800, 0.3, unit_lengths),
        (2000, 0.5, unit_lengths),
        (800, 0.3, scattered_lengths),
        (800, 0.5, gaussian_lengths(0.5)),
        (450, 0.3, unit_lengths),
    ],
)
def test_spectra_of_triangles_are_those_of_rows(n, exponent, lengths, rng):
    """Every number that a power law judges, in mean and spread: Gaussian spectra have participation ratios 2 deviations off."""
    d = 100
    rows = PowerLawRows.of(exponent, d, lengths(n, rng))
    triangles = PowerLawTriangles.of(rows)
    assert triangles.serves
    measures = Measures(d, windows_around(RankWindow(5, 40), d)).by_name
    judged = {name: measures[name] for name in measures if EXACT_POWER_LAW in measures[name].nulls}
    full = spectrum_of(np.zeros(d), np.eye(d), n)

    def numbers(null, seeds):
        drawn = [full.replaced_by(null.draw(seed)) for seed in seeds]
        return {name: np.array([measure.of(one) for one in drawn]) for name, measure in judged.items()}

    direct, drawn = numbers(rows, range(300)), numbers(triangles, range(300, 600))
    for name in judged:
        spread = direct[name].std()
        assert drawn[name].mean() == pytest.approx(direct[name].mean(), abs=0.4 * spread), name
        assert 0.75 < drawn[name].std() / spread < 1.33, name


def test_rows_are_drawn_where_no_triangle_stands_for_them(rng):
    """A steep spectrum, lengths that scatter, and few rows."""
    for n, exponent, sigma in ((800, 1.5, 0), (800, 0.3, 0.3), (350, 0.3, 0)):
        assert isinstance(power_law_spectra(exponent, 100, rng.lognormal(0, sigma, n)), PowerLawRows)
    assert isinstance(power_law_spectra(0.3, 100, np.ones(800)), PowerLawTriangles)


@pytest.mark.parametrize("law", ["spectrum rank^-1", "spectrum rank^-1/2"])
def test_a_mean_that_is_chance_is_not_found_in_a_steep_spectrum(law):
    """As chi with d degrees of freedom had p <= .05 in .22 of clouds of rank^-1."""
    pvalues = []
    for seed in range(150):
        context = AnalysisContext(rng=np.random.default_rng(seed))
        full = SampleSpectrum(COMPOSITES[law](200, 24, context.rng), context).full
        pvalues.append(mean_norm_law(full, 200).sf(full.mean_norm))
    assert stats.binom.sf(sum(p <= 0.05 for p in pvalues) - 1, 150, 0.08) > 0.01
    assert stats.binom.cdf(sum(p <= 0.2 for p in pvalues), 150, 0.2) > 1e-3


def test_a_spectrum_that_is_no_power_law_is_told_apart_from_one():
    rng = np.random.default_rng(0)
    exponential = rng.standard_normal((3000, 96)) * np.exp(-np.arange(96) / 40)
    wrong, right = measure(exponential), measure(planted(3000, 96, 0.5, rng))
    for name in ("power_law_gain", "alpha_window_spread"):
        assert wrong.metric(name).nulls[0].pvalue == pytest.approx(0.05), name
        assert right.metric(name).nulls[0].pvalue > 0.05, name
    assert wrong.metric("power_law_gain").estimate < 0
    errors = wrong.table("alternatives").set_index("law")["held_out_error"]
    assert errors.idxmin() == "exponential"


@pytest.mark.parametrize("make", [angular_gaussian, families])
def test_rotation_order_and_scale_change_nothing(make, rng):
    rows = make(500, 48, rng).double()
    rotation = torch.linalg.qr(torch.from_numpy(rng.standard_normal((48, 48))))[0]
    order = torch.from_numpy(rng.permutation(500))
    before = estimates(measure(rows, power_law_draws=0))
    for after in (rows @ rotation, rows[order], 1e4 * rows, 1e-4 * rows):
        assert estimates(measure(after, power_law_draws=0)) == pytest.approx(before, rel=1e-8, abs=1e-9)


def test_the_same_seed_gives_the_same_report_on_one_thread_and_two(rng):
    rows = angular_gaussian(600, 48, rng)
    threads = torch.get_num_threads()
    try:
        reports = []
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            reports.append(measure(rows, seed=5))
    finally:
        torch.set_num_threads(threads)
    assert estimates(reports[0]) == pytest.approx(estimates(reports[1]), rel=1e-9)
    for one, two in zip(reports[0].measured, reports[1].measured, strict=True):
        if isinstance(one.interval, Interval):
            assert one.interval.low == pytest.approx(two.interval.low, rel=1e-9, abs=1e-12), one.name
        if isinstance(one.nulls, tuple):
            assert [null.mean for null in one.nulls] == pytest.approx([null.mean for null in two.nulls], rel=1e-9)


def test_clouds_of_different_size_are_compared_at_one(rng):
    large, small = planted(3000, 64, 0.4, rng), planted(600, 64, 0.4, rng)
    alike = measure(large, n_features=600)
    assert alike.metric("alpha_raw").n == 600
    assert any("600 of 3000 features" in warning for warning in alike.warnings)
    assert alike.metric("alpha_raw").value == pytest.approx(measure(small).metric("alpha_raw").value, abs=0.05)
    assert abs(measure(large).metric("alpha_raw").value - alike.metric("alpha_raw").value) > 0.05


def test_more_features_than_there_are_and_windows_without_ranks_are_refused(rng):
    rows = isotropic(60, 48, rng)
    with pytest.raises(SaegeoError, match="has 60 usable features, fewer than power-law.n_features=61"):
        measure(rows, n_features=61)
    with pytest.raises(SaegeoError, match="a line needs three ranks"):
        measure(rows, first_rank=40, last_rank=41)


def test_no_seed_and_no_order_moves_an_interval(rng):
    rows = families(400, 48, rng)
    first, other = measure(rows), measure(rows[torch.from_numpy(rng.permutation(400))], seed=1)
    for name in ("alpha", "participation_ratio", "effective_rank", "mean_norm"):
        one, again = (report.metric(name).interval for report in (first, other))
        assert again.high - again.low == pytest.approx(one.high - one.low, rel=1e-6), name


def test_figures_and_labels(rng):
    rows = angular_gaussian(2500, 48, rng)
    cloud = FeatureCloud.from_array(rows, labels=[f"feature {number}" for number in range(2500)])
    report = run("power-law", cloud, parameters=SMALL)
    assert {figure.name for figure in report.figures} == {"spectrum", "principal_components"}
    points = report.table("principal_components")
    assert len(points) == 2000
    assert (points["label"] == [f"feature {number}" for number in points["feature"]]).all()
    unit = rows.double().numpy()
    _, axes = np.linalg.eigh(np.cov(unit.T))
    projected = np.abs((unit - unit.mean(0)) @ axes[:, -1])[points["feature"]]
    np.testing.assert_allclose(np.abs(points["first"]), projected, rtol=1e-4, atol=1e-5)


DEGENERATE = {
    "one feature": np.array([[1.0, 2.0, 3.0]]),
    "two features": np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 0.5]]),
    "one dimension": np.linspace(1, 2, 9)[:, None],
    "two dimensions": np.random.default_rng(0).standard_normal((90, 2)),
    "equal rows": np.full((70, 5), 0.1),
    "two points": np.concatenate([np.ones((50, 3)), -np.ones((50, 3))]),
    "copies": np.repeat(np.eye(4), 30, axis=0),
    "fewer features than dimensions": np.random.default_rng(0).standard_normal((45, 200)),
    "as many features as dimensions": np.random.default_rng(0).standard_normal((60, 60)),
    "subsamples lose rank": np.random.default_rng(0).standard_normal((70, 60)),
    "rank-deficient": np.random.default_rng(0).standard_normal((300, 20))
    @ np.random.default_rng(1).standard_normal((20, 60)),
    "one row a thousand times longer": np.concatenate(
        [np.random.default_rng(0).standard_normal((99, 50)), [[1e3] * 50]]
    ),
    "as steep as can be": np.random.default_rng(0).standard_normal((200, 50)) * 10.0 ** -np.arange(50),
    "steeper than corrected for": np.random.default_rng(0).standard_normal((200, 48)) * np.arange(1, 49) ** -3.6,
    "tiny": 1e-70 * np.random.default_rng(0).standard_normal((200, 50)),
    "half precision": np.random.default_rng(0).standard_normal((200, 50)).astype(np.float16),
}


@pytest.mark.parametrize("rows", DEGENERATE.values(), ids=DEGENERATE.keys())
@pytest.mark.parametrize("preset", ["calibrated", "paper"])
def test_degenerate_clouds_have_reasons_instead_of_crashes(rows, preset):
    report = measure(rows, preset)
    names = list(DECLARED) if preset == "calibrated" else ["alpha", "log_determinant"]
    assert [metric.name for metric in report.measured] == [*names, "alpha_activations"]
    for metric in report.measured:
        for part in (metric.estimate, metric.interval, metric.nulls):
            assert not isinstance(part, Absent) or part.absent


def test_what_is_measured_is_what_is_declared():
    measures = Measures(24, [RankWindow(3, 15)]).by_name
    assert list(measures) == list(DECLARED)
    assert all(bool(measures[name].nulls or measures[name].law) != bool(DECLARED[name].no_null) for name in DECLARED)


def test_what_is_missing_says_why(rng):
    def reason(rows, name):
        return measure(rows).metric(name).estimate.absent

    deficient = DEGENERATE["rank-deficient"]
    assert reason(deficient, "alpha") == (
        "it needs 40 eigenvalues above zero, and 300 features in 60 dimensions have 20; power-law.last_rank ends the window earlier"
    )
    assert "needs 60 eigenvalues above zero" in reason(deficient, "relative_log_volume")
    assert measure(deficient).metric("participation_ratio").estimate < 20
    assert "all rows are equal" in reason(DEGENERATE["equal rows"], "effective_rank")
    assert "one eigenvalue" in reason(DEGENERATE["one dimension"], "alpha")
    assert "no covariance" in reason(DEGENERATE["one feature"], "alpha")
    assert "unlike lengths" in reason(DEGENERATE["one row a thousand times longer"], "alpha")
    assert "more steeply than rank^-6" in reason(DEGENERATE["steeper than corrected for"], "alpha")


def test_duplicates_change_no_spectrum_beyond_their_weight(rng):
    rows = isotropic(400, 48, rng)
    report = measure(with_duplicates(rows, rng, duplicates=400), power_law_draws=0)
    assert report.metric("alpha_raw").value == pytest.approx(measure(rows).metric("alpha_raw").value, rel=1e-3)
    assert any("repeat an earlier one" in warning for warning in report.warnings)


def test_the_published_procedure(rng):
    rows = angular_gaussian(800, 200, rng).double().numpy()
    report = run("power-law", FeatureCloud.from_array(rows), preset="paper")
    eigenvalues = np.linalg.eigvalsh(np.cov(rows.T))[::-1][10:150]
    line = stats.linregress(np.log10(np.arange(11, 151)), np.log10(eigenvalues))
    reach = stats.t.ppf(0.975, 138) * line.stderr
    alpha, volume = report.metric("alpha"), report.metric("log_determinant")
    assert alpha.estimate == pytest.approx(-line.slope)
    assert (alpha.interval.low, alpha.interval.high) == pytest.approx((-line.slope - reach, -line.slope + reach))
    assert volume.estimate == pytest.approx(np.log(eigenvalues).sum())
    draw, exact = alpha.nulls
    assert (draw.draws, draw.pvalue) == (1, 0.5)
    assert draw.mean == pytest.approx(exact.mean, rel=0.05)
    assert "published_null" in report.table("spectrum")
    factor = 0.005 * 200 / np.trace(np.cov(rows.T))
    assert any("set by hand" in warning and f"a factor of {factor:.3g}" in warning for warning in report.warnings)
    span = eigenvalues[0] / eigenvalues[-1]
    assert any(f"span a factor of {span:.1f} only" in warning for warning in report.warnings)
