"""Numbers dealt among kin: a permutation where nobody has kin, whole families where all have as many."""

import numpy as np
import pytest
from scipy import stats

from saegeo_core.statistics.dealt_among_kin import dealt_among_kin, intraclass_correlation
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_core.statistics.rank_correlation import standard_ranks


def test_without_kin_values_change_places(rng):
    values = standard_ranks(rng.random(30))
    for dealt in dealt_among_kin(values, np.arange(30), rng, 5):
        np.testing.assert_allclose(np.sort(dealt), np.sort(values), atol=1e-12)


def test_families_of_one_size_keep_what_they_share(rng):
    values = standard_ranks(np.repeat(rng.random(8), 5))
    for dealt in dealt_among_kin(values, np.repeat(np.arange(8), 5), rng, 5):
        families = dealt.reshape(8, 5)
        np.testing.assert_allclose(families, families[:, :1].repeat(5, 1), atol=1e-12)
        np.testing.assert_allclose(np.sort(families[:, 0]), np.unique(values), atol=1e-12)


def test_means_stay_among_kin_that_are_alike(rng):
    values = standard_ranks(np.arange(24.0))
    dealt = np.stack(list(dealt_among_kin(values, np.arange(24), rng, 20, alike=np.repeat([0, 1], 12))))
    assert dealt[:, :12].max() < 0 < dealt[:, 12:].min()


@pytest.mark.parametrize(("shared", "expected"), [(1.0, 1.0), (0.0, 0.0), (0.5, 0.5)])
def test_the_intraclass_correlation_is_the_share_of_variance_between_kin(shared, expected):
    rng, kin = np.random.default_rng(3), np.repeat(np.arange(600), rng_sizes := np.tile([1, 3, 8], 200))
    values = np.sqrt(shared) * rng.standard_normal(600)[kin] + np.sqrt(1 - shared) * rng.standard_normal(
        rng_sizes.sum()
    )
    assert intraclass_correlation(values, kin) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("shared", [1.0, 0.5, 0.0])
@pytest.mark.parametrize(
    "sizes", [[5] * 20, [5] * 12 + [1] * 60, [1, 2, 3, 8] * 10], ids=["fives", "half fives", "unlike"]
)
def test_pvalues_are_uniform_where_kin_share_values_and_places(sizes, shared):
    """Places depend on the size of the kin too, as the cosine to the nearest feature does; permuted singly .2 to .5 reject."""
    kin, pvalues = np.repeat(np.arange(len(sizes)), sizes), []
    for seed in range(150):
        rng = np.random.default_rng([seed, len(sizes)])
        between, within = rng.standard_normal(len(sizes))[kin], rng.standard_normal(len(kin))
        values = standard_ranks(np.sqrt(shared) * between + np.sqrt(1 - shared) * within)
        place = standard_ranks(rng.standard_normal(len(sizes))[kin] + 0.3 * np.log(np.array(sizes))[kin])
        dealt = np.stack(list(dealt_among_kin(values, kin, rng, 99)))
        pvalues.append(permutation_pvalue(float(values @ place), dealt @ place))
    assert np.sum(np.array(pvalues) <= 0.05) <= stats.binom.ppf(0.999, 150, 0.05)
    assert stats.kstest(pvalues, "uniform").pvalue > 1e-3
