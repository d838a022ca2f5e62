"""An untrained dictionary in place of the SAE is not told from its control."""

import numpy as np
import torch
from scipy.stats import binom, kstest

from saegeo_core import FiringStatistics
from saegeo_core.measuring.null_comparison import Controls, null_comparison
from saegeo_core.measuring.null_draws import UNTRAINED
from saegeo_lobes.affinities import MEASURES
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_set import COSINE_GRAPH, FeatureSet, Settings, live_features
from saegeo_lobes.nulls import halves_of
from saegeo_lobes.numbers import NUMBERS

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
    return FeatureSet(torch.from_numpy(directions[live]), firing.select(live), SETTINGS, rng)


def measured(lobes):
    return {name: NUMBERS[name].of(lobes) for name in MEASURED}


def test_one_control_gives_pvalues_that_do_not_reject_too_often():
    pvalues = {name: [] for name in MEASURED}
    for seed in range(N_TRIALS):
        rng = np.random.default_rng(seed)
        tokens = activations(rng)
        sae, control = (FeatureLobes.of(untrained(tokens, rng), K, rng) for _ in range(2))
        found, of_control = measured(sae), measured(control)
        halves = [measured(half) for half in halves_of(control, rng, N_HALVES)]
        for name in MEASURED:
            draws = Controls([of_control[name]], [half[name] for half in halves])
            pvalues[name].append(null_comparison(UNTRAINED, found[name], draws).pvalue)
    for name in MEASURED:
        assert np.sum(np.array(pvalues[name]) <= 0.05) <= binom.ppf(0.999, N_TRIALS, 0.05), name
        assert kstest(pvalues[name], "uniform", alternative="greater").pvalue > 1e-3, name
