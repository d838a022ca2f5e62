"""What several analyses ask of one cloud: found by whoever asks first, and kept as long as the cloud."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.errors import SaegeoError
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import mean_direction, second_moment
from saegeo_core.report.metric import Absent
from saegeo_core.statistics.kin import kin_labels
from saegeo_core.statistics.null_directions import ProjectedGaussian, matched_gaussian

Found = TypeVar("Found")


def once_per_cloud(find: Callable[..., Found]) -> Callable[..., Found]:
    """The same function of a cloud and keywords, which looks once for each cloud and keywords."""
    known: WeakKeyDictionary[FeatureCloud, dict[tuple[Any, ...], Found]] = WeakKeyDictionary()
    defaults = {name: one.default for name, one in signature(find).parameters.items() if one.kind is one.KEYWORD_ONLY}

    @wraps(find)
    def found(cloud: FeatureCloud, **keywords: Any) -> Found:
        of_cloud, asked = known.setdefault(cloud, {}), tuple((defaults | keywords).values())
        if asked not in of_cloud:
            of_cloud[asked] = find(cloud, **keywords)
        return of_cloud[asked]

    return found


@once_per_cloud
def kin_of(cloud: FeatureCloud, *, device: str = "cpu") -> Integers:
    """`kin_labels` of a cloud, int64 (n_features,), read-only: one pass over all pairs."""
    labels = kin_labels(cloud.vectors, device=device)
    labels.flags.writeable = False
    return labels


class DirectionMoments(NamedTuple):
    """Moments of the unit rows of a cloud, float64, read-only.

    Attributes:
        mean: (d,).
        second: (d, d), about the origin.
    """

    mean: Floats
    second: Floats


@once_per_cloud
def direction_moments_of(cloud: FeatureCloud, *, device: str = "cpu") -> DirectionMoments:
    """`mean_direction` and `second_moment` of a cloud."""
    moments = DirectionMoments(
        mean_direction(cloud.vectors, device=device).numpy(force=True),
        second_moment(cloud.vectors, device=device).numpy(force=True),
    )
    for moment in moments:
        moment.flags.writeable = False
    return moments


@once_per_cloud
def matched_directions_of(
    cloud: FeatureCloud, *, across: bool = False, device: str = "cpu"
) -> ProjectedGaussian | Absent:
    """`matched_gaussian` of a cloud, or why there is none."""
    moments = direction_moments_of(cloud, device=device)
    try:
        return matched_gaussian(moments.second, moments.mean, cloud.n_features, across=across)
    except SaegeoError as error:
        return Absent(error.message)
