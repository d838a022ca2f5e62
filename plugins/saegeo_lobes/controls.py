"""The untrained dictionaries beside an SAE, divided into lobes as the SAE is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from saegeo_core import FiringStatistics
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_set import FeatureSet, Settings, live_features, min_features


@dataclass(frozen=True)
class Untrained:
    """An untrained dictionary.

    Attributes:
        kind: "reflected" or "gaussian".
        lobes: its live features divided into lobes.
    """

    kind: str
    lobes: FeatureLobes


def untrained_lobes(
    units: Tensor, firing: FiringStatistics, settings: Settings, rng: np.random.Generator, *, k: int, min_blocks: int
) -> Iterator[Untrained]:
    """The controls whose live features suffice, divided into `k` lobes.

    Args:
        units: unit directions of the SAE, (n_features, d_in).
        firing: its statistics, in that order, with the controls.
        settings: how features are clustered, those of the SAE.
        rng: deals folds and starts eigensolvers.
        k: the number of lobes that is reported.
        min_blocks: blocks a live feature fires in at least, and is silent in at least.
    """
    settings = replace(settings, n_clusters=(k,))
    for control in firing.controls():
        fired = control.firing
        live = live_features(fired.counts, fired.n_blocks, min_blocks=min_blocks)
        if live.n_live >= min_features(k):
            features = FeatureSet(control.units(units)[live.mask], fired.select(live.mask), settings, rng)
            yield Untrained(control.kind, FeatureLobes.of(features, k, rng))
