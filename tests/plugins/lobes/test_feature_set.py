"""Which features are live, and what is said of the others."""

import numpy as np
import pytest

from saegeo_lobes.feature_set import live_features


def test_dead_rare_and_constant_features_are_told_apart():
    counts = np.array([0, 3, 9, 10, 50, 90, 91, 100, 0])
    found = live_features(counts, 100)
    np.testing.assert_array_equal(found.mask, [False, False, False, True, True, True, False, False, False])
    assert (found.n_dead, found.n_rare, found.n_constant) == (2, 2, 2)
    with pytest.raises(ValueError, match="at least one block"):
        live_features(counts, 100, min_blocks=0)
