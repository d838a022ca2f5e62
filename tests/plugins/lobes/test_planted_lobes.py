"""What the plugin is for: topics are found, and a frequency that only looks like topics is not."""

from dataclasses import dataclass, fields

import numpy as np
import pytest
import torch
from scipy.stats import binom
from sklearn.metrics import adjusted_mutual_info_score

from saegeo_core.numerics.spectral_clustering import spectral_clusters
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_lobes.affinities import affinity_matrix, neighbor_affinity, positive_phi, shifted_phi
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.neighbor_phi import neighbor_phi_excess

# Weak topics under block richness that varies by a factor of 3.5 either way: both come together in the published affinity.
RICH = {"n_features": 600, "n_blocks": 2000, "n_topics": 6, "topic_strength": 5.0, "richness_spread": 1.25}

NO_TOPICS = {"n_blocks": 1000, "n_topics": 1, "topic_strength": 1.0, "topic_share": 0.0}
WEAK = {"n_features": 600, "d_in": 32, "frequency_share": 1.0, "richness_spread": 1.0}
STRONG = {"n_features": 900, "d_in": 8, "frequency_share": 3.0, "richness_spread": 2.0, "rates": (0.01, 0.8)}
N_PLANTS = 30
MAX_REJECTED = binom.ppf(0.999, N_PLANTS, 0.05)


def lobes_of(case, measure, k):
    labels, _ = spectral_clusters(affinity_matrix(case.counts, case.n_blocks, measure), [k], case.rng)
    return labels[k]


@dataclass
class Pvalues:
    """Of AMI within strata of 11 features, within ten strata and freely; of neighbor phi within strata of 11."""

    stratified: float
    coarse: float
    naive: float
    near: float


def pvalues(case, *, k=8, n=99):
    geometric, _ = spectral_clusters(case.neighbors.graph(), [k], case.rng)
    both = Agreement(lobes_of(case, positive_phi, k), geometric[k])
    strata = case.strata()
    within = case.permutations(strata, n)
    near = neighbor_phi_excess(case.phi_rows(), case.neighbors.indices, strata, within)
    coarse = case.permutations(case.strata(len(strata) // 10), n)
    freely = case.permutations(np.zeros_like(strata), n)
    observed = both.adjusted_mutual_information
    of_ami = [permutation_pvalue(observed, both.permuted(some), "greater") for some in (within, coarse, freely)]
    return Pvalues(*of_ami, permutation_pvalue(near.excess, near.null_distribution, "greater"))


def test_topics_are_recovered_where_the_published_affinity_loses_them(make_case):
    found = []
    for seed in range(4):
        case = make_case(seed, **RICH)
        scores = [adjusted_mutual_info_score(lobes_of(case, m, 6), case.topics) for m in (positive_phi, shifted_phi)]
        found.append(scores)
    positive, shifted = np.array(found).T
    assert positive.min() >= 0.95
    assert 0.7 <= shifted.mean() <= 0.85


@pytest.mark.parametrize("confound", [WEAK, STRONG], ids=["weak", "strong"])
def test_a_frequency_confound_is_no_lobe(confound, make_case):
    plants = [pvalues(make_case(seed, **NO_TOPICS, **confound)) for seed in range(N_PLANTS)]
    rejected = {field.name: sum(getattr(plant, field.name) <= 0.05 for plant in plants) for field in fields(Pvalues)}
    assert rejected["stratified"] <= MAX_REJECTED
    assert rejected["near"] <= MAX_REJECTED
    assert rejected["naive"] == N_PLANTS
    if confound is STRONG:
        assert rejected["coarse"] > MAX_REJECTED


@pytest.mark.parametrize("confound", [WEAK, STRONG], ids=["weak", "strong"])
def test_topics_are_lobes_with_the_confound_too(confound, make_case):
    topics = {"n_blocks": 1000, "topic_strength": 5.0, "topic_share": 1.0}
    for seed in range(3):
        found = pvalues(make_case(seed, **topics, **confound))
        assert max(found.stratified, found.near) <= 0.05


@pytest.mark.parametrize("side", [8192, 170])
def test_the_sparse_affinity_keeps_the_strongest_and_finds_the_topics(side, make_case):
    case = make_case(**RICH)
    dense = affinity_matrix(case.counts, case.n_blocks, positive_phi)
    graph = neighbor_affinity(case.tile, case.fired, case.n_blocks, positive_phi, n_partners=30, side=side)
    thin = graph.to_dense()
    np.testing.assert_array_equal(thin[thin > 0], dense[thin > 0])
    dense.fill_diagonal_(0)
    chosen = torch.zeros_like(dense, dtype=torch.bool).scatter_(1, dense.topk(20, dim=1).indices, True)
    assert bool((thin > 0)[chosen].all())  # the 20 strongest are among the 30 kept, whatever ties there are
    labels, _ = spectral_clusters(graph, [6], case.rng)
    assert adjusted_mutual_info_score(labels[6], case.topics) >= 0.95
