"""Planted firing, and what the tests of this plugin do with it over and over."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from saegeo_core.numerics.nearest_neighbors import NearestNeighbors, nearest_neighbors
from saegeo_core.statistics.permutation import frequency_strata, permute_within
from saegeo_core.synthetic.firing import PlantedFiring, plant_firing
from saegeo_lobes.feature_set import live_features
from saegeo_lobes.phi_of_pairs import phi_rows


@dataclass
class Case:
    """Live features of a plant: their counts, their directions and their strata."""

    plant: PlantedFiring
    live: np.ndarray
    counts: torch.Tensor
    n_blocks: int
    neighbors: NearestNeighbors
    rng: np.random.Generator

    @property
    def fired(self):
        return self.counts.diagonal()

    @property
    def topics(self):
        return self.plant.topic_of_feature[self.live]

    @property
    def directions(self):
        return self.plant.directions[self.live]

    def tile(self, rows, columns):
        return self.counts[rows, columns]

    def phi_rows(self, **settings: Any):
        return phi_rows(self.tile, self.fired, self.n_blocks, **settings)

    def strata(self, size=11):
        return frequency_strata(self.fired.numpy(), self.rng, size=size)

    def permutations(self, strata, n):
        return np.stack([permute_within(strata, self.rng) for _ in range(n)])


@pytest.fixture
def make_case():
    def make(seed=0, n_neighbors=10, **planted):
        rng = np.random.default_rng(seed)
        plant = plant_firing(rng, **planted)
        live = live_features(plant.firing.counts, plant.firing.n_blocks).mask
        counts = plant.firing.cooccurrence(live)
        neighbors = nearest_neighbors(torch.from_numpy(plant.directions[live]), n_neighbors)
        return Case(plant, live, counts, plant.firing.n_blocks, neighbors, rng)

    return make
