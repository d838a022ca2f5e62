"""What several analyses ask of one cloud: found by whoever asks first, and kept as long as the cloud's rows."""

from collections.abc import Callable, Sequence
from functools import update_wrapper
from inspect import signature
from typing import Any, Generic, NamedTuple, TypeVar

from torch.utils.weak import WeakTensorKeyDictionary

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.errors import SaegeoError
from saegeo_core.numerics import Watch
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import mean_direction, second_moment
from saegeo_core.numerics.pairwise_cosine import PairwiseCosines, pairwise_cosines
from saegeo_core.report.metric import Absent
from saegeo_core.statistics.kin import kin_labels, kin_of_links, kin_threshold
from saegeo_core.statistics.null_directions import ProjectedGaussian, matched_gaussian

Found = TypeVar("Found")


class once_per_cloud(Generic[Found]):
    """A function of the rows of a cloud and keywords, which looks once for each of them. Clouds with other labels share rows.

    `watch` changes nothing that is found, and is no reason to look again.
    """

    def __init__(self, find: Callable[..., Found]) -> None:
        update_wrapper(self, find)
        self._find = find
        self._known = WeakTensorKeyDictionary()
        self._defaults = {
            name: one.default
            for name, one in signature(find).parameters.items()
            if one.kind is one.KEYWORD_ONLY and name != "watch"
        }

    def __call__(self, cloud: FeatureCloud, **keywords: Any) -> Found:
        """What the function finds, or found before."""
        if not self.knows(cloud, **keywords):
            self.keep(self._find(cloud, **keywords), cloud, **keywords)
        return self._kept(cloud)[self._asked(keywords)]

    def knows(self, cloud: FeatureCloud, **keywords: Any) -> bool:
        """Whether it need not look any more."""
        return self._asked(keywords) in self._kept(cloud)

    def keep(self, found: Found, cloud: FeatureCloud, **keywords: Any) -> None:
        """Keep what was found in another way."""
        self._kept(cloud)[self._asked(keywords)] = found

    def _kept(self, cloud: FeatureCloud) -> dict[tuple[Any, ...], Found]:
        if cloud.vectors not in self._known:
            self._known[cloud.vectors] = {}
        kept: dict[tuple[Any, ...], Found] = self._known[cloud.vectors]
        return kept

    def _asked(self, keywords: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(keywords.get(name, default) for name, default in self._defaults.items())


@once_per_cloud
def kin_of(cloud: FeatureCloud, *, device: str = "cpu", watch: Watch = iter) -> Integers:
    """`kin_labels` of a cloud, int64 (n_features,), read-only: one pass over all pairs."""
    labels = kin_labels(cloud.vectors, device=device, watch=watch)
    labels.flags.writeable = False
    return labels


def cosines_and_kin_of(
    cloud: FeatureCloud, thresholds: Sequence[float], *, device: str = "cpu", watch: Watch = iter
) -> tuple[PairwiseCosines, Integers]:
    """`pairwise_cosines` of a cloud and `kin_of` it, both from the same pass over all pairs."""
    if kin_of.knows(cloud, device=device):
        return pairwise_cosines(cloud.vectors, thresholds, device=device, watch=watch), kin_of(cloud, device=device)
    above = kin_threshold(cloud.vectors)
    cosines = pairwise_cosines(cloud.vectors, thresholds, device=device, links_above=above, watch=watch)
    labels = kin_of_links(cosines.links, cloud.n_features)
    labels.flags.writeable = False
    kin_of.keep(labels, cloud, device=device)
    return cosines, labels


class DirectionMoments(NamedTuple):
    """Moments of the unit rows of a cloud, float64, read-only.

    Attributes:
        mean: (d,).
        second: (d, d), about the origin.
    """

    mean: Floats
    second: Floats


@once_per_cloud
def direction_moments_of(cloud: FeatureCloud, *, device: str = "cpu", watch: Watch = iter) -> DirectionMoments:
    """`mean_direction` and `second_moment` of a cloud."""
    moments = DirectionMoments(
        mean_direction(cloud.vectors, device=device).numpy(force=True),
        second_moment(cloud.vectors, device=device, watch=watch).numpy(force=True),
    )
    for moment in moments:
        moment.flags.writeable = False
    return moments


@once_per_cloud
def matched_directions_of(
    cloud: FeatureCloud, *, device: str = "cpu", watch: Watch = iter
) -> ProjectedGaussian | Absent:
    """`matched_gaussian` of a cloud, or why there is none."""
    moments = direction_moments_of(cloud, device=device, watch=watch)
    try:
        return matched_gaussian(moments.second, moments.mean, cloud.n_features)
    except SaegeoError as error:
        return Absent(error.message)
