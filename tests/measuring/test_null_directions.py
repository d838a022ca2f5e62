"""A matched null model, or a reason in words that a metric can carry."""

import numpy as np
import pytest
import torch

from saegeo_core import Absent, SaegeoError
from saegeo_core.measuring.null_directions import matched_directions
from saegeo_core.statistics.null_directions import matched_gaussian


@pytest.mark.parametrize("across", [False, True])
def test_what_is_matched_is_the_gaussian_of_the_rows(rng, across):
    rows = torch.from_numpy(rng.standard_normal((200, 8)) * np.linspace(1, 3, 8))
    adapted, bare = (match(rows, across=across) for match in (matched_directions, matched_gaussian))
    np.testing.assert_array_equal(adapted.variances, bare.variances)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [(torch.eye(9), "9 features have no covariance to match"), (torch.ones(20, 4), "lie along one direction")],
)
def test_where_there_is_nothing_to_match(rows, reason):
    with pytest.raises(SaegeoError, match=reason):
        matched_gaussian(rows)
    absent = matched_directions(rows)
    assert isinstance(absent, Absent)
    assert reason in absent.absent
