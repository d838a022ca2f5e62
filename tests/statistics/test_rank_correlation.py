import numpy as np
from scipy.stats import spearmanr

from saegeo_core.statistics.rank_correlation import standard_ranks


def test_products_of_standard_ranks_are_spearmans(rng):
    x, y = rng.integers(0, 6, (4, 40)), rng.standard_normal(40)
    expected = [spearmanr(one, y).statistic for one in x]
    np.testing.assert_allclose(standard_ranks(x) @ standard_ranks(y), expected)


def test_what_does_not_vary_has_no_ranks():
    assert standard_ranks(np.ones(5)).tolist() == [0.0] * 5
    assert standard_ranks(np.ones(0)).shape == (0,)
