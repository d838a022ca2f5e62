"""The clouds that the suite measures: an ordinary one, and those in which there is next to nothing to measure.

All are drawn afresh when asked for, so that no check meets what another has spoiled. Firing is planted where it is needed, and
activations are made up where they can be read.
"""

from collections.abc import Set
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.activations.text_activations import TextActivations
from saegeo_core.activations.unembedding import Unembedding
from saegeo_core.cloud.feature_cloud import FeatureCloud, rows_digest
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.plugin.analysis import Example
from saegeo_core.synthetic import families
from saegeo_core.synthetic.activations import made_up_activations, made_up_tokens
from saegeo_core.synthetic.firing import plant_firing

SEED = 20240917


def fingerprint(given: Example) -> tuple[object, ...]:
    """Changes when anything that is given does. A copy of the firing statistics is asked, for they remember their digest."""
    encoder = None if given.encoder is None else rows_digest(given.encoder)
    return given.cloud.checksum(), given.cloud.labels, given.firing and replace(given.firing).digest, encoder


def ordinary(reads: Set[str], n_features: int = 160, d_in: int = 16, n_blocks: int = 400) -> Example:
    """Families of directions of different lengths; where firing is read, topics in directions and in firing."""
    rng = np.random.default_rng(SEED)
    if "firing" in reads:
        plant = plant_firing(rng, n_features=n_features, n_blocks=n_blocks, d_in=d_in)
        rows, firing = torch.from_numpy(plant.directions), plant.firing
    else:
        rows, firing = families(n_features, d_in, rng), None
    lengths = torch.from_numpy(rng.uniform(0.5, 2.0, (n_features, 1))).float()
    labels = [f"feature {number}" for number in range(n_features)] if "labels" in reads else None
    cloud = FeatureCloud.from_array(rows * lengths, labels=labels, name="ordinary")
    return _example(cloud, firing, reads)


def degenerate(reads: Set[str]) -> dict[str, Example]:
    """The clouds in which analyses break, by name."""
    rng = np.random.default_rng(SEED)
    rows = rng.standard_normal((30, 16)).astype(np.float32)
    dead = np.concatenate([rows, rows + 1])
    dead[rng.choice(60, 20, replace=False)] = 0
    clouds = {
        "one feature": rows[:1],
        "equal rows": np.repeat(rows[:1], 30, axis=0),
        "duplicates": np.concatenate([rows, rows]),
        "more dimensions than features": rng.standard_normal((12, 40)).astype(np.float32),
        "dead features": dead,
    }
    return {name: _with_inputs(name, rows, reads, rng) for name, rows in clouds.items()}


def companion(cloud: FeatureCloud) -> FeatureCloud:
    """Another cloud of the same shape: what a run that loads a second cloud gets, whatever name it asks for."""
    rows = families(cloud.sae.d_sae, cloud.d_in, np.random.default_rng(SEED + 1))
    return FeatureCloud.from_array(rows, name="companion")


def _with_inputs(name: str, rows: NDArray[np.float32], reads: Set[str], rng: np.random.Generator) -> Example:
    cloud = FeatureCloud.from_array(rows, name=name.replace(" ", "-"))
    if "firing" not in reads:
        return _example(cloud, None, reads)
    plant = plant_firing(rng, n_features=len(rows), n_blocks=100, n_topics=min(3, len(rows)), d_in=4)
    fired = np.concatenate([tile for _, tile in plant.firing.incidence().tiles()])
    if name == "dead features":
        fired[:, ::4] = 0
    known = {each: getattr(plant.firing, each) for each in ("document_of_block", "label_of_block", "label_names")}
    firing = FiringStatistics.from_arrays(fired, **known).select(cloud.feature_ids)
    return _example(cloud, firing, reads)


def _example(cloud: FeatureCloud, firing: FiringStatistics | None, reads: Set[str]) -> Example:
    return Example(
        cloud,
        firing,
        _activations_beside(cloud, reads),
        encoder=_encoder_beside(cloud, reads),
        unembedding=_unembedding_beside(cloud, reads),
    )


def _unembedding_beside(cloud: FeatureCloud, reads: Set[str]) -> Unembedding | None:
    """Forty tokens, in random directions."""
    if "unembedding" not in reads:
        return None
    rows = np.random.default_rng(SEED + 3).standard_normal((40, cloud.d_in))
    return Unembedding(torch.from_numpy(rows).float(), tuple(f"token {number}" for number in range(len(rows))))


def _encoder_beside(cloud: FeatureCloud, reads: Set[str]) -> torch.Tensor | None:
    """Rows between those of the cloud, turned to unit length, and directions of their own."""
    if "encoder" not in reads:
        return None
    own = np.random.default_rng(SEED + 2).standard_normal(cloud.vectors.shape) / np.sqrt(cloud.d_in)
    return cloud.unit_vectors() + torch.from_numpy(own).float()


def _activations_beside(cloud: FeatureCloud, reads: Set[str]) -> TextActivations | None:
    return made_up_activations(made_up_tokens(cloud.d_in), cloud.d_in) if "activations" in reads else None
