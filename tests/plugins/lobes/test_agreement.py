"""Agreement against scikit-learn and SciPy, and its permutations against themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2_contingency
from scipy.stats.contingency import association
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score

from saegeo_core.statistics.permutation import frequency_strata, permutation_pvalue, permute_within
from saegeo_lobes import agreement
from saegeo_lobes.agreement import Agreement, cramers_v


def related(rng, n=400, k=5, share=0.4):
    functional = rng.integers(0, k, n)
    return functional, np.where(rng.random(n) < share, functional, rng.integers(0, k + 2, n))


def test_statistics_are_those_of_others(rng):
    functional, geometric = related(rng)
    ours = Agreement(functional, geometric)
    test = chi2_contingency(ours.table, correction=False, lambda_="log-likelihood")
    assert ours.adjusted_mutual_information == pytest.approx(
        adjusted_mutual_info_score(functional, geometric), abs=1e-12
    )
    assert ours.mutual_information == pytest.approx(mutual_info_score(functional, geometric), abs=1e-12)
    assert ours.g_statistic == pytest.approx(test.statistic)
    assert ours.degrees_of_freedom == test.dof
    assert ours.cramers_v == pytest.approx(association(ours.table, method="cramer"))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=30))
def test_any_labels_at_all(pairs):
    functional, geometric = np.array(pairs).T
    expected = adjusted_mutual_info_score(functional, geometric)
    assert Agreement(functional, geometric).adjusted_mutual_information == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("n", [*range(1, 60), 1495, 16_384])
def test_one_cluster_agrees_with_itself_and_so_do_as_many_as_features(n):
    """By definition; the difference that should be zero is one of rounded logarithms."""
    for labels in (np.zeros(n, np.int64), np.arange(min(n, 300))):
        assert Agreement(labels, labels).adjusted_mutual_information == 1.0


def test_permuted_agreement_is_agreement_of_permuted_labels(rng, monkeypatch):
    functional, geometric = related(rng)
    permutations = np.stack([rng.permutation(400) for _ in range(30)]).astype(np.int32)
    expected = [adjusted_mutual_info_score(functional, geometric[permutation]) for permutation in permutations]
    for entries in (1, 1500, 10**6):
        monkeypatch.setattr(agreement, "TABLES_AT_ONCE", entries)
        np.testing.assert_allclose(Agreement(functional, geometric).permuted(permutations), expected, atol=1e-12)


def test_permutation_pvalues_are_uniform_where_labels_only_share_a_frequency(rng):
    """Both labels follow frequency and nothing else: free permutations always reject, those within strata do not."""
    pvalues = []
    for _ in range(60):
        frequency = rng.random(330)
        functional, geometric = ((4 * frequency + 0.4 * rng.standard_normal(330)).astype(int) for _ in range(2))
        both = Agreement(functional - functional.min(), geometric - geometric.min())
        strata = frequency_strata(frequency, rng)
        within = np.stack([permute_within(strata, rng) for _ in range(99)])
        freely = np.stack([rng.permutation(330) for _ in range(99)])
        observed = both.adjusted_mutual_information
        pvalues.append([permutation_pvalue(observed, both.permuted(some), "greater") for some in (within, freely)])
    stratified, naive = np.array(pvalues).T
    assert np.sum(stratified <= 0.05) <= binom.ppf(0.999, 60, 0.05)
    assert naive.max() <= 0.02


def test_a_table_with_one_row_associates_nothing():
    assert cramers_v(np.array([[3, 4], [0, 0]])) == 0
    assert cramers_v(np.array([[3, 0], [0, 5]])) == pytest.approx(1)


@pytest.mark.parametrize(("left", "right"), [(3, 4), (0, 0)])
def test_labels_must_belong_together(left, right):
    with pytest.raises(ValueError, match="do not belong"):
        Agreement(np.zeros(left, int), np.zeros(right, int))
