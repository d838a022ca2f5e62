"""An untrained dictionary in place of the SAE is not told from its reflections; a trained one is."""

import numpy as np
import pytest
from scipy.stats import binom

from saegeo_core.harvesting.in_memory import harvested_in_memory
from saegeo_core.measuring.null_comparison import null_comparisons
from saegeo_core.synthetic.dictionaries import UNTRAINED, read_text, trained
from saegeo_lobes.affinities import MEASURES
from saegeo_lobes.controls import untrained_lobes
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_set import COSINE_GRAPH, FeatureSet, Settings, live_features
from saegeo_lobes.nulls import NullModels
from saegeo_lobes.numbers import NUMBERS, nulls_of

N_TRIALS, N_FEATURES, D_IN, K, MIN_BLOCKS = 12, 100, 16, 3, 10
SETTINGS = Settings({"phi": MEASURES["phi"]}, (COSINE_GRAPH,), (K,), 6, 2**31, True, "cpu")
MEASURED = ("ami", "neighbor_phi_excess", "cramers_v")


def pvalues_of(dictionary, text, rng, *, gaussian=0):
    """Of each number by each kind of control that there is, by (name, place of the null)."""
    firing = harvested_in_memory(dictionary, text, rng, gaussian=gaussian)
    live = live_features(firing.counts, firing.n_blocks, min_blocks=MIN_BLOCKS).mask
    sae = FeatureLobes.of(FeatureSet(dictionary.directions[live], firing.select(live), SETTINGS, rng), K, rng)
    controls = list(untrained_lobes(dictionary.directions, firing, SETTINGS, rng, k=K, min_blocks=MIN_BLOCKS))
    models = NullModels.of(sae.features, null_draws=19, isotropic_draws=0, permutation_rng=rng, rng=rng)
    nulls = nulls_of(sae, controls, models)
    return {
        (name, place): null.pvalue
        for name in MEASURED
        for place, null in enumerate(null_comparisons(NUMBERS[name].of(sae), nulls[name], "greater"))
        if "untrained" in null.model
    }


@pytest.mark.parametrize("law", UNTRAINED)
def test_untrained_dictionaries_pass_for_their_reflections(law):
    found = []
    for seed in range(N_TRIALS):
        rng = np.random.default_rng([seed, len(law)])
        found.append(pvalues_of(UNTRAINED[law](N_FEATURES, D_IN, rng), read_text(D_IN, rng), rng))
    for name in MEASURED:
        pvalues = np.array([one[name, 0] for one in found])
        assert np.sum(pvalues <= 0.05) <= binom.ppf(0.999, N_TRIALS, 0.05), name
        assert np.sum(pvalues <= 0.5) <= binom.ppf(0.999, N_TRIALS, 0.5), name


def test_training_is_found():
    found = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        text = read_text(D_IN, rng)
        found.append(pvalues_of(trained(N_FEATURES, D_IN, rng, text), text, rng)["neighbor_phi_excess", 0])
    assert np.sum(np.array(found) <= 0.05) >= 3


def test_families_alone_are_beyond_a_gaussian_control():
    """Why reflections judge: they have the families, a Gaussian has none."""
    rng = np.random.default_rng(0)
    dictionary = UNTRAINED["families of 5"](N_FEATURES, D_IN, rng)
    found = pvalues_of(dictionary, read_text(D_IN, rng), rng, gaussian=19)
    assert found["neighbor_phi_excess", 0] > 0.05 >= found["neighbor_phi_excess", 1]
