"""A chosen part of an SAE: how it is named, that it is measured as a cloud of its own, and beside random parts that are alike."""

import numpy as np
import pytest

from saegeo_core import FeatureCloud, SaegeoError, load_cloud
from saegeo_core.loading.feature_choice import chosen_features
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.running.analysis_inputs import AnalysisInputs
from saegeo_core.running.configured_analysis import ConfiguredAnalysis
from saegeo_core.running.model_place import ModelPlace
from saegeo_core.running.subset_null import MODEL, random_subsets
from saegeo_core.synthetic import families, isotropic


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
            ("20", "names features that are not there; the SAE has 20"),
            ("9-5", "9-5 names features that are not there"),
            ("nothing.txt", "neither a list of features nor a file"),
            (" , ", "names no feature"),
            ("1--2", "'1--2' is no feature"),
        ],
    )
    def test_what_is_no_choice(self, choice, complaint):
        with pytest.raises(SaegeoError, match=complaint):
            chosen_features(choice, 20)


def report_of(cloud, features, plugin="cosine-tails"):
    plugins = PluginManager()
    place = ModelPlace(device="cpu")
    configured = ConfiguredAnalysis.configure(plugin, "calibrated", {}, plugins)
    inputs = AnalysisInputs.open(cloud, [configured.analysis], firing=None, place=place, plugins=plugins)
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
    assert special.draws == 19
    assert special.pvalue == 0.1  # the smallest of 19 draws on two sides
    assert ordinary.pvalue > 0.1


def test_random_parts_are_as_long_as_the_chosen_one(rng):
    lengths = np.exp(rng.standard_normal(500))
    cloud = FeatureCloud.from_array(isotropic(500, 8, rng).numpy() * lengths[:, None].astype("f4"))
    long = np.argsort(cloud.norms)[-50:]
    for rows in random_subsets(cloud, None, np.sort(long), rng, 5):
        assert len(set(rows)) == 50
        assert cloud.norms[rows].min() > np.median(cloud.norms)


def test_too_few_that_can_be_measured(rng):
    cloud = FeatureCloud.from_array(isotropic(50, 8, rng))
    with pytest.raises(SaegeoError, match="1 of the features chosen can be measured"):
        report_of(cloud, [3])
