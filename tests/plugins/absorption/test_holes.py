"""Holes: counted as by hand, found where parents are off on tokens of their children, and not where firing ignores kin."""

import numpy as np
import pytest
import scipy.sparse
import torch
from scipy import stats

from saegeo_absorption.analysis import Absorption
from saegeo_absorption.holes import counts_of_pairs, fired_together, hole_rates, parent_and_child
from saegeo_absorption.on_tokens import LIKE_FREQUENCY, KinOnTokens
from saegeo_core import Absent, AnalysisContext, FeatureCloud, FiringStatistics
from saegeo_core.firing.statistics import Control
from saegeo_core.synthetic import families, isotropic

N_TOKENS, N_FAMILIES, SIZE = 1500, 30, 4
N = N_FAMILIES * SIZE
FIRST, SECOND = (
    np.concatenate([SIZE * np.arange(N_FAMILIES) + one for one in ones]) for ones in ((0, 0, 1), (1, 2, 3))
)


def fired_at(rng, rates, *, holes=0.0):
    """Firing of families of four; the first of each is off on a share of the tokens of the others."""
    fired = rng.random((N_TOKENS, N)) < rates
    others = fired.reshape(N_TOKENS, N_FAMILIES, SIZE)[:, :, 1:].any(2)
    fired[:, ::SIZE] &= ~(others & (rng.random(others.shape) < holes))
    return fired


def kin_on_tokens(fired, **known):
    firing = FiringStatistics.from_arrays(fired, block_tokens=1, document_of_block=np.arange(N_TOKENS) // 15, **known)
    found = KinOnTokens.of(firing, FIRST, SECOND, np.full(len(FIRST), 0.5))
    assert isinstance(found, KinOnTokens)
    return found


def test_holes_are_counted_as_by_hand(rng):
    fired = fired_at(rng, 0.1)
    tokens = fired.sum(0)
    parent, child = parent_and_child(FIRST, SECOND, tokens)
    assert (tokens[parent] >= tokens[child]).all()
    by_hand = [(fired[:, c] & ~fired[:, p]).sum() / fired[:, c].sum() for p, c in zip(parent, child, strict=True)]
    found = kin_on_tokens(fired)
    assert found.rates == pytest.approx(by_hand, abs=1e-12)
    assert found.hole_rate == pytest.approx(np.mean(by_hand), abs=1e-12)


def test_pairs_are_counted_alike_from_lists_and_from_tiles(rng):
    fired = fired_at(rng, 0.2)
    counts = torch.from_numpy(fired.T.astype(np.int64) @ fired)
    groups = rng.integers(3, size=N_TOKENS)
    first, second = rng.integers(N, size=(2, 700))
    by_group = fired_together(scipy.sparse.csc_array(fired.astype(np.uint8)), first, second, groups)
    assert by_group.shape == (3, 700)
    assert (by_group[1] == (fired[groups == 1][:, first] & fired[groups == 1][:, second]).sum(0)).all()
    tiles = [(slice(start, start + 40), counts[start : start + 40]) for start in range(0, N, 40)]
    assert (counts_of_pairs(tiles, first, second) == by_group.sum(0)).all()
    assert (counts_of_pairs(tiles, first.reshape(7, 100), second.reshape(7, 100)).ravel() == by_group.sum(0)).all()


def test_planted_holes_are_found(rng):
    rates = np.tile([0.25, 0.06, 0.06, 0.06], N_FAMILIES)
    found = kin_on_tokens(fired_at(rng, rates, holes=0.8))
    of_parents = found.rates[: 2 * N_FAMILIES]
    assert of_parents.mean() == pytest.approx(1 - 0.25 * 0.2, abs=0.02)
    null = found.nulls(rng, "cpu")[LIKE_FREQUENCY]
    assert (null < found.hole_rate).all()
    known = found.spread(np.arange(N) // SIZE, document_rng=rng, kin_rng=rng).interval((0, 1))
    assert known.low > null.mean()


@pytest.mark.parametrize("law", ["rates of their own", "rates that families share", "parents fire more"])
def test_pvalues_hold_where_firing_ignores_kin(law):
    draws = 40
    low = 0
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        rates = rng.uniform(0.02, 0.2, N)
        if law == "rates that families share":
            rates = np.repeat(rates[:N_FAMILIES], SIZE)
        if law == "parents fire more":
            rates[::SIZE] += 0.1
        found = kin_on_tokens(fired_at(rng, rates))
        low += np.count_nonzero(found.nulls(rng, "cpu")[LIKE_FREQUENCY] >= found.hole_rate) < 0.05 * 200 - 1
    assert low <= stats.binom.ppf(0.999, draws, 0.05)


def test_the_interval_is_as_wide_as_dictionaries_and_text_differ():
    estimates, ends = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = kin_on_tokens(fired_at(rng, np.repeat(rng.uniform(0.02, 0.3, N_FAMILIES), SIZE)))
        known = found.spread(np.arange(N) // SIZE, document_rng=rng, kin_rng=rng).interval((0, 1))
        estimates.append(found.hole_rate)
        ends.append((known.low, known.high))
    truth = np.mean(estimates)
    assert np.mean([low <= truth <= high for low, high in ends]) >= stats.binom.ppf(0.001, 40, 0.95) / 40


def test_reflected_controls_are_beside_it(rng):
    kinds = [fired_at(rng, 0.1) for _ in range(3)]
    controls = [FiringStatistics.from_arrays(one, block_tokens=1) for one in kinds]
    reflected = [_Reflected(one) for one in controls]
    found = kin_on_tokens(fired_at(rng, 0.1), controls_from=tuple(lambda one=one: one for one in reflected))
    (beside,) = (one for name, one in found.nulls(rng, "cpu").items() if "reflected" in name)
    expected = []
    for fired in kinds:
        parent, child = parent_and_child(FIRST, SECOND, fired.sum(0))
        together = (fired[:, parent] & fired[:, child]).sum(0)
        expected.append(hole_rates(together, fired.sum(0)[child]).mean())
    assert beside.values == pytest.approx(expected)


class _Reflected(Control):
    """A control of which only the firing is asked."""

    def __new__(cls, firing):
        return super().__new__(cls, None, firing)

    @property
    def kind(self):
        return "reflected"


def test_what_is_not_known_by_token_has_no_holes(rng):
    def reason(firing):
        absent = KinOnTokens.of(firing, FIRST, SECOND, np.full(len(FIRST), 0.5))
        assert isinstance(absent, Absent)
        return absent.absent

    fired = fired_at(rng, 0.1)
    assert "is not known: harvest with --block-tokens 1" in reason(None)
    assert "blocks of 256 tokens" in reason(FiringStatistics.from_arrays(fired, block_tokens=256))
    assert "does not tell tokens apart" in reason(FiringStatistics.from_arrays(fired))
    silent = fired & (np.arange(N) % SIZE != 0) & (np.arange(N) % SIZE != 1)
    assert reason(FiringStatistics.from_arrays(silent, block_tokens=1)).startswith("0 pairs of kin fire on 10 tokens")


def test_the_analysis_tells_holes_with_the_rest(rng):
    decoder = families(N, 24, rng, size=SIZE)
    fired = fired_at(rng, np.tile([0.25, 0.06, 0.06, 0.06], N_FAMILIES), holes=1.0)
    firing = FiringStatistics.from_arrays(fired, block_tokens=1, document_of_block=np.arange(N_TOKENS) // 15)
    context = AnalysisContext(rng=rng, encoder=decoder + 0.2 * isotropic(N, 24, rng), firing=firing)
    cloud = FeatureCloud.from_array(decoder)
    findings = Absorption().analyze(cloud, Absorption.Parameters(), context)
    metric = next(one for one in findings.metrics if one.name == "hole_rate")
    table = findings.tables["holes"]
    assert metric.estimate == pytest.approx(table["hole_rate"].mean())
    assert metric.n == len(table)
    assert metric.nulls[0].pvalue < 0.05
    assert (table["parent_tokens"] >= table["child_tokens"]).all()
    estimates = Absorption().estimates(cloud, Absorption.Parameters(), context)
    assert estimates["hole_rate"] == metric.estimate
