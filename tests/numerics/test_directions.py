"""The first principal axis is that of all axes, however it is found."""

import numpy as np
import pytest

from saegeo_core.numerics.directions import SOLVED_WHOLE, first_principal_scores
from saegeo_core.synthetic import angular_gaussian, isotropic


@pytest.mark.parametrize("make", [angular_gaussian, isotropic])
@pytest.mark.parametrize("width", [24, SOLVED_WHOLE + 88])
def test_scores_are_those_of_the_whole_decomposition(make, width, rng):
    rows = make(700, width, rng) * 3
    unit = rows.double().numpy()
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    centered = unit - unit.mean(0)
    expected = centered @ np.linalg.svd(centered, full_matrices=False)[2][0]
    found = first_principal_scores(rows).numpy()
    np.testing.assert_allclose(found * np.sign(found @ expected), expected, atol=1e-6)  # second moments are float32
