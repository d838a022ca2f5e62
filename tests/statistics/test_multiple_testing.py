import numpy as np
import pytest
from scipy import stats

from saegeo_core.statistics.multiple_testing import benjamini_hochberg, holm


def test_corrected_pvalues_are_those_of_benjamini_and_hochberg():
    pvalues = np.random.default_rng(0).uniform(size=500) ** 4
    pvalues[::7] = pvalues[0]
    assert benjamini_hochberg(pvalues).tolist() == stats.false_discovery_control(pvalues).tolist()


def test_corrected_pvalues_are_those_of_holm():
    # Holm (1979): the k-th smallest of m times m - k + 1, never less than one before it.
    assert holm(np.array([0.04, 0.01, 0.03, 0.5])).tolist() == pytest.approx([0.09, 0.04, 0.09, 0.5])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
