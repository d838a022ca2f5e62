"""Shapes of whole spectra: known answers."""

import numpy as np
import pytest

from saegeo_power_law.shape import effective_rank, participation_ratio, relative_log_volume


def test_isotropy_fills_all_dimensions_and_one_eigenvalue_one():
    flat, single = np.full(7, 3.0), np.eye(7)[0]
    assert participation_ratio(flat) == pytest.approx(7)
    assert effective_rank(flat) == pytest.approx(7)
    assert relative_log_volume(flat) == pytest.approx(0)
    assert participation_ratio(single) == effective_rank(single) == 1


def test_shapes_worked_by_hand():
    eigenvalues = np.array([3.0, 1.0])
    assert participation_ratio(eigenvalues) == pytest.approx(16 / 10)
    assert effective_rank(eigenvalues) == pytest.approx(0.75**-0.75 * 0.25**-0.25)
    assert relative_log_volume(eigenvalues) == pytest.approx(0.5 * np.log(0.75))
