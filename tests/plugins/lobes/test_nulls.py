"""An untrained dictionary in place of the SAE is not told from its reflections; a trained one is."""

import numpy as np
import pytest
from scipy.stats import binom

from saegeo_core.harvesting.in_memory import harvested_in_memory
from saegeo_core.measuring.null_comparison import null_comparisons
from saegeo_core.measuring.null_draws import controls_by_kind
from saegeo_core.synthetic.dictionaries import UNTRAINED, read_text, trained
from saegeo_lobes.affinities import MEASURES
from saegeo_lobes.controls import untrained_lobes
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_set import COSINE_GRAPH, FeatureSet, Settings, live_features
from saegeo_lobes.neighbor_phi import neighbor_phi_excess
from saegeo_lobes.numbers import NUMBERS

N_FEATURES, D_IN, K, MIN_BLOCKS = 100, 16, 3, 10
SETTINGS = Settings({"phi": MEASURES["phi"]}, (COSINE_GRAPH,), (K,), 6, 2**31, True, "cpu")


def neighbor_phi(units, firing, rng):
    live = live_features(firing.counts, firing.n_blocks, min_blocks=MIN_BLOCKS).mask
    features = FeatureSet(units[live], firing.select(live), SETTINGS, rng)
    unpermuted = np.empty((0, len(features)), np.int64)
    return neighbor_phi_excess(features.phi_rows(), features.neighbors.indices, features.strata, unpermuted).excess


def pvalues_of_neighbor_phi(dictionary, text, rng, *, gaussian=0):
    """By reflected controls, then by Gaussian ones."""
    firing = harvested_in_memory(dictionary, text, rng, gaussian=gaussian)
    measured = [
        (control.kind, {"phi": neighbor_phi(control.units(dictionary.directions), control.firing, rng)})
        for control in firing.controls()
    ]
    estimate = neighbor_phi(dictionary.directions, firing, rng)
    return [null.pvalue for null in null_comparisons(estimate, controls_by_kind(measured, "phi"), "greater")]


@pytest.mark.parametrize("law", UNTRAINED)
def test_untrained_dictionaries_pass_for_their_reflections(law):
    n_trials, pvalues = 40, []
    for seed in range(n_trials):
        rng = np.random.default_rng([seed, len(law)])
        pvalues += pvalues_of_neighbor_phi(UNTRAINED[law](N_FEATURES, D_IN, rng), read_text(D_IN, rng), rng)
    for level in (0.05, 0.25, 0.5):
        assert np.sum(np.array(pvalues) <= level) <= binom.ppf(0.999, n_trials, level)


def test_lobes_of_an_untrained_dictionary_pass_for_those_of_its_reflections():
    n_trials, pvalues = 5, {"ami": [], "cramers_v": []}
    for seed in range(n_trials):
        rng = np.random.default_rng(seed)
        dictionary, text = UNTRAINED["families of 5"](N_FEATURES, D_IN, rng), read_text(D_IN, rng)
        firing = harvested_in_memory(dictionary, text, rng)
        live = live_features(firing.counts, firing.n_blocks, min_blocks=MIN_BLOCKS).mask
        sae = FeatureLobes.of(FeatureSet(dictionary.directions[live], firing.select(live), SETTINGS, rng), K, rng)
        controls = list(untrained_lobes(dictionary.directions, firing, SETTINGS, rng, k=K, min_blocks=MIN_BLOCKS))
        for name, collected in pvalues.items():
            measured = [(control.kind, control.numbers) for control in controls]
            judged = null_comparisons(NUMBERS[name].of(sae), controls_by_kind(measured, name), "greater")
            collected.append(judged[0].pvalue)
    for name, collected in pvalues.items():
        assert np.sum(np.array(collected) <= 0.1) <= binom.ppf(0.999, n_trials, 0.1), name


def test_training_is_found():
    found = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        text = read_text(D_IN, rng)
        found += pvalues_of_neighbor_phi(trained(N_FEATURES, D_IN, rng, text), text, rng)
    assert np.sum(np.array(found) <= 0.05) >= 6


def test_families_alone_are_beyond_gaussian_controls():
    """Why reflections judge: they have the families, a Gaussian has none."""
    by_reflected, by_gaussian = [], []
    for seed in range(8):
        rng = np.random.default_rng([seed, 1])
        dictionary = UNTRAINED["families of 5"](N_FEATURES, D_IN, rng)
        reflected, gaussian = pvalues_of_neighbor_phi(dictionary, read_text(D_IN, rng), rng, gaussian=19)
        by_reflected.append(reflected)
        by_gaussian.append(gaussian)
    assert np.sum(np.array(by_gaussian) <= 0.05) >= 5
    assert np.sum(np.array(by_reflected) <= 0.05) <= 3
