import numpy as np

from saegeo_core.numerics import across
from saegeo_core.numerics.across import CosinesAcross, nearest_across
from saegeo_core.synthetic import isotropic


def test_nearest_are_those_of_the_full_matrix_however_it_is_cut(rng, monkeypatch):
    first, second = isotropic(50, 8, rng), isotropic(37, 8, rng)
    cosines = (first.double() @ second.double().T).numpy()
    for entries in (2**24, 37 * 7):
        monkeypatch.setattr(across, "ENTRIES_AT_ONCE", entries)
        found = nearest_across(CosinesAcross(first, second))
        np.testing.assert_allclose(found.cosine, cosines.max(1), atol=1e-5)
        np.testing.assert_allclose(found.reverse_cosine, cosines.max(0), atol=1e-5)
        np.testing.assert_array_equal(found.partner, cosines.argmax(1))
        np.testing.assert_array_equal(found.reverse_partner, cosines.argmax(0))
        np.testing.assert_array_equal(found.is_mutual, cosines.argmax(0)[cosines.argmax(1)] == np.arange(50))
        turned = nearest_across(CosinesAcross(second, first)).reversed
        np.testing.assert_array_equal(found.partner, turned.partner)
        np.testing.assert_array_equal(found.reverse_partner, turned.reverse_partner)
