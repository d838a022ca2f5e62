"""The untrained dictionaries beside an SAE, divided into lobes as the SAE is.

Each is measured when its turn comes and then let go: counts and factors of nineteen dictionaries do not fit in memory together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from saegeo_core import Absent, FiringStatistics
from saegeo_core.numerics.arrays import Floats
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_set import Clusters, FeatureSet, Settings, live_features, min_features
from saegeo_lobes.numbers import numbers_of
from saegeo_lobes.phi_of_pairs import phi_by_cosine

ACCURACY_OF_LOBES = 1e-4
"""Radians. Of 16,384 features of no plan it gave every one the lobe that a hundredth of it gives, in 8 s of a core in place of 21.
Spans of the angular affinity, whose gaps are small, are not found in the float32 products that do for it."""


@dataclass(frozen=True)
class Untrained:
    """What is kept of an untrained dictionary.

    Attributes:
        kind: "reflected" or "gaussian".
        numbers: of its lobes, as those of the SAE.
        agreement: of its lobes with the clusters of its cosine graph.
        clusterings: of its features, by the name of the measure or the geometry.
        mean_phi: of its pairs in bins of cosine, (n_bins,); None but for the first.
    """

    kind: str
    numbers: Mapping[str, float | Absent]
    agreement: Agreement
    clusterings: Mapping[str, Clusters]
    mean_phi: Floats | None


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
    settings, is_first = replace(settings, n_clusters=(k,), accuracy_of_lobes=ACCURACY_OF_LOBES), True
    for control in firing.controls():
        fired = control.firing
        live = live_features(fired.counts, fired.n_blocks, min_blocks=min_blocks)
        if live.n_live >= min_features(k):
            features = FeatureSet(control.units(units)[live.mask], fired.select(live.mask), settings, rng)
            yield _measured(control.kind, FeatureLobes.of(features, k, rng), has_curve=is_first)
            is_first = False


def _measured(kind: str, lobes: FeatureLobes, *, has_curve: bool) -> Untrained:
    features = lobes.features
    curve = phi_by_cosine(features.phi_rows(), features.cosines_from).mean_phi if has_curve else None
    return Untrained(kind, numbers_of(lobes), lobes.graph_agreement, features.clusterings(), curve)
