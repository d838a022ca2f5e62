"""When the features of a cloud fire, and on what: from a harvest that is given, or one that comes with a bundled SAE."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from saegeo_core.firing.alignment import aligned, whole_firing_of
from saegeo_core.firing.bundled import firing_home
from saegeo_core.firing.contexts import FiringContexts
from saegeo_core.firing.store import folder_of_sae

if TYPE_CHECKING:
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.firing.statistics import FiringStatistics


class WhatFires(NamedTuple):
    """Firing statistics of the features of a cloud in their order, and what these fire on; None is not known."""

    firing: "FiringStatistics | None"
    contexts: FiringContexts | None

    @classmethod
    def of(cls, cloud: "FeatureCloud", given: "FiringStatistics | str | Path | None") -> "WhatFires":
        """Those given, or those that come with a bundled SAE.

        Raises:
            SaegeoError: nothing there, damaged, or of another SAE.
        """
        whole = whole_firing_of(cloud, given)
        if whole is None:
            return cls(None, None)
        contexts = None
        if given is None:
            contexts = FiringContexts.open(firing_home(cloud.sae.release, cloud.sae.sae_id))
        elif isinstance(given, str | Path) and Path(given).is_dir():
            contexts = FiringContexts.open(folder_of_sae(Path(given), cloud.sae.release, cloud.sae.sae_id))
        return cls(aligned(whole, cloud), contexts)
