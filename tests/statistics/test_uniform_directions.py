"""The exact law of one cosine, and p-values that are uniform on uniform directions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import betainc, mp, mpf
from scipy import integrate, special, stats

from saegeo_core.errors import SaegeoError
from saegeo_core.statistics import uniform_directions as uniform
from saegeo_core.synthetic import isotropic


def pairs(n):
    return n * (n - 1) // 2


@pytest.mark.parametrize(("dimension", "cosine", "probability"), [(2304, 0.1, 1.506e-6), (3584, 0.1, 1.97e-9)])
def test_golden_tails(dimension, cosine, probability):
    assert uniform.tail_probability(cosine, dimension) == pytest.approx(probability, rel=2e-3)


@pytest.mark.parametrize(("dimension", "cosine"), [(3584, 0.0802), (4096, 0.0751), (768, 0.172)])
def test_thresholds_as_improbable_as_a_tenth_in_gemma_2_2b(dimension, cosine):
    equal = uniform.tail_threshold(uniform.tail_probability(0.1, 2304), dimension)
    assert equal == pytest.approx(cosine, rel=4e-3)


@pytest.mark.parametrize("dimension", [2, 3, 24, 384, 2304, 100_000])
@pytest.mark.parametrize("cosine", [1e-6, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_tails_agree_with_arbitrary_precision(dimension, cosine):
    """mpmath's regularized incomplete beta function with 60 digits, down to probabilities that a double holds."""
    with mp.workdps(60):
        exact = float(betainc(mpf(dimension - 1) / 2, mpf(1) / 2, 0, 1 - mpf(cosine) ** 2, regularized=True))
    assert uniform.tail_probability(cosine, dimension) == pytest.approx(exact, rel=1e-9, abs=1e-290)
    assert uniform.cosine_sf(cosine, dimension) == pytest.approx(exact / 2, rel=1e-9, abs=1e-290)


@given(st.floats(2, 5000), st.floats(-300, 0))
def test_threshold_inverts_the_tail(dimension, log10_probability):
    probability = 10.0**log10_probability
    threshold = uniform.tail_threshold(probability, dimension)
    if threshold < 1 - 1e-9:  # nearer to 1 the cosine itself has too few digits
        assert uniform.tail_probability(threshold, dimension) == pytest.approx(probability, rel=1e-4)


@pytest.mark.parametrize("dimension", [2.5, 3, 17, 2304])
def test_functions_agree_with_the_density(dimension):
    cosine = 1.5 / np.sqrt(dimension)
    half = (dimension - 1) / 2

    def density(c):
        return (1 - c * c) ** (half - 1) / special.beta(0.5, half)

    above, _ = integrate.quad(density, cosine, 1, points=[min(1, 3 * cosine)])
    assert uniform.cosine_sf(cosine, dimension) == pytest.approx(above, rel=1e-6)
    assert uniform.cosine_cdf(-cosine, dimension) == pytest.approx(above, rel=1e-6)
    assert uniform.cosine_sf(-cosine, dimension) == pytest.approx(1 - above, rel=1e-6)
    assert uniform.cosine_isf([above, 1 - above], dimension) == pytest.approx([cosine, -cosine], rel=1e-6)


def test_bins_are_exact_in_both_tails():
    edges = np.linspace(-1, 1, 81)
    probabilities = uniform.bin_probabilities(edges, 300)
    assert probabilities.sum() == pytest.approx(1, abs=1e-14)
    assert probabilities == pytest.approx(probabilities[::-1], rel=1e-9)
    assert probabilities[-2] == pytest.approx(uniform.cosine_sf(0.95, 300), rel=1e-9)


def test_null_probability_is_raised_for_small_clouds_only():
    assert uniform.null_probability_for(pairs(16384)) == 1e-6
    assert uniform.null_probability_for(pairs(400)) * pairs(400) == pytest.approx(20)
    assert uniform.null_probability_for(3) == 1


def test_welch_floor():
    assert uniform.welch_floor(16384, 2304) == pytest.approx(3.73e-4, rel=1e-3)
    assert uniform.welch_floor(100, 200) == 0
    simplex = np.eye(4) - 0.25
    simplex /= np.linalg.norm(simplex, axis=1, keepdims=True)
    cosines = (simplex @ simplex.T)[np.triu_indices(4, 1)]
    assert np.mean(cosines**2) == pytest.approx(uniform.welch_floor(4, 3))


@pytest.mark.parametrize("wrong", [0, -1e-6, 1.1, np.nan])
def test_a_null_probability_outside_its_range_is_refused(wrong):
    with pytest.raises(SaegeoError, match=r"lies in \(0, 1\]"):
        uniform.tail_threshold(wrong, 10)


def test_one_dimension_has_no_directions():
    with pytest.raises(SaegeoError, match="at least 2 dimensions"):
        uniform.tail_probability(0.1, 1)


def test_no_pairs_have_no_tail():
    with pytest.raises(SaegeoError, match="at least two features"):
        uniform.null_probability_for(0)


@pytest.mark.parametrize("expected", [20, 800])
def test_tail_counts_have_uniform_pvalues(rng, expected):
    """240 clouds of 400 x 32: the count's p-values are uniform, its variance is M p (1 - p)."""
    n, d, repeats = 400, 32, 240
    probability = expected / pairs(n)
    two_sided, one_sided = uniform.tail_threshold(probability, d), uniform.cosine_isf(probability, d)
    law = uniform.tail_count_law(pairs(n), probability)
    counts = np.empty((repeats, 2), dtype=int)
    for seen in counts:
        rows = rng.standard_normal((n, d), dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        cosines = rows @ rows.T
        seen[:] = np.count_nonzero(np.abs(cosines) > two_sided) - n, np.count_nonzero(cosines > one_sided) - n
    counts //= 2
    assert counts.mean(axis=0) == pytest.approx(expected, rel=4 * expected**-0.5 / repeats**0.5)
    assert counts.var(axis=0) == pytest.approx(law.variance, rel=0.35)
    for column in counts.T:
        for alternative in ("greater", "less", "two-sided"):
            pvalues = [law.pvalue(count, alternative) for count in column]
            assert stats.kstest(pvalues, "uniform").pvalue > 0.01


def test_laws_of_summaries_have_uniform_pvalues_on_uniform_directions():
    n, d, pvalues = 150, 24, {}
    laws = {
        "mean": uniform.mean_cosine_law(n, d),
        "mean squared": uniform.mean_squared_cosine_law(n, d),
        "largest": uniform.LargestCosineLaw(n, d),
        "mean nearest": uniform.mean_nearest_cosine_law(n, d),
    }
    for seed in range(400):
        unit = isotropic(n, d, np.random.default_rng(seed)).double().numpy()
        gram = unit @ unit.T
        cosines, nearest = gram[np.tril_indices(n, -1)], (gram - 3 * np.eye(n)).max(1)
        seen = [cosines.mean(), np.mean(cosines**2), cosines.max(), nearest.mean()]
        for (name, law), value in zip(laws.items(), seen, strict=True):
            pvalues.setdefault(name, []).append(law.pvalue(value))
    for name, collected in pvalues.items():
        assert stats.kstest(collected, "uniform").pvalue > 1e-3, name


def test_the_two_sides_of_a_largest_cosine_share_everything():
    law = uniform.LargestCosineLaw(150, 24)
    assert law.pvalue(0.7, "greater") + law.pvalue(0.7, "less") == pytest.approx(1)
    assert law.pvalue(law.mean + 6 * law.standard_deviation) < 1e-3


def test_coincidences_are_as_improbable_as_the_first_pair():
    law = uniform.CoincidenceLaw(20, 3, 0.999)
    expected_pairs = pairs(20) * float(uniform.cosine_sf(0.999, 3))
    assert law.mean == pytest.approx(2 * expected_pairs)
    assert law.pvalue(2) == law.pvalue(6) == pytest.approx(1 - np.exp(-expected_pairs))
    assert law.pvalue(0) == 1
    assert law.pvalue(0, "less") == pytest.approx(np.exp(-expected_pairs))
