"""An untrained dictionary in place of the SAE is not told from its control."""

import numpy as np
import pytest
import torch
from scipy.stats import binom, kstest

from saegeo_core import FiringStatistics
from saegeo_lobes.affinities import MEASURES
from saegeo_lobes.control_null import control_null
from saegeo_lobes.dictionary import COSINE_GRAPH, Dictionary, Settings
from saegeo_lobes.estimates import ESTIMATES, AtK
from saegeo_lobes.live_features import live_features

N_TRIALS, N_HALVES, K, D_IN = 24, 10, 3, 12
BLOCKS, TOKENS = 240, 8
SETTINGS = Settings({"phi": MEASURES["phi"]}, (COSINE_GRAPH,), (K,), 6, 2**31, True, "cpu")
MEASURED = ("ami", "neighbor_phi_excess", "cramers_v")


def activations(rng):
    """Tokens of blocks about five topics, documents of four blocks."""
    topics = rng.standard_normal((5, D_IN))
    topic = np.repeat(rng.integers(0, 5, BLOCKS // 4), 4 * TOKENS)
    return topics[topic] * 0.6 + rng.standard_normal((BLOCKS * TOKENS, D_IN))


def untrained(tokens, rng, n_features=120):
    """Uniform directions that fire where their projection is high, at rates of their own."""
    directions = rng.standard_normal((n_features, D_IN)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    projections = tokens @ directions.T
    rates = np.exp(rng.uniform(np.log(0.01), np.log(0.05), n_features))
    thresholds = [np.quantile(column, 1 - rate) for column, rate in zip(projections.T, rates, strict=True)]
    fired = (projections > thresholds).reshape(BLOCKS, TOKENS, -1).any(1)
    firing = FiringStatistics.from_arrays(fired, document_of_block=np.arange(BLOCKS) // 4)
    live = live_features(firing.counts, firing.n_blocks).mask
    return Dictionary(torch.from_numpy(directions[live]), firing.select(live), SETTINGS, rng)


def measured(dictionary, rng):
    at = AtK.of(dictionary, K, rng)
    return {name: ESTIMATES[name](at) for name in MEASURED}


def halves_of(control, rng):
    chosen = (np.sort(rng.choice(len(control), len(control) // 2, replace=False)) for _ in range(N_HALVES))
    return [measured(control.part(half, (K,), rng), rng) for half in chosen]


def test_one_control_gives_pvalues_that_do_not_reject_too_often():
    pvalues = {name: [] for name in MEASURED}
    for seed in range(N_TRIALS):
        rng = np.random.default_rng(seed)
        tokens = activations(rng)
        sae, control = untrained(tokens, rng), untrained(tokens, rng)
        found, of_control, halves = measured(sae, rng), [measured(control, rng)], halves_of(control, rng)
        for name in MEASURED:
            pvalues[name].append(control_null(name, found[name], of_control, halves).pvalue)
    for name in MEASURED:
        assert np.sum(np.array(pvalues[name]) <= 0.05) <= binom.ppf(0.999, N_TRIALS, 0.05), name
        assert kstest(pvalues[name], "uniform", alternative="greater").pvalue > 1e-3, name


def test_many_controls_give_ranks_and_few_a_prediction(rng):
    draws = [{"ami": float(value)} for value in rng.standard_normal(39)]
    highest = max(one["ami"] for one in draws) + 1
    ranked = control_null("ami", highest, draws, [])
    assert ranked.pvalue == pytest.approx(1 / 40)
    few = control_null("ami", highest, draws[:5], [])
    values = np.array([one["ami"] for one in draws[:5]])
    assert few.z == pytest.approx((highest - values.mean()) / (values.std(ddof=1) * np.sqrt(1.2)))
    alone = control_null("ami", highest, draws[:1], [])
    assert (alone.z, alone.pvalue) == (None, None)


def test_few_controls_give_uniform_pvalues(rng):
    """Of five numbers of one law the last is predicted by the others."""
    pvalues = []
    for _ in range(400):
        *controls, sae = rng.standard_normal(5)
        pvalues.append(control_null("ami", sae, [{"ami": value} for value in controls], []).pvalue)
    assert kstest(pvalues, "uniform").pvalue > 1e-3
