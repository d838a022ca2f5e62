"""What is found once for a cloud: the same as on bare arrays, whoever asks, and a reason in words where there is nothing."""

import numpy as np
import pytest
import torch

from saegeo_core import Absent, FeatureCloud, SaegeoError
from saegeo_core.measuring.of_cloud import (
    cosines_and_kin_of,
    direction_moments_of,
    kin_of,
    matched_directions_of,
    once_per_cloud,
)
from saegeo_core.numerics.directions import mean_direction, second_moment
from saegeo_core.statistics.kin import kin_labels
from saegeo_core.statistics.null_directions import matched_gaussian
from saegeo_core.synthetic import families


def moments(rows):
    return second_moment(rows).numpy(), mean_direction(rows).numpy()


def test_what_is_found_is_that_of_the_rows(rng):
    rows = torch.from_numpy(rng.standard_normal((200, 8)) * np.linspace(1, 3, 8))
    cloud = FeatureCloud.from_array(rows)
    second, mean = moments(rows)
    np.testing.assert_array_equal(direction_moments_of(cloud).second, second)
    np.testing.assert_array_equal(direction_moments_of(cloud).mean, mean)
    np.testing.assert_array_equal(kin_of(cloud), kin_labels(rows))
    bare = matched_gaussian(second, mean, 200)
    np.testing.assert_array_equal(matched_directions_of(cloud).variances, bare.variances)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [(torch.eye(9), "9 features have no covariance to match"), (torch.ones(20, 4), "lie along one direction")],
)
def test_where_there_is_nothing_to_match(rows, reason):
    with pytest.raises(SaegeoError, match=reason):
        matched_gaussian(*moments(rows), len(rows))
    absent = matched_directions_of(FeatureCloud.from_array(rows))
    assert isinstance(absent, Absent)
    assert reason in absent.absent


def test_each_cloud_and_each_keyword_is_looked_at_once(rng):
    looked = []

    @once_per_cloud
    def find(cloud, *, twice=False):
        looked.append(twice)
        return cloud.n_features * (1 + twice)

    one, other = (FeatureCloud.from_array(rng.standard_normal((n, 4))) for n in (20, 30))
    assert [find(one), find(one, twice=False), find(one, twice=True), find(other), find(one)] == [20, 20, 40, 30, 20]
    assert looked == [False, True, False]
    find.keep(-1, one, twice=False)
    assert (find(one), find.knows(one, twice=True), find.knows(FeatureCloud.from_array(np.eye(4)))) == (-1, True, False)


def test_clouds_that_differ_in_labels_or_description_share_what_is_found_of_their_rows(rng):
    cloud = FeatureCloud.from_array(rng.standard_normal((30, 4)))
    labeled = cloud.with_labels(("a",) * 30)
    renamed = labeled.with_description(cloud.sae.model_copy(update={"model": "another"}))
    assert kin_of(cloud) is kin_of(labeled) is kin_of(renamed)
    assert len({one.digest for one in (cloud, labeled, renamed)}) == 1
    assert len({one.identity for one in (cloud, labeled, renamed)}) == 3


def test_one_pass_gives_cosines_and_kin(rng):
    """Whichever is asked for first, and the pass over all pairs looks for kin only if they are not known."""
    rows = families(200, 16, rng)
    first, second = FeatureCloud.from_array(rows), FeatureCloud.from_array(rows)
    cosines, kin = cosines_and_kin_of(first, [0.5])
    np.testing.assert_array_equal(kin, kin_of(second))
    assert kin_of(first) is kin
    again, known = cosines_and_kin_of(second, [0.5])
    assert known is kin_of(second)
    assert len(cosines.links.first) > len(again.links.first) == 0
    for name in ("n_above", "nearest_index", "nearest_cosine", "histogram_counts"):
        np.testing.assert_array_equal(getattr(again, name), getattr(cosines, name))


def test_what_is_found_cannot_be_written_to(rng):
    cloud = FeatureCloud.from_array(rng.standard_normal((20, 4)))
    for found in (
        kin_of(cloud),
        cosines_and_kin_of(FeatureCloud.from_array(cloud.vectors), [])[1],
        *direction_moments_of(cloud),
    ):
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 0
