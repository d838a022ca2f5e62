"""Rankings: groups of ties against what defines them, intervals and the detectable difference against simulation."""

import csv
import io
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from saegeo_core import compare
from saegeo_core.comparison.differences import SamplingVariance, Variance
from saegeo_core.comparison.ranking import detectable_difference, holm, rank_intervals, tie_groups
from saegeo_core.comparison.table import Difference
from saegeo_core.rendering.comparison.comma_separated import comma_separated
from saegeo_core.rendering.comparison.rank_texts import letters, rank_texts
from saegeo_core.rendering.comparison.texts import comparison_texts


@given(st.integers(2, 9).flatmap(lambda n: arrays(np.bool_, (n, n))))
def test_groups_of_ties_hold_every_pair_that_is_not_told_apart_and_no_other(told_apart):
    is_distinct = np.triu(told_apart, 1) | np.triu(told_apart, 1).T
    groups = [set(group) for group in tie_groups(is_distinct)]
    for i, j in combinations(range(len(is_distinct)), 2):
        assert any({i, j} <= group for group in groups) == (not is_distinct[i, j])
    assert set().union(*groups) == set(range(len(is_distinct)))
    assert not any(one < other for one in groups for other in groups)
    assert len({frozenset(group) for group in groups}) == len(groups)


def test_corrected_pvalues_are_those_of_holm():
    # Holm (1979): the k-th smallest of m times m - k + 1, never less than one before it.
    assert holm(np.array([0.04, 0.01, 0.03, 0.5])).tolist() == pytest.approx([0.09, 0.04, 0.09, 0.5])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


def test_true_ranks_lie_in_their_intervals_together():
    rng = np.random.default_rng(0)
    truths = np.array([0.0, 0.1, 1.0, 1.1, 1.2, 3.0])
    standard_error, n, n_held, widths = 0.3, len(truths), 0, []
    pairs = np.array(list(combinations(range(n), 2)))
    for _ in range(400):
        estimates = truths + rng.normal(0, standard_error, n)
        order = np.argsort(estimates)
        z = np.abs(np.diff(estimates[order][pairs], axis=1))[:, 0] / (standard_error * np.sqrt(2))
        is_distinct = np.zeros((n, n), bool)
        is_distinct[tuple(pairs[holm(2 * stats.norm.sf(z)) <= 0.05].T)] = True
        low, high = rank_intervals(is_distinct | is_distinct.T)
        n_held += bool(np.all((low <= order + 1) & (order + 1 <= high)))
        widths.append(high - low)
    assert n_held / 400 > 0.95 - 2 * np.sqrt(0.95 * 0.05 / 400)
    assert np.mean(widths) < n - 1  # and say more than that every rank is possible


def test_the_detectable_difference_is_found_as_often_as_is_said():
    rng = np.random.default_rng(1)
    freedom, standard_error = 12.0, 0.5
    variance = Variance(standard_error**2, freedom)
    one = Difference(0.0, SamplingVariance(variance, variance).interval(0.0, "planted"))
    detectable = detectable_difference(one, 0.05)
    told = standard_error * np.sqrt(rng.chisquare(freedom, 20_000) / freedom)
    t = (detectable + rng.normal(0, standard_error, 20_000)) / told
    assert np.mean(2 * stats.t.sf(np.abs(t), freedom) <= 0.05) == pytest.approx(0.8, abs=0.02)


def test_saes_are_ranked_and_those_alike_share_a_letter(report):
    values = {"a": 1.0, "b": 1.05, "c": 3.0, "d": 5.0}
    reports = [report(name, value) for name, value in values.items()]
    (ranking,) = compare(reports, ranks=True, fixed_saes=True).rankings
    assert ranking.first == "highest"  # the metric says that higher is better
    told = {sae.name: (sae.rank, sae.low, sae.high, letters(sae.ties)) for sae in ranking.saes}
    assert told == {
        "release:d": (1, 1, 1, "a"),
        "release:c": (2, 2, 2, "b"),
        "release:b": (3, 3, 4, "c"),
        "release:a": (4, 3, 4, "c"),
    }
    assert (ranking.n_told_apart, ranking.n_pairs) == (5, 6)


def test_ranks_are_in_the_frame_and_in_comma_separated_values(report):
    comparison = compare([report("a", 1.0), report("b", 5.0)], ranks=True, fixed_saes=True)
    assert comparison.frame[["rank", "rank_low", "rank_high"]].to_numpy().tolist() == [[2, 2, 2], [1, 1, 1]]
    written = comma_separated(comparison_texts(comparison), comparison)
    assert [row["one.value.rank"] for row in csv.DictReader(io.StringIO(written))] == ["2", "1"]


def test_equal_estimates_share_a_rank(report):
    (ranking,) = compare([report(name, 1.0) for name in "ab"], ranks=True, fixed_saes=True).rankings
    assert [sae.rank for sae in ranking.saes] == [1, 1]
    assert ranking.n_told_apart == 0


def test_one_seed_of_each_is_no_ground_for_ranks(report):
    comparison = compare([report("a", 1.0), report("b", 9.0)], ranks=True)
    (ranking,) = comparison.rankings
    assert not ranking.saes
    assert "--fixed-saes" in ranking.reason
    (table,) = rank_texts(comparison)
    assert table.notes == (f"not ranked: {ranking.reason}",)


@pytest.mark.parametrize("half", [None, 0.1])
def test_what_cannot_be_ranked_says_why(report, half):
    reports = [report("a", 1.0, half)] if half else [report("a", 1.0, None), report("b", 2.0, None)]
    (ranking,) = compare(reports, ranks=True, fixed_saes=True).rankings
    assert ranking.reason == ("fewer than two SAEs have a value" if half else "no interval, so none of the difference")


def test_groups_have_letters_beyond_z():
    assert letters((0, 25, 26, 27, 701, 702)) == "a z aa ab zz aaa"
