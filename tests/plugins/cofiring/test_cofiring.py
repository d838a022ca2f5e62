"""Cofiring: closed forms, what margins explain beside draws that keep them, planted topics, and what has no numbers."""

import numpy as np
import pytest
import scipy.sparse
import torch
from scipy import stats
from scipy.special import expit

from saegeo_cofiring.analysis import Cofiring
from saegeo_cofiring.curveball import curveball_draws
from saegeo_cofiring.graph import graph_of_strongest, least_score
from saegeo_cofiring.margins import LEVELS, margin_probabilities, richness_levels, upper_normal_score
from saegeo_cofiring.modules import ALONE, components_of, modularity, modules_of, pairs_in_one
from saegeo_cofiring.phi import mean_squared_phi, phi
from saegeo_cofiring.sample import Sample, counted_lists, fired_lists
from saegeo_core import Absent, AnalysisContext, FeatureCloud, FiringStatistics
from saegeo_core.measuring import counted_rows
from saegeo_core.numerics.k_means_runs import adjusted_rand_indices
from saegeo_core.synthetic import isotropic
from saegeo_core.synthetic.firing import plant_firing


def measured(firing, rows=None, *, seed=0, **parameters):
    """The metrics by name, and the findings."""
    rng = np.random.default_rng(seed)
    cloud = FeatureCloud.from_array(isotropic(firing.n_features, 16, rng) if rows is None else rows)
    context = AnalysisContext(rng=np.random.default_rng(seed), firing=firing)
    findings = Cofiring().analyze(cloud, Cofiring.Parameters(**parameters), context)
    return {metric.name: metric for metric in findings.metrics}, findings


def test_phi_is_the_correlation_of_firing(rng):
    fired = rng.random((90, 7)) < 0.4
    fired[:, 3] = False
    counted = torch.from_numpy(fired.T.astype(np.int64) @ fired).double()
    found = phi(counted.clone(), counted.diagonal(), counted.diagonal(), 90).numpy()
    rest = [0, 1, 2, 4, 5, 6]
    expected = np.corrcoef(fired[:, rest].T)
    assert found[np.ix_(rest, rest)] == pytest.approx(expected, abs=1e-12)
    assert not found[3].any()
    some = counted[rest][:, rest]
    pairs = expected[np.triu_indices(6, 1)]
    assert mean_squared_phi(some, some.diagonal(), 90) == pytest.approx((pairs**2).mean())


def test_probabilities_are_found_from_their_margins():
    expected = expit(np.linspace(-6, 1, 9)[:, None] + np.linspace(-2, 2, 5))
    n_alike, n_blocks = np.arange(1.0, 10), np.array([100.0, 300, 50, 20, 7])
    found = margin_probabilities(expected @ n_blocks, n_alike, n_alike @ expected, n_blocks)
    assert found == pytest.approx(expected, rel=1e-4)


def test_blocks_without_a_feature_have_no_probability():
    found = margin_probabilities(np.array([10.0, 40]), np.array([3.0, 2]), np.array([0.0, 2.2]), np.array([100.0, 50]))
    assert found[:, 0] == pytest.approx(0, abs=1e-9)
    assert found[:, 1] == pytest.approx([0.2, 0.8])


def test_levels_share_out_the_blocks(rng):
    richness = rng.integers(0, 2000, 5000)
    levels, n_blocks = richness_levels(richness)
    assert len(levels) == LEVELS
    assert n_blocks.sum() == 5000
    assert levels @ n_blocks == pytest.approx(richness.sum())


@pytest.mark.parametrize("spread", [0.0, 0.7, 1.5])
def test_moments_are_those_of_incidences_that_keep_both_margins(spread):
    rng = np.random.default_rng(2)
    odds = rng.uniform(-3, 1.5, 150) + spread * rng.standard_normal((800, 1))
    firing = FiringStatistics.from_arrays(rng.random(odds.shape) < expit(odds))
    sample = Sample.of(firing, rng, 150, "cpu")
    draws = curveball_draws(fired_lists(firing), rng, 60)
    counts = np.array([counted_lists(one, "cpu")[np.triu_indices(150, 1)].numpy() for one in draws], float)
    mean, variance = (one[np.triu_indices(150, 1)].numpy() for one in (sample.mean, sample.variance))
    assert counts.mean(0) == pytest.approx(mean, abs=7 * float(variance.max() / 60) ** 0.5)
    for part in np.array_split(np.argsort(mean), 4):
        ratio = ((counts[:, part] - mean[part]) ** 2).mean() / variance[part].mean()
        assert ratio == pytest.approx(1, abs=0.1)


def test_scores_are_those_of_poisson_and_of_binomial_tails():
    mean = np.array([0.05, 0.5, 3.0, 40.0, 900.0])[:, None]
    counted = stats.poisson.isf(np.array([1e-1, 1e-3, 1e-6, 1e-9]), mean) + 1
    expected = stats.norm.isf(stats.poisson.sf(counted - 1, mean))
    score = upper_normal_score(*(torch.from_numpy(one + np.zeros_like(counted)) for one in (counted, mean, mean)))
    assert score.numpy() == pytest.approx(expected, abs=0.02)
    counted = np.arange(105, 150.0)
    score = upper_normal_score(*(torch.from_numpy(one + 0 * counted) for one in (counted, 100.0, 50.0)))
    expected = stats.norm.isf(stats.binom.sf(counted - 1, 200, 0.5))
    assert (score.numpy() < expected + 0.05).all()  # a binomial tail is thinner than the one it is taken for
    assert score.numpy() == pytest.approx(expected, rel=0.12)


def test_pairs_are_found_as_benjamini_and_hochberg_find_them(rng):
    scores = np.concatenate([rng.standard_normal(900), rng.normal(4, 1, 100)])
    adjusted = stats.false_discovery_control(stats.norm.sf(scores))
    assert ((scores >= least_score(scores, 0.1)) == (adjusted <= 0.1)).all()
    assert least_score(np.full(50, -1.0), 0.1) == np.inf


def cliques(*sizes, alone=0):
    blocks = [np.ones((size, size)) - np.eye(size) for size in sizes] + [np.zeros((1, 1))] * alone
    graph = scipy.sparse.csr_matrix(scipy.sparse.block_diag(blocks))
    graph.eliminate_zeros()
    return graph


def test_cliques_are_modules():
    graph = cliques(3, 6, alone=2)
    modules = modules_of(graph, 0)
    assert modules.tolist() == [1] * 3 + [0] * 6 + [ALONE] * 2
    assert components_of(graph)[:9].tolist() == [1] * 3 + [0] * 6
    strengths = np.array([6, 30]) / 36
    assert modularity(graph, modules) == pytest.approx(1 - strengths @ strengths)
    assert modularity(graph, np.zeros(11, int)) == pytest.approx(0)
    assert modules_of(cliques(alone=4), 0).tolist() == [ALONE] * 4


def test_the_strongest_pairs_make_the_graph(rng):
    scores = torch.from_numpy(rng.standard_normal((9, 9)))
    scores, phis = scores + scores.T, torch.rand(9, 9).double()
    graph = graph_of_strongest(phis + phis.T, scores, 5, 8)
    upper = np.sort(scores.numpy()[np.triu_indices(9, 1)])[-5:]
    assert graph.nnz == 10
    assert scores.numpy()[graph.nonzero()].min() == upper[0]


def test_pairs_of_one_group_in_one_module():
    assert pairs_in_one(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 2, 2])) == pytest.approx(2 / 4)
    assert pairs_in_one(np.arange(3), np.zeros(3, int)) is None


def test_planted_topics_are_modules_lobes_and_kin():
    plant = plant_firing(np.random.default_rng(3), n_features=240, n_blocks=900, d_in=24)
    metrics, findings = measured(plant.firing, plant.directions, null_draws=19)
    assert metrics["joined_features"].estimate > 0.95
    features = findings.tables["features"].query("module >= 0")
    modules = features["module"].to_numpy()
    topics = plant.topic_of_feature[features["feature"]]
    assert adjusted_rand_indices(topics, modules[None])[0] > 0.95
    assert metrics["modules"].estimate == 6
    assert metrics["lobe_agreement"].estimate > 0.7
    for name in ("mean_squared_phi", "joined_pairs", "modularity", "lobe_agreement"):
        assert metrics[name].nulls[0].pvalue <= 0.05, name
    assert findings.tables["modules"]["features"].tolist() == np.bincount(modules).tolist()
    assert (plant.topic_of_feature[features["strongest"].astype(int)] == topics).mean() > 0.95
    assert metrics["mean_squared_phi"].interval.low > metrics["mean_squared_phi"].nulls[0].mean


def test_where_margins_explain_everything_next_to_nothing_is_joined():
    plant = plant_firing(np.random.default_rng(4), n_features=200, n_blocks=800, n_topics=1, richness_spread=0.7)
    metrics, findings = measured(plant.firing, null_draws=19)
    assert metrics["joined_pairs"].estimate < 1e-3
    assert len(findings.tables["null"]) == 20


def test_counting_in_tiles_changes_nothing(monkeypatch):
    plant = plant_firing(np.random.default_rng(5), n_features=120, n_blocks=300)
    whole, _ = measured(plant.firing, null_draws=19)
    monkeypatch.setattr(counted_rows, "DENSE_BYTES", 0)
    monkeypatch.setattr(counted_rows, "ROWS_COUNTED", 50)
    tiled, _ = measured(plant.firing, null_draws=19)
    for name, one in whole.items():
        assert tiled[name].value == (None if one.value is None else pytest.approx(one.value, rel=1e-6)), name


def test_a_sample_stands_for_all():
    plant = plant_firing(np.random.default_rng(6), n_features=400, n_blocks=500)
    metrics, _ = measured(plant.firing, null_draws=19, null_features=120)
    whole, _ = measured(plant.firing, null_draws=19)
    assert metrics["mean_squared_phi"].estimate == whole["mean_squared_phi"].estimate
    assert metrics["mean_squared_phi"].nulls[0].mean == pytest.approx(whole["mean_squared_phi"].nulls[0].mean, rel=0.1)
    assert metrics["joined_pairs"].estimate == pytest.approx(whole["joined_pairs"].estimate, rel=0.2)


def test_what_has_no_numbers_says_why():
    plant = plant_firing(np.random.default_rng(7), n_features=40, n_blocks=100)
    pairs = FiringStatistics.from_cooccurrence(plant.firing.cooccurrence().numpy(), 100)
    metrics, _ = measured(pairs)
    assert isinstance(metrics["modularity"].estimate, Absent)
    assert "pairs did" in metrics["mean_squared_phi"].estimate.absent
    few, _ = measured(plant.firing.select(np.arange(11)))
    assert "12 are needed" in few["mean_squared_phi"].estimate.absent
    rng = np.random.default_rng(8)
    lone, _ = measured(FiringStatistics.from_arrays(rng.random((60, 20)) < 0.3), null_draws=19, fdr=1e-6)
    assert "no two features" in lone["modularity"].estimate.absent
    assert lone["modules"].estimate == 0
