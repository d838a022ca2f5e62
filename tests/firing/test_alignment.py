import numpy as np
import pytest

from saegeo_core import FiringStatistics, SaegeoError, run
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.firing.alignment import firing_of


@pytest.fixture
def fired(rng):
    return (rng.random((40, 24)) < 0.3).astype(np.uint8)


def test_nothing_given_and_nothing_bundled_is_none(cloud):
    assert firing_of(cloud, None) is None


def test_features_left_out_of_the_cloud_are_left_out_here(rng, fired):
    vectors = rng.standard_normal((24, 6))
    vectors[[3, 17]] = 0
    cloud = FeatureCloud.from_array(vectors)
    firing = firing_of(cloud, FiringStatistics.from_arrays(fired))
    assert firing.feature_ids.tolist() == cloud.feature_ids.tolist()
    np.testing.assert_array_equal(firing.counts, fired.sum(0)[cloud.feature_ids])


def test_another_width_is_refused(cloud, fired):
    with pytest.raises(SaegeoError, match="have 20 features, memory:small has 24"):
        firing_of(cloud, FiringStatistics.from_arrays(fired[:, :20]))


def test_other_weights_are_refused(cloud, fired):
    assert firing_of(cloud, FiringStatistics.from_arrays(fired, sae_digest=cloud.digest))
    with pytest.raises(SaegeoError, match="of other weights than memory:small"):
        firing_of(cloud, FiringStatistics.from_arrays(fired, sae_digest="0" * 64))


def test_an_analysis_that_needs_firing_gets_it_and_the_report_says_which(mean_norm, cloud, fired, monkeypatch):
    monkeypatch.setattr(mean_norm, "needs", frozenset({"vectors", "firing"}))
    seen = []
    honest = mean_norm.analyze
    monkeypatch.setattr(mean_norm, "analyze", lambda c, p, x: (seen.append(x.firing), honest(c, p, x))[1])
    firing = FiringStatistics.from_arrays(fired)
    report = run(mean_norm, cloud, firing=firing)
    assert seen == [firing]
    assert report.inputs["firing"]["digest"] == firing.digest
    with pytest.raises(SaegeoError, match="saegeo harvest memory:small"):
        run(mean_norm, cloud)


def test_other_firing_is_another_report(mean_norm, cloud, fired, tmp_path, monkeypatch):
    monkeypatch.setattr(mean_norm, "needs", frozenset({"vectors", "firing"}))
    run(mean_norm, cloud, firing=FiringStatistics.from_arrays(fired), out=tmp_path)
    run(mean_norm, cloud, firing=FiringStatistics.from_arrays(fired[:30]), out=tmp_path, existing="fail")
    assert len(list(tmp_path.rglob("*.json"))) == 2
