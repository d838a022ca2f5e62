"""Sparsity: the law of mean |cosine|, series whose least is known, and projections that are written out."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, SaegeoError
from saegeo_core.corpora.corpus import Document
from saegeo_core.numerics.unit_rows import unit_rows
from saegeo_core.synthetic import isotropic
from saegeo_core.synthetic.activations import made_up_activations, made_up_tokens
from saegeo_sparsity.absolute_cosines import absolute_cosine_sums, mean_absolute_cosine, mean_absolute_cosine_law
from saegeo_sparsity.analysis import Sparsity
from saegeo_sparsity.least import least_of
from saegeo_sparsity.projections import TokensRead, nth_projections

N, D = 150, 24


class Texts:
    """Forty short texts."""

    def documents(self, start=0):
        yield from (Document(f"text number {n} " * 8, None, str(n), n) for n in range(start, 40))


def cloud_of(rows, name, l0):
    cloud = FeatureCloud.from_array(rows, name=name)
    return replace(cloud, sae=cloud.sae.model_copy(update={"l0": l0}))


def measured(*series, place=0, **given):
    """The metrics by name, and the findings, of one of a series."""
    cloud, others = series[place], tuple(series)
    context = AnalysisContext(rng=np.random.default_rng(0), clouds={"others": others}, **given)
    findings = Sparsity().analyze(cloud, Sparsity.Parameters(others=["a:b"], n_tokens=400), context)
    return {metric.name: metric for metric in findings.metrics}, findings


def overlapping(rng, means, l0):
    """SAEs whose directions share a mean of such lengths."""
    return [
        cloud_of(isotropic(N, D, rng) + mean * torch.ones(D) / D**0.5, f"l0-{value}", value)
        for mean, value in zip(means, l0, strict=True)
    ]


def test_sums_are_those_of_all_pairs(rng):
    unit = unit_rows(isotropic(1100, 8, rng))
    cosines = (unit.double() @ unit.double().T).abs().fill_diagonal_(0)
    assert absolute_cosine_sums(unit) == pytest.approx(cosines.sum(1).numpy(), abs=1e-3)
    assert mean_absolute_cosine(unit) == pytest.approx(float(cosines.sum()) / (1100 * 1099), abs=1e-6)


@pytest.mark.parametrize("d", [3, 24])
def test_uniform_directions_have_the_law(d):
    rng = np.random.default_rng(5)
    law = mean_absolute_cosine_law(60, d)
    drawn = np.array([mean_absolute_cosine(unit_rows(isotropic(60, d, rng))) for _ in range(600)])
    assert drawn.mean() == pytest.approx(law.mean, abs=4 * law.standard_deviation / 600**0.5)
    assert drawn.std() == pytest.approx(law.standard_deviation, rel=0.12)
    pvalues = np.array([law.pvalue(one, "greater") for one in drawn])
    assert np.mean(pvalues <= 0.05) == pytest.approx(0.05, abs=0.027)  # three standard deviations
    assert np.mean(pvalues <= 0.5) == pytest.approx(0.5, abs=0.062)


def test_the_least_is_found_and_what_cannot_be_told_from_it():
    l0 = np.array([10.0, 20, 40, 80, 160])
    least = least_of(l0, np.array([5.0, 3.1, 3.0, 3.05, 6.0]), np.full(5, 0.1))
    assert least == (40, 20, 80, (10, 160), (10, 160))
    assert "from L0 20 to 80: the L0 of this SAE, 10, is below that" in least.judge(10)
    assert "is within that" in least.judge(80)
    assert "is above that" in least.judge(160)
    at_the_end = least_of(l0, np.array([1.0, 3, 3, 3, 6]), np.full(5, 0.1))
    assert at_the_end.between == (10, 20)
    assert at_the_end.judge(None) == "It is least at L0 10 (the lowest of the series); the L0 of this SAE is not known."


def test_a_planted_series_is_least_where_its_directions_overlap_least(rng):
    series = overlapping(rng, (0.9, 0.0, 0.9), (16.0, 32.0, 64.0))
    for place, word in enumerate(("below", "within", "above")):
        metrics, findings = measured(*series, place=place)
        assert metrics["cosine_least_l0"].estimate == 32
        assert (metrics["cosine_least_l0"].interval.low, metrics["cosine_least_l0"].interval.high) == (16, 64)
        assert f"is {word} that" in metrics["mean_absolute_cosine"].description
        assert list(findings.tables["series"]["among_least_cosines"]) == [False, True, False]
    assert isinstance(metrics["nth_projection"].estimate, Absent)


def test_series_that_do_not_differ_are_not_told_apart():
    """The interval of the least has all of the series in most draws where all are alike."""
    rng = np.random.default_rng(3)
    whole = [
        measured(*overlapping(rng, (0.5, 0.5, 0.5), (16.0, 32.0, 64.0)))[1]
        .tables["series"]["among_least_cosines"]
        .all()
        for _ in range(40)
    ]
    assert np.mean(whole) >= 0.8  # .9 and more are expected: two comparisons with the least of three


def test_projections_are_those_that_are_written_out(rng):
    rows, unit = torch.randn(200, D, generator=torch.Generator().manual_seed(1)), unit_rows(isotropic(N, D, rng))
    groups = np.arange(200) % 10
    value, without = nth_projections(TokensRead(rows, groups), unit, 0.25)
    every = np.sort((rows @ unit.float().T).numpy().ravel())[::-1]
    assert value == pytest.approx(every[int(0.25 * len(every))], abs=1e-5)
    left = np.sort((rows[groups != 3] @ unit.float().T).numpy().ravel())[::-1]
    assert without[3] == pytest.approx(left[int(0.25 * len(left))], abs=1e-5)


def test_activations_have_a_least_of_their_own(rng):
    """Directions along a mean that activations do not have read less of them than those across it."""
    narrow = isotropic(N, D, rng) * torch.tensor([0.05] * (D // 2) + [1.0] * (D // 2))
    series = [cloud_of(isotropic(N, D, rng), "plain", 16.0), cloud_of(narrow, "narrow", 32.0)]
    tokens_of = made_up_tokens(D)

    def first_half_alone(text):
        rows = tokens_of(text)
        rows[:, D // 2 :] *= 0.1
        return rows

    given = {"activations": made_up_activations(first_half_alone, D), "corpus": Texts()}
    metrics, findings = measured(*series, **given)
    assert metrics["projection_least_l0"].estimate == 32
    assert metrics["nth_projection"].n == 400
    series_table = findings.tables["series"].set_index("l0")["nth_projection"]
    assert series_table[16.0] > 3 * series_table[32.0]
    assert "is below that" in metrics["projection_least_l0"].description


def test_what_is_no_series_is_refused_or_told(rng):
    cloud, other = overlapping(rng, (0, 0), (16.0, None))
    with pytest.raises(SaegeoError, match="is the one measured"):
        measured(cloud)
    with pytest.raises(SaegeoError, match="they share no cosines"):
        measured(cloud, cloud_of(isotropic(N, D + 1, rng), "wide", 8.0))
    metrics, findings = measured(cloud, other)
    assert metrics["cosine_least_l0"].estimate.absent == "it needs two SAEs of known L0"
    assert "L0 not known, which keeps them out of the series: memory:l0-None" in findings.warnings[0]
    one, _ = measured(cloud_of(isotropic(1, D, rng), "one", 8.0), cloud)
    assert "no two features" in one["mean_absolute_cosine"].estimate.absent
