"""The spectrum of activations beside that of directions: planted exponents, intervals over documents, reasons in words."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from saegeo_core import Absent, AnalysisContext, Findings, PluginManager
from saegeo_core.plugin.analysis import resolve_parameters
from saegeo_power_law.activation_spectrum import activation_spectrum, beside_activations
from saegeo_power_law.fitted_laws import RankWindow

D, TOKENS = 24, 200
WINDOW = RankWindow(2, 12)


def context(rng, *, n_documents=30, exponent=1.0, preset="calibrated", sources=None):
    """A model whose activations have variances rank^-exponent, and documents that each shift them a little."""
    deviations = np.arange(1, D + 1) ** (-exponent / 2)
    activations = [
        deviations * (rng.standard_normal((TOKENS, D)) + 0.2 * rng.standard_normal(D)) for _ in range(n_documents)
    ]
    group = sources or [str(number) for number in range(n_documents)]
    documents = [SimpleNamespace(text="some text", group=group[k], position=k) for k in range(n_documents)]

    def pieces(read):
        for document in read:
            for rows in np.array_split(activations[document.position].astype(np.float32), 3):
                yield document.position, rows

    return AnalysisContext(
        rng=np.random.default_rng(0),
        preset=preset,
        activations=SimpleNamespace(d_in=D, pieces=pieces),
        corpus=SimpleNamespace(documents=lambda: iter(documents)),
    ), activations


def test_the_spectrum_is_that_of_all_tokens_together(rng):
    given, activations = context(rng)
    known = activation_spectrum(given, n_documents=None)
    expected = np.linalg.eigvalsh(np.cov(np.concatenate(activations).T))[::-1]
    np.testing.assert_allclose(known.spectrum.eigenvalues, expected, rtol=1e-5)
    assert (known.n_tokens, known.n_documents) == (30 * TOKENS, 30)
    fewer = activation_spectrum(given, n_documents=4)
    np.testing.assert_allclose(
        fewer.spectrum.eigenvalues, np.linalg.eigvalsh(np.cov(np.concatenate(activations[:4]).T))[::-1], rtol=1e-5
    )


@pytest.mark.parametrize("preset", ["calibrated", "paper"])
def test_a_planted_exponent_is_read_and_lies_in_its_interval(rng, preset):
    given, _ = context(rng, exponent=0.7, preset=preset)
    (metric,) = beside_activations(Findings(metrics=()), WINDOW, given, n_documents=None).metrics
    assert metric.value == pytest.approx(0.7, abs=0.1)
    assert metric.interval.low < 0.7 < metric.interval.high
    assert metric.interval.population == (None if preset == "paper" else "other text")


def test_the_interval_covers_what_other_text_reads():
    """A nominal 95 % interval holds the mean over many texts, within what 60 of them can show; a token by itself would not do."""
    found = []
    for seed in range(60):
        given, _ = context(np.random.default_rng(seed), n_documents=20)
        (metric,) = beside_activations(Findings(metrics=()), WINDOW, given, n_documents=None).metrics
        found.append((metric.value, metric.interval.low, metric.interval.high))
    read, low, high = np.array(found).T
    covered = int(((low <= read.mean()) & (read.mean() <= high)).sum())
    assert stats.binom.cdf(covered, 60, 0.95) > 1e-2
    assert np.mean(high - low) < 1.5 * 2 * stats.t.ppf(0.975, 19) * read.std()


def test_pieces_of_one_source_are_left_out_together(rng):
    given, _ = context(rng, n_documents=18, sources=[str(number // 2) for number in range(18)])
    (metric,) = beside_activations(Findings(metrics=()), WINDOW, given, n_documents=None).metrics
    assert "9 documents" in metric.interval.absent


def test_a_model_is_used_where_there_is_text_for_it():
    """So that a report does not depend on a model that nothing was read with."""
    power_law = PluginManager().analysis("power-law")
    of_text = {"activations", "corpus"}
    for settings, used in (({}, set()), ({"n_documents": 3}, set()), ({"corpus": "texts.jsonl"}, of_text)):
        assert power_law.used(resolve_parameters(power_law, "calibrated", settings)) & of_text == used


def test_there_is_a_reason_where_there_is_no_spectrum(rng):
    nothing = AnalysisContext(rng=rng)
    (metric,) = beside_activations(Findings(metrics=()), WINDOW, nothing, n_documents=None).metrics
    assert "--model MODEL --set power-law.corpus=TEXT" in metric.estimate.absent
    without_model = AnalysisContext(rng=rng, corpus=SimpleNamespace())
    known = activation_spectrum(without_model, n_documents=None)
    assert isinstance(known, Absent)
    assert "no model was named" in known.absent
    given, _ = context(rng)
    (metric,) = beside_activations(Findings(metrics=()), RankWindow(2, D + 5), given, n_documents=None).metrics
    assert f"needs {D + 5} eigenvalues" in metric.estimate.absent
