"""Firing statistics for a cloud: found, checked to be of the same SAE, and brought into the order of its features."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.firing.statistics import FiringStatistics


def firing_of(cloud: "FeatureCloud", given: "FiringStatistics | str | Path | None") -> "FiringStatistics | None":
    """The firing statistics of the cloud's features, in their order: `aligned` to those that `whole_firing_of` finds."""
    firing = whole_firing_of(cloud, given)
    return None if firing is None else aligned(firing, cloud)


def aligned(firing: "FiringStatistics", cloud: "FeatureCloud") -> "FiringStatistics":
    """Firing statistics of all features of the SAE become those of the cloud's, in their order."""
    return firing if np.array_equal(firing.feature_ids, cloud.feature_ids) else firing.select(cloud.feature_ids)


def whole_firing_of(cloud: "FeatureCloud", given: "FiringStatistics | str | Path | None") -> "FiringStatistics | None":
    """The firing statistics of all features of the cloud's SAE: those given, else those that come with a bundled SAE.

    None where nothing is given and nothing comes along.

    Raises:
        SaegeoError: nothing there, damaged, or of another SAE than the cloud.
    """
    firing = _found(cloud, given)
    if firing is None:
        return None
    if firing.n_features != cloud.sae.d_sae:
        raise SaegeoError(
            f"the firing statistics have {firing.n_features} features, {cloud.sae.spec} has {cloud.sae.d_sae}",
            "give the harvest of this SAE with --firing",
        )
    # What was harvested is named by the digest of the decoder; encoder rows of the same SAE have another.
    if cloud.sae.rows == "decoder" and firing.sae_digest not in (None, cloud.digest):
        raise SaegeoError(
            f"the firing statistics are of other weights than {cloud.sae.spec}: "
            f"{str(firing.sae_digest)[:12]} is not {cloud.digest[:12]}",
            "give the harvest of this SAE with --firing",
        )
    return firing


def _found(cloud: "FeatureCloud", given: "FiringStatistics | str | Path | None") -> "FiringStatistics | None":
    from saegeo_core.firing.statistics import FiringStatistics

    if isinstance(given, FiringStatistics):
        return given
    if given is not None:
        return FiringStatistics.open(given, release=cloud.sae.release, sae_id=cloud.sae.sae_id)
    from saegeo_core.firing.bundled import bundled_firing

    return bundled_firing(cloud.sae.release, cloud.sae.sae_id)
