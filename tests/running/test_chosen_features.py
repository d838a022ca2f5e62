"""A chosen part of an SAE: how it is named, that it is measured as a cloud of its own, and beside random parts that are alike."""

from dataclasses import replace

import numpy as np
import pytest

from saegeo_core import Analysis, AnalysisContext, FeatureCloud, SaegeoError, load_cloud
from saegeo_core.loading.feature_choice import chosen_features
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.running.analysis_inputs import AnalysisInputs
from saegeo_core.running.configured_analysis import ConfiguredAnalysis
from saegeo_core.running.model_place import ModelPlace
from saegeo_core.running.subset_null import MODEL, MODEL_WITH_RATE, N_SUBSETS, among_random_features, random_subsets
from saegeo_core.synthetic import families, isotropic
from saegeo_cosine_tails.analysis import CosineTails


class TestNaming:
    @pytest.mark.parametrize(
        ("choice", "features"), [("1,5,9-12", [1, 5, 9, 10, 11, 12]), ("3", [3]), ("7 2-3", [2, 3, 7]), ("0,0", [0])]
    )
    def test_numbers_and_ranges(self, choice, features):
        assert chosen_features(choice, 20).tolist() == features

    @pytest.mark.parametrize("content", ["1\n5\n9-12\n", "1, 5, 9-12", "[1, 5, 9, 10, 11, 12]"])
    def test_a_file_of_them(self, tmp_path, content):
        (tmp_path / "mine.txt").write_text(content)
        assert chosen_features(str(tmp_path / "mine.txt"), 20).tolist() == [1, 5, 9, 10, 11, 12]

    @pytest.mark.parametrize(
        ("choice", "complaint"),
        [
            ("20", "^20 is a feature that is not there; the SAE has 20"),
            ("9-25", "^9-25 names features that are not there"),
            ("9-5", "^9-5 ends before it begins"),
            ("nothing.txt", "neither a list of features nor a file"),
            (" , ", "no feature is named"),
            ("1--2", "'1--2' is no feature"),
        ],
    )
    def test_what_is_no_choice(self, choice, complaint):
        with pytest.raises(SaegeoError, match=complaint):
            chosen_features(choice, 20)


def report_of(cloud, features, plugin="cosine-tails", preset="calibrated", **settings):
    plugins = PluginManager()
    place = ModelPlace(device="cpu")
    configured = ConfiguredAnalysis.configure(plugin, preset, settings, plugins)
    inputs = AnalysisInputs.open(cloud, [configured], firing=None, place=place, plugins=plugins)
    return inputs.part(np.asarray(features)).job(configured, seed=0).perform()


def test_a_part_is_a_cloud_of_its_own():
    whole = load_cloud("minilm-l6:layer_3")
    report = report_of(whole, np.arange(100, 200))
    assert (report.sae.n_features, report.sae.d_sae) == (100, 1536)
    assert report.inputs["among"]["digest"] == whole.digest
    alone = whole.select(np.arange(100, 200))
    assert report.sae.digest == alone.digest


def test_a_part_that_is_special_stands_out_among_random_parts(rng):
    rows = np.concatenate([isotropic(400, 32, rng).numpy(), families(60, 32, rng).numpy()])
    cloud = FeatureCloud.from_array(rows)
    special = report_of(cloud, np.arange(400, 460)).metric().nulls[-1]
    ordinary = report_of(cloud, np.arange(0, 60)).metric().nulls[-1]
    assert special.model == ordinary.model == MODEL
    assert special.draws == N_SUBSETS
    assert special.pvalue == 2 / (N_SUBSETS + 1)  # the smallest on two sides
    assert ordinary.pvalue > 0.1


def test_random_parts_are_as_long_as_the_chosen_one(rng):
    lengths = np.exp(rng.standard_normal(500))
    cloud = FeatureCloud.from_array(isotropic(500, 8, rng).numpy() * lengths[:, None].astype("f4"))
    long = np.argsort(cloud.norms)[-50:]
    for rows in random_subsets(cloud, None, np.sort(long), rng, n_subsets=5):
        assert len(set(rows)) == 50
        assert cloud.norms[rows].min() > np.median(cloud.norms)


class Counted(CosineTails):
    """Counts what it is asked."""

    def __init__(self):
        self.asked = []

    def analyze(self, cloud, parameters, context):
        self.asked.append("everything")
        return super().analyze(cloud, parameters, context)

    def estimates(self, cloud, parameters, context):
        self.asked.append("estimates")
        return super().estimates(cloud, parameters, context)


def test_of_random_parts_only_estimates_are_asked(rng):
    analysis = Counted()
    report_of(FeatureCloud.from_array(isotropic(200, 16, rng)), np.arange(60), analysis)
    assert analysis.asked == ["everything", *["estimates"] * (N_SUBSETS + 1)]


class Silent(CosineTails):
    estimates = Analysis.estimates


@pytest.mark.parametrize(("analysis", "preset"), [(Silent(), "calibrated"), (CosineTails(), "paper")])
def test_an_analysis_without_estimates_is_not_judged_by_random_parts_and_says_so(rng, analysis, preset):
    report = report_of(FeatureCloud.from_array(isotropic(200, 16, rng)), np.arange(60), analysis, preset)
    assert among_random_features(report.metric()) is None
    assert f"cosine-tails does not tell its numbers alone under the preset {preset}" in report.warnings[-1]


def test_an_estimate_that_lacks_a_constant_is_judged_by_differences(rng):
    class Shifted(CosineTails):
        def estimates(self, cloud, parameters, context):
            return {name: number + 7 for name, number in super().estimates(cloud, parameters, context).items()}

    cloud = FeatureCloud.from_array(isotropic(200, 16, rng))
    plain, shifted = (report_of(cloud, np.arange(60), one).metric().nulls[-1] for one in (CosineTails(), Shifted()))
    assert shifted.mean == pytest.approx(plain.mean, abs=1e-9)
    assert (shifted.pvalue, shifted.draws) == (plain.pvalue, plain.draws)


SHIFTED = {
    "entropy": {"negentropy", "negentropy_q100"},  # surrogates are not drawn
    "power-law": {"alpha", "density_exponent", "outlier_eigenvalues"},  # rows count as Gaussian ones
}
"""Metrics whose estimates lack what is the same for all clouds of one size."""
DEAR = {"power-law": {"alpha_window_spread"}}
"""Metrics of which there is no estimate alone."""


@pytest.mark.parametrize(
    ("plugin", "settings"),
    [
        ("cosine-tails", {}),
        ("power-law", {"null_draws": 19, "power_law_draws": 0}),
        ("entropy", {}),
        ("redundancy", {"null_draws": 2}),
        ("frequency-geometry", {"null_draws": 99}),
        ("stability", {"other": "minilm-l6:layer_2", "null_draws": 2}),
    ],
)
def test_estimates_are_the_numbers_of_the_whole_analysis(plugin, settings):
    cloud, plugins = load_cloud("minilm-l6:layer_3"), PluginManager()
    configured = ConfiguredAnalysis.configure(plugin, "calibrated", settings, plugins)
    place = ModelPlace(device="cpu")
    inputs = AnalysisInputs.open(cloud, [configured], firing=None, place=place, plugins=plugins)
    job = replace(inputs.part(np.arange(240)).job(configured, 0), among=None)
    measured = {metric.name: metric.value for metric in job.perform().measured if metric.value is not None}
    context = AnalysisContext(rng=np.random.default_rng([0, *plugin.encode()]), firing=job.firing, clouds=job.clouds)
    estimates = configured.analysis.estimates(job.cloud, job.parameters, context)
    assert measured.keys() - estimates.keys() == DEAR.get(plugin, set())
    others = SHIFTED.get(plugin, set())
    assert {name: number for name, number in estimates.items() if name not in others} == pytest.approx(
        {name: number for name, number in measured.items() if name in estimates.keys() - others}, rel=1e-6, abs=1e-9
    )


def test_estimates_of_lobes_are_those_of_the_whole_analysis(rng):
    settings = {"k_reported": 6, "n_clusters": [6], "null_draws": 19, "isotropic_draws": 0, "document_splits": 0}
    lobes = PluginManager().analysis("lobes")
    example, parameters = lobes.planted_example(rng), lobes.Parameters(**settings)
    contexts = [AnalysisContext(rng=np.random.default_rng(0), firing=example.firing) for _ in range(2)]
    whole = lobes.analyze(example.cloud, parameters, contexts[0]).metrics
    estimates = lobes.estimates(example.cloud, parameters, contexts[1])
    assert estimates == pytest.approx({one.name: one.value for one in whole if one.value is not None})


def test_untrained_dictionaries_are_said_to_be_whole():
    report = report_of(load_cloud("minilm-l6:layer_3"), np.arange(100), "frequency-geometry", null_draws=99)
    assert any("untrained dictionaries, where they judge, are whole ones" in warning for warning in report.warnings)
    assert among_random_features(report.metric()).model == MODEL_WITH_RATE


def test_too_few_that_can_be_measured(rng):
    cloud = FeatureCloud.from_array(isotropic(50, 8, rng))
    with pytest.raises(SaegeoError, match="1 of the features chosen can be measured"):
        report_of(cloud, [3])
