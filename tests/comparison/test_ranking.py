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
from saegeo_core.comparison import ranking
from saegeo_core.comparison.all_pairs import judged_pairs
from saegeo_core.comparison.judged_column import JudgedColumn
from saegeo_core.comparison.ranking import detectable_differences, rank_intervals, tie_groups
from saegeo_core.comparison.sae_reports import reports_by_sae
from saegeo_core.comparison.table import Column
from saegeo_core.rendering.comparison.comma_separated import comma_separated
from saegeo_core.rendering.comparison.rank_texts import letters, rank_texts
from saegeo_core.rendering.comparison.texts import comparison_texts
from saegeo_core.statistics.multiple_testing import holm


@given(st.integers(2, 9).flatmap(lambda n: arrays(np.bool_, (n, n))))
def test_groups_of_ties_hold_every_pair_that_is_not_told_apart_and_no_other(told_apart):
    is_distinct = np.triu(told_apart, 1) | np.triu(told_apart, 1).T
    groups = [set(group) for group in tie_groups(is_distinct)]
    for i, j in combinations(range(len(is_distinct)), 2):
        assert any({i, j} <= group for group in groups) == (not is_distinct[i, j])
    assert set().union(*groups) == set(range(len(is_distinct)))
    assert not any(one < other for one in groups for other in groups)
    assert len({frozenset(group) for group in groups}) == len(groups)


def test_there_are_as_many_groups_as_a_line_has_that_is_walked_along():
    places = np.sort(np.random.default_rng(0).uniform(size=300))
    is_distinct = np.abs(places[:, None] - places) > 0.2
    ends = [(min(group), max(group)) for group in tie_groups(is_distinct)]
    reach = np.searchsorted(places, places + 0.2, side="right") - 1
    assert ends == [(i, end) for i, end in enumerate(reach.tolist()) if i == 0 or end > reach[i - 1]]


def test_groups_that_are_too_many_to_be_of_use_are_none():
    pairs = np.kron(np.eye(5), 1 - np.eye(2)).astype(bool)  # one of each pair or the other: 2^5 groups
    assert len(tie_groups(pairs)) == len(tie_groups(pairs, most=32)) == 32
    assert tie_groups(pairs, most=31) == []


def test_a_ranking_without_groups_says_so(report, monkeypatch):
    monkeypatch.setattr(ranking, "tie_groups", lambda _: [])
    (table,) = rank_texts(compare([report("a", 1.0), report("b", 9.0)], ranks=True, fixed_saes=True))
    assert [row[-1] for row in table.rows] == ["—", "—"]
    assert "too many for letters" in table.notes[0]


@pytest.mark.parametrize("fixed_saes", [False, True])
def test_all_pairs_are_judged_as_each_by_itself(report, fixed_saes):
    rng = np.random.default_rng(2)

    def made(name, estimate, half=0.1, seed=None, key=None):
        replicates = {} if key is None else {"replicates": (rng.normal(size=8), key)}
        training = {} if seed is None else {"sae": {"training": {"seed": seed, "rate": name[0]}}}
        return report(name, estimate, half, **replicates, **training)

    reports = [
        *(made(f"a{seed}", 1 + seed / 3, seed=seed, key="documents") for seed in range(3)),
        *(made(f"b{seed}", 2 + seed / 2, (1.9 + seed / 2, 2.5 + seed / 2), seed=seed) for seed in range(2)),
        made("c", 1.0, key="documents"),
        made("d", 1.3, 0.0),
        made("e", 1.3, 0.0),
        made("f", 7.0, 0.0),
        made("g", 2.0, None),
    ]
    column = Column("one", "value", "fraction", "higher", "")
    judged = JudgedColumn(column, reports_by_sae(reports, ()), fixed_saes)
    places = list(range(len(reports)))[::-1]
    pairs = judged_pairs(judged, places)
    told = {
        (i, j): (one.pvalue, one.interval.standard_error, one.interval.degrees_of_freedom or np.inf)
        for i, j in combinations(places[::-1], 2)
        if (one := judged.difference(places[i], places[j])) and one.pvalue is not None
    }
    columns = (pairs.pvalues, pairs.standard_errors, pairs.degrees_of_freedom)
    found = dict(zip(zip(pairs.first, pairs.second, strict=True), zip(*columns, strict=True), strict=True))
    assert found.keys() == told.keys()
    assert len(told) == (34 if fixed_saes else 6)
    for pair, numbers in told.items():
        assert found[pair] == pytest.approx(numbers, rel=1e-12)


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
    (detectable,) = detectable_differences(np.array([standard_error]), np.array([freedom]), 0.05)
    told = standard_error * np.sqrt(rng.chisquare(freedom, 20_000) / freedom)
    t = (detectable + rng.normal(0, standard_error, 20_000)) / told
    assert np.mean(2 * stats.t.sf(np.abs(t), freedom) <= 0.05) == pytest.approx(0.8, abs=0.02)


def test_saes_are_ranked_and_those_alike_share_a_letter(report):
    values = {"a": 1.0, "b": 1.05, "c": 3.0, "d": 5.0}
    reports = [report(name, value) for name, value in values.items()]
    (ranked,) = compare(reports, ranks=True, fixed_saes=True).rankings
    assert ranked.first == "highest"  # the metric says that higher is better
    told = {sae.name: (sae.rank, sae.low, sae.high, letters(sae.ties)) for sae in ranked.saes}
    assert told == {
        "release:d": (1, 1, 1, "a"),
        "release:c": (2, 2, 2, "b"),
        "release:b": (3, 3, 4, "c"),
        "release:a": (4, 3, 4, "c"),
    }
    assert (ranked.n_told_apart, ranked.n_pairs) == (5, 6)


def test_ranks_are_in_the_frame_and_in_comma_separated_values(report):
    comparison = compare([report("a", 1.0), report("b", 5.0)], ranks=True, fixed_saes=True)
    assert comparison.frame[["rank", "rank_low", "rank_high"]].to_numpy().tolist() == [[2, 2, 2], [1, 1, 1]]
    written = comma_separated(comparison_texts(comparison), comparison)
    assert [row["one.value.rank"] for row in csv.DictReader(io.StringIO(written))] == ["2", "1"]


def test_equal_estimates_share_a_rank(report):
    (ranked,) = compare([report(name, 1.0) for name in "ab"], ranks=True, fixed_saes=True).rankings
    assert [sae.rank for sae in ranked.saes] == [1, 1]
    assert ranked.n_told_apart == 0


def test_one_seed_of_each_is_no_ground_for_ranks(report):
    comparison = compare([report("a", 1.0), report("b", 9.0)], ranks=True)
    (ranked,) = comparison.rankings
    assert not ranked.saes
    assert "--fixed-saes" in ranked.reason
    (table,) = rank_texts(comparison)
    assert table.notes == (f"not ranked: {ranked.reason}",)


@pytest.mark.parametrize("half", [None, 0.1])
def test_what_cannot_be_ranked_says_why(report, half):
    reports = [report("a", 1.0, half)] if half else [report("a", 1.0, None), report("b", 2.0, None)]
    (ranked,) = compare(reports, ranks=True, fixed_saes=True).rankings
    assert ranked.reason == ("fewer than two SAEs have a value" if half else "no interval, so none of the difference")


def test_groups_have_letters_beyond_z():
    assert letters((0, 25, 26, 27, 701, 702)) == "a z aa ab zz aaa"


def test_many_letters_in_a_row_are_told_by_their_ends():
    assert letters((0, 2, 3, 4, 5, 9, 10)) == "a c-f j k"
