"""The kin of a cloud's features, found once for all analyses that ask in one process."""

from weakref import WeakKeyDictionary

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.numerics.arrays import Integers
from saegeo_core.statistics.kin import kin_labels

_KNOWN: "WeakKeyDictionary[FeatureCloud, Integers]" = WeakKeyDictionary()


def kin_of(cloud: FeatureCloud, *, device: str = "cpu") -> Integers:
    """`kin_labels` of a cloud, int64 (n_features,), read-only: one pass over all pairs, once for each cloud."""
    if cloud not in _KNOWN:
        labels = kin_labels(cloud.vectors, device=device)
        labels.flags.writeable = False
        _KNOWN[cloud] = labels
    return _KNOWN[cloud]
