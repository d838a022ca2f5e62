"""Analyses of firing, on dictionaries that learned nothing: rates that ignore where features lie, and directions that ignore text.

frequency-geometry is given firing at planted rates, feature by feature in bursts of documents; every run draws another dictionary
and other documents, which its intervals claim to cover. lobes is given an untrained dictionary that reads activations, in the SAE's
place, among its reflected controls.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.calibration.cell import Cell
from benchmarks.calibration.geometry_cells import D, N
from saegeo_core import Example, FeatureCloud, FiringStatistics
from saegeo_core.harvesting.in_memory import harvested_in_memory
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.synthetic.clouds import families, isotropic
from saegeo_core.synthetic.composites import Law, two_subspaces
from saegeo_core.synthetic.dictionaries import UNTRAINED, Dictionary, Text, read_text, trained

RATES = 0.05, 0.6
BURSTS = 2.0
"""Shape of the gamma law, of mean 1, that says how lively a feature is in a document."""
N_LOBES, D_LOBES = 100, 16

DOCUMENTS = 60
EVEN = np.full(DOCUMENTS, 4)
UNEQUAL = np.ceil(48 / np.arange(1, DOCUMENTS + 1)).astype(np.int64)
"""Blocks of each document: 240 in all, or about as many with a fifth of them in the longest."""

FREQUENCY: Mapping[str, Any] = {"null_draws": 99}
LOBES: Mapping[str, Any] = {
    "n_clusters": [4],
    "k_reported": 4,
    "affinities": ["phi"],
    "n_neighbors": 6,
    "null_draws": 19,  # permutations, which do not judge: reflected controls do
    "isotropic_draws": 0,
    "document_splits": 2,
}


def firing_cells() -> list[Cell]:
    """Both analyses on every law of firing."""
    of_5, of_20, of_40 = (partial(families, size=size) for size in (5, 20, 40))
    rates = {
        "uniform": _at_rates(isotropic),
        "families of 5": _at_rates(of_5),
        "families of 5 that share rates": _at_rates(of_5, sharing=5),
        "families of 20 that share rates": _at_rates(of_20, sharing=20),
        "ten families of 40 that share rates": _at_rates(of_40, sharing=40),
        "two subspaces": _at_rates(two_subspaces),
        "documents of unequal length": _at_rates(of_5, sharing=5, blocks=UNEQUAL),
        "families that fire more": _families_fire_more,
    }
    reading = {
        **{f"untrained: {law}": _reading(make) for law, make in UNTRAINED.items()},
        "untrained: thresholds in no order of reach": _reading(UNTRAINED["uniform"], exponent=1.0),
        "untrained: documents of unequal length": _reading(UNTRAINED["families of 5"], blocks_per_document=UNEQUAL),
        "trained": _trained,
    }
    return [
        Cell("frequency-geometry", law, draw, partial(_ignores_rates, law), FREQUENCY) for law, draw in rates.items()
    ] + [Cell("lobes", law, draw, partial(_is_untrained, law), LOBES) for law, draw in reading.items()]


def _ignores_rates(law: str, metric: str) -> bool:
    return law != "families that fire more" or metric == "rate_norm"


def _is_untrained(law: str, _metric: str) -> bool:
    return law.startswith("untrained")


def _at_rates(
    directions: Law, *, sharing: int = 1, blocks: Integers = EVEN
) -> Callable[[np.random.Generator], Example]:
    """Directions of a law, of unlike lengths, and rates that ignore both; so many features in a row share theirs."""

    def draw(rng: np.random.Generator) -> Example:
        rates = np.repeat(rng.uniform(*RATES, N // sharing), sharing)
        return _firing_at(directions(N, D, rng), rates, blocks, rng)

    return draw


def _families_fire_more(rng: np.random.Generator) -> Example:
    """Half of the features in families of five, and these at rates that are higher by half on average."""
    half = N // 2
    rows = torch.cat([families(half, D, rng), isotropic(N - half, D, rng)])
    rates = rng.uniform(*RATES, N) * np.repeat([1.0, 2 / 3], [half, N - half])
    return _firing_at(rows, rates, EVEN, rng)


def _firing_at(rows: torch.Tensor, rates: Floats, blocks: Integers, rng: np.random.Generator) -> Example:
    document = np.repeat(np.arange(len(blocks)), blocks)
    liveliness = rng.gamma(BURSTS, 1 / BURSTS, (len(blocks), len(rates)))
    fired = rng.random((len(document), len(rates))) < 1 - (1 - rates) ** liveliness[document]
    lengths = torch.from_numpy(np.exp(0.3 * rng.standard_normal((len(rows), 1)))).float()
    return Example(
        FeatureCloud.from_array(rows * lengths), FiringStatistics.from_arrays(fired, document_of_block=document)
    )


def _reading(
    make: Callable[[int, int, np.random.Generator], Dictionary], **text: Any
) -> Callable[[np.random.Generator], Example]:
    """A dictionary that knows nothing of what it reads."""

    def draw(rng: np.random.Generator) -> Example:
        return _beside_reflections(make(N_LOBES, D_LOBES, rng), read_text(D_LOBES, rng, **text), rng)

    return draw


def _trained(rng: np.random.Generator) -> Example:
    text = read_text(D_LOBES, rng)
    return _beside_reflections(trained(N_LOBES, D_LOBES, rng, text), text, rng)


def _beside_reflections(dictionary: Dictionary, text: Text, rng: np.random.Generator) -> Example:
    cloud = FeatureCloud.from_array(dictionary.directions)
    return Example(cloud, harvested_in_memory(dictionary, text, rng))
