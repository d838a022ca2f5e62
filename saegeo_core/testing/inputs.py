"""The clouds that the suite measures: an ordinary one, and those in which there is next to nothing to measure.

All are drawn afresh when asked for, so that no check meets what another has spoiled. Firing is planted where it is needed.
"""

from collections.abc import Set
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.feature_cloud import FeatureCloud
from saegeo_core.firing_statistics import FiringStatistics
from saegeo_core.synthetic import families
from saegeo_core.synthetic_firing import plant_firing

if TYPE_CHECKING:
    from saegeo_core.analysis import Example

SEED = 20240917


class Given(NamedTuple):
    """What one run is given."""

    cloud: FeatureCloud
    firing: FiringStatistics | None = None

    def fingerprint(self) -> tuple[object, ...]:
        """Changes when anything in it does. A copy of the firing statistics is asked, for they remember their digest."""
        return self.cloud.checksum(), self.cloud.labels, self.firing and replace(self.firing).digest


def as_given(example: "Example") -> Given:
    """What an analysis brings as an example."""
    return Given(*example) if isinstance(example, tuple) else Given(example)


def ordinary(needs: Set[str], n_features: int = 160, d_in: int = 16, n_blocks: int = 400) -> Given:
    """Families of directions of different lengths; where firing is needed, topics in directions and in firing."""
    rng = np.random.default_rng(SEED)
    if "firing" in needs:
        plant = plant_firing(rng, n_features=n_features, n_blocks=n_blocks, d_in=d_in)
        rows, firing = torch.from_numpy(plant.directions), plant.firing
    else:
        rows, firing = families(n_features, d_in, rng), None
    lengths = torch.from_numpy(rng.uniform(0.5, 2.0, (n_features, 1))).float()
    return Given(FeatureCloud.from_array(rows * lengths, name="ordinary"), firing)


def degenerate(needs: Set[str]) -> dict[str, Given]:
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
    return {name: _with_firing(name, rows, needs, rng) for name, rows in clouds.items()}


def companion(cloud: FeatureCloud) -> FeatureCloud:
    """Another cloud of the same shape: what a run that loads a second cloud gets, whatever name it asks for."""
    rows = families(cloud.sae.d_sae, cloud.d_in, np.random.default_rng(SEED + 1))
    return FeatureCloud.from_array(rows, name="companion")


def _with_firing(name: str, rows: NDArray[np.float32], needs: Set[str], rng: np.random.Generator) -> Given:
    cloud = FeatureCloud.from_array(rows, name=name.replace(" ", "-"))
    if "firing" not in needs:
        return Given(cloud)
    plant = plant_firing(rng, n_features=len(rows), n_blocks=100, n_topics=min(3, len(rows)), d_in=4)
    fired = np.concatenate([tile for _, tile in plant.firing.incidence().tiles()])
    if name == "dead features":
        fired[:, ::4] = 0
    known = {each: getattr(plant.firing, each) for each in ("document_of_block", "label_of_block", "label_names")}
    return Given(cloud, FiringStatistics.from_arrays(fired, **known).select(cloud.feature_ids))
