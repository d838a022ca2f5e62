"""Lobes of a whole dictionary for seven numbers of lobes, from one eigensolution for each side: against scikit-learn's fit for one.

The plain way holds phi in float64 and factorizes it anew for every number of lobes; only the largest is timed. Ours finds the
lobes of both sides for every number and tests their agreement as well. Both answer with how well they recover the planted
topics.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.measure import Work
from saegeo_core import FeatureCloud
from saegeo_core.firing.statistics import Control, FiringStatistics
from saegeo_core.numerics.blas_threads import one_blas_thread
from saegeo_core.numerics.nearest_neighbors import nearest_neighbors
from saegeo_core.numerics.spectral_clustering import spectral_clusters
from saegeo_core.statistics.permutation import frequency_strata, permutations_within
from saegeo_core.synthetic.firing import PlantedFiring, plant_firing
from saegeo_lobes.affinities import affinity_matrix, neighbor_affinity, positive_phi
from saegeo_lobes.agreement import Agreement

N_CLUSTERS = (2, 3, 4, 8, 16, 32, 64)
NULL_DRAWS = 999


def planted(
    n_features: int, n_blocks: int, d_in: int, *, topic_strength: float = 20, topic_share: float = 0.5
) -> PlantedFiring:
    """As many topics as lobes are looked for at most, in text of varying richness."""
    return plant_firing(
        np.random.default_rng(0),
        n_features=n_features,
        n_blocks=n_blocks,
        n_topics=max(N_CLUSTERS),
        topic_strength=topic_strength,
        richness_spread=0.5,
        rates=(0.003, 0.1),
        d_in=d_in,
        topic_share=topic_share,
    )


def planted_3k() -> PlantedFiring:
    """A small dictionary."""
    return planted(3_072, 8_000, 384)


def planted_16k() -> PlantedFiring:
    """The dictionary of the paper."""
    return planted(16_384, 20_000, 2_304)


def planted_65k() -> PlantedFiring:
    """One whose matrix of affinities would take 17 GB."""
    return planted(65_536, 20_000, 64)


class Harvested(NamedTuple):
    """A dictionary, and what a harvest of it with one control gives."""

    cloud: FeatureCloud
    firing: FiringStatistics


def harvested_16k() -> Harvested:
    """The dictionary of the paper, and beside it one without topics."""
    plant, untrained = planted_16k(), planted(16_384, 20_000, 2_304, topic_strength=1.5, topic_share=0.1)
    control = Control(untrained.directions, untrained.firing)
    return Harvested(FeatureCloud.from_array(plant.directions), replace(plant.firing, controls_from=(lambda: control,)))


def with_scikit_learn(plant: PlantedFiring) -> float:
    """Phi in float64 and one dense fit at the largest number of lobes."""
    from sklearn.cluster import SpectralClustering

    counts = plant.firing.cooccurrence().numpy().astype(np.float64)
    fired, n_blocks = counts.diagonal(), plant.firing.n_blocks
    spread = np.sqrt(fired * (n_blocks - fired))
    phi = (n_blocks * counts - np.outer(fired, fired)) / np.outer(spread, spread)
    fit = SpectralClustering(max(N_CLUSTERS), affinity="precomputed", random_state=42).fit(phi.clip(0))
    return recovery(fit.labels_, plant)


@one_blas_thread()  # as a run has it
def lobes_and_agreement(plant: PlantedFiring) -> float:
    """Phi, the lobes of both sides for all numbers, and the agreement of each with its null."""
    rng = np.random.default_rng(0)
    affinity = affinity_matrix(plant.firing.cooccurrence(), plant.firing.n_blocks, positive_phi, reuse_memory=True)
    functional, _ = spectral_clusters(affinity, N_CLUSTERS, rng)
    del affinity
    neighbors = nearest_neighbors(torch.from_numpy(plant.directions), 10)
    geometric, _ = spectral_clusters(neighbors.graph(), N_CLUSTERS, rng)
    strata = frequency_strata(plant.firing.counts, rng)
    within = np.stack([one.astype(np.int32) for one in permutations_within(strata, rng, NULL_DRAWS)])
    for k in N_CLUSTERS:
        Agreement(functional[k], geometric[k]).permuted(within)
    return recovery(functional[max(N_CLUSTERS)], plant)


@one_blas_thread()
def sparse_lobes(plant: PlantedFiring) -> float:
    """The same functional lobes from the 30 most alike partners of each feature."""
    counts = torch.from_numpy(plant.firing.counts)
    graph = neighbor_affinity(plant.firing.cooccurrence_tile, counts, plant.firing.n_blocks, positive_phi)
    labels, _ = spectral_clusters(graph, N_CLUSTERS, np.random.default_rng(0))
    return recovery(labels[max(N_CLUSTERS)], plant)


def recovery(labels: np.ndarray, plant: PlantedFiring) -> float:
    """Adjusted mutual information with the planted topics."""
    return Agreement(labels, plant.topic_of_feature).adjusted_mutual_information


ROWS = [
    Work("lobes, 3,072 x 384", planted_3k, with_scikit_learn, lobes_and_agreement),
    Work("lobes, 16,384 x 2,304", planted_16k, with_scikit_learn, lobes_and_agreement, full=True),
    Work("lobes, 65,536 features", planted_65k, "would need 34 GB", sparse_lobes, full=True),
]
