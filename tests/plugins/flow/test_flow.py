"""Flow: chains counted by hand, planted layers, strangers, and what blocks bring."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, SaegeoError
from saegeo_core.measuring.partners import NOBODY
from saegeo_core.synthetic import angular_gaussian, isotropic
from saegeo_flow.analysis import Flow
from saegeo_flow.chains import Chains

N, D = 120, 24
X = NOBODY


def cloud_of(rows, name, layer=None):
    cloud = FeatureCloud.from_array(rows, name=name)
    return replace(cloud, sae=cloud.sae.model_copy(update={"layer": layer}))


def measured(chain, *, sources=(), place=0, seed=0, **parameters):
    """The metrics by name, and the findings, of the chain as seen from one of its layers."""
    context = AnalysisContext(
        rng=np.random.default_rng(seed), clouds={"chain": tuple(chain), "sources": tuple(sources)}
    )
    findings = Flow().analyze(chain[place], Flow.Parameters(chain=["a:b"], **parameters), context)
    return {metric.name: metric for metric in findings.metrics}, findings


def layers(rng, carried=(60, 30)):
    """Three layers: the second has so many of the first features of the first, blurred, the third of the second."""
    chain = [angular_gaussian(N, D, rng)]
    for n in carried:
        along = chain[-1][:n] + 0.2 * isotropic(n, D, rng)
        chain.append(torch.cat([along, angular_gaussian(N - n, D, rng)]))
    return [cloud_of(rows, f"layer-{n}", n) for n, rows in enumerate(chain)]


def test_chains_are_counted():
    chains = Chains([np.array([1, 0, X, X]), np.array([2, X, X]), np.array([X, X, 0])], [4, 3, 3, 1])
    assert [list(one) for one in chains.is_born] == [[False, False, True], [True, True, False], [False]]
    # From the first layer 2 of 4, 1 of 4, 1 of 4 are left; from the second 1 and 1 of 3; from the third 1 of 3.
    assert chains.survival == pytest.approx([1, (2 + 1 + 1) / 10, (1 + 1) / 7, 1 / 4])
    assert chains.half_life == pytest.approx(1 - 0.1 / 0.6)
    assert list(chains.is_carried_to_the_end) == [False, True, False, False]
    assert [list(one) for one in chains.origins] == [[0, 0, 0, 0], [0, 0, 1], [2, 2, 0], [0]]
    assert chains.numbers == pytest.approx(
        {
            "carried_share": (2 / 4 + 1 / 3 + 1 / 3) / 3,
            "born_share": (1 / 3 + 2 / 3 + 0) / 3,
            "end_to_end_share": 1 / 4,
            "half_life": chains.half_life,
        }
    )
    assert chains.paths() == [(0, [0, 1]), (0, [1, 0, 2, 0]), (0, [2]), (0, [3]), (1, [2]), (2, [0]), (2, [1])]


def test_features_of_every_layer_are_told_by_where_they_were_born(rng):
    _, findings = measured(layers(rng))
    origins = findings.tables["origins"]
    assert list(origins["layer"]) == ["layer-0", "layer-1", "layer-1", "layer-2", "layer-2", "layer-2"]
    assert origins.groupby("layer")["features"].sum().tolist() == [N, N, N]
    assert origins["features"].to_numpy() == pytest.approx(N * origins["share"].to_numpy())


def test_all_that_stays_has_no_half_life():
    chains = Chains([np.arange(5)] * 2, [5] * 3)
    assert chains.half_life is None
    assert chains.numbers == {"carried_share": 1, "born_share": 0, "end_to_end_share": 1}


def test_planted_layers_are_followed(rng):
    metrics, findings = measured(layers(rng))
    assert metrics["carried_share"].estimate == pytest.approx(0.375, abs=0.02)
    assert metrics["born_share"].estimate == pytest.approx(0.625, abs=0.02)
    assert metrics["end_to_end_share"].estimate == pytest.approx(0.25, abs=0.02)
    assert 0.5 < metrics["half_life"].estimate < 1
    for metric in metrics.values():
        assert metric.nulls[0].pvalue == 0.05
    steps = findings.tables["steps"]
    assert steps["carried"].to_numpy() == pytest.approx([0.5, 0.25], abs=0.03)
    assert (steps["carried"] + steps["born"]).to_numpy() == pytest.approx([1, 1])
    assert (steps["random_carried"] < 0.04).all()
    origins = findings.tables["origins"]
    assert origins.groupby("layer")["share"].sum().to_numpy() == pytest.approx(1)
    assert origins["share"].iloc[-3] == pytest.approx(metrics["end_to_end_share"].estimate)
    longest = findings.tables["chains"]
    assert (longest["layers"][:28] == 3).all()
    assert longest["chain"][0] == "0 → 0 → 0"


def test_each_chain_names_its_feature_of_the_sae_that_is_measured(rng):
    chain = layers(rng)
    for place in range(3):
        longest = measured(chain, place=place)[1].tables["chains"]
        for begins_in, told, feature in longest[["begins_in", "chain", "feature"]].itertuples(index=False):
            ids = told.split(" → ")
            at = place - [one.sae.spec for one in chain].index(begins_in)
            assert str(feature) == (ids[at] if 0 <= at < len(ids) else "<NA>")
        assert longest["feature"].dropna().is_unique


def test_of_every_layer_the_chain_is_the_same(rng):
    chain = layers(rng)
    estimates = [{name: one.estimate for name, one in measured(chain, place=place)[0].items()} for place in (0, 2)]
    assert estimates[0] == estimates[1]


def test_a_layer_that_is_not_named_comes_first(rng):
    first, second, third = layers(rng)
    context = AnalysisContext(rng=np.random.default_rng(0), clouds={"chain": (second, third), "sources": ()})
    findings = Flow().analyze(first, Flow.Parameters(chain=["a:b"]), context)
    whole, _ = measured([first, second, third])
    assert [one.estimate for one in findings.metrics] == [one.estimate for one in whole.values()]


def test_strangers_carry_next_to_nothing_along(rng):
    pvalues = []
    for seed in range(20):
        chain = [cloud_of(angular_gaussian(N, D, rng), f"layer-{n}") for n in range(2)]
        metrics, _ = measured(chain, seed=seed)
        assert metrics["carried_share"].estimate < 0.05
        pvalues.append(metrics["carried_share"].nulls[0].pvalue)
    assert np.mean(np.array(pvalues) <= 0.05) <= 0.2
    assert 0.3 < np.mean(pvalues) < 0.75


def test_what_is_born_is_found_in_the_block_that_brought_it(rng):
    chain = layers(rng)
    attention = torch.cat([chain[1].vectors[60:100] + 0.1 * isotropic(40, D, rng), angular_gaussian(80, D, rng)])
    mlp = angular_gaussian(N, D, rng)
    sources = [cloud_of(attention, "attention-1", 1), cloud_of(mlp, "mlp-1", 1), cloud_of(mlp, "mlp-7", 7)]
    _, findings = measured(chain, sources=sources)
    told = findings.tables["sources"].set_index("source")
    assert list(told.index) == ["memory:attention-1", "memory:mlp-1"]
    assert told["brought"].to_numpy() == pytest.approx([40 / 60, 0.01], abs=0.06)
    assert told["random_brought"].to_numpy() == pytest.approx([0.01, 0.01], abs=0.05)


def test_what_is_no_chain_is_refused(rng):
    (first, *_) = layers(rng)
    with pytest.raises(SaegeoError, match="is the one measured"):
        measured([first])
    with pytest.raises(SaegeoError, match="they share no cosines"):
        measured([first, cloud_of(isotropic(N, D + 1, rng), "wide")])


def test_layers_out_of_order_are_told(rng):
    first, second, third = layers(rng)
    _, findings = measured([first, third, second])
    assert findings.warnings == ["the layers are not in rising order: 0, 2, 1"]


def test_a_layer_in_which_nothing_can_be_matched_is_named(rng):
    metrics, _ = measured([layers(rng)[0], cloud_of(torch.ones(N, D), "equal")])
    assert all(isinstance(one.estimate, Absent) and "equal" in one.estimate.absent for one in metrics.values())
