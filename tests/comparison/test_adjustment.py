"""The regression on log L0: a planted slope comes back, and the published plateau loses what the audit says it loses."""

import numpy as np
import pytest
from scipy import stats

from saegeo_core import SaegeoError, compare
from saegeo_core.comparison.adjustment import regress_on_log_l0
from saegeo_core.comparison.published import ALPHA, GALAXY_L0


def regress(values, l0, layers=None):
    n = len(values)
    floats = [np.asarray(x, np.float64) for x in (values, l0)]
    return regress_on_log_l0(
        "c", [str(i) for i in range(n)], *floats, None if layers is None else np.asarray(layers, float)
    )


def test_a_planted_slope_comes_back_beside_a_smooth_trend_over_layers():
    layers, rng = np.arange(20), np.random.default_rng(0)
    l0 = np.exp(rng.uniform(3, 5, 20))
    values = 1 + 0.1 * layers - 0.004 * layers**2 - 0.3 * np.log(l0)
    found = regress(values, l0, layers)
    assert (found.depth, found.degree) == ("polynomial", 2)
    assert found.slope == pytest.approx(-0.3)
    assert found.pvalue == pytest.approx(1 / 40)
    assert found.r_squared == pytest.approx(1)
    assert np.array(list(found.values.values())) == pytest.approx(
        1 + 0.1 * layers - 0.004 * layers**2 - 0.3 * np.log(found.l0)
    )


def test_layers_that_repeat_have_a_level_each():
    """Six layers of four sparsities with levels of their own: p <= .05 in 5 %, and the slope by dummies in plain least squares."""
    layers, p = np.repeat(np.arange(6), 4), []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        l0 = np.exp(np.tile([3.0, 3.5, 4.0, 4.5], 6) + 0.3 * rng.standard_normal(6)[layers])
        values = 2 * rng.standard_normal(6)[layers] + rng.standard_normal(24)
        found = regress(values, l0, layers)
        p.append(found.pvalue)
    assert found.depth == "factor"
    assert stats.kstest(p, "uniform").pvalue > 0.01
    design = np.column_stack([layers[:, None] == np.arange(6), np.log(l0)]).astype(float)
    assert found.slope == pytest.approx(np.linalg.lstsq(design, values, rcond=None)[0][-1])


def smooth(n, rng, length=3.0):
    """A Gaussian process over layers."""
    apart = np.subtract.outer(np.arange(n), np.arange(n)) / length
    return np.linalg.cholesky(np.exp(-(apart**2) / 2) + 1e-8 * np.eye(n)) @ rng.standard_normal(n)


def test_two_things_that_change_smoothly_with_depth_do_not_follow_each_other():
    """Least squares beside a polynomial of degree 4 has p <= .05 in half of these."""
    p = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        p.append(regress(smooth(26, rng), np.exp(4 + 0.5 * smooth(26, rng)), np.arange(26)).pvalue)
    assert np.mean(np.array(p) <= 0.05) < 0.12


def test_the_published_plateau_by_a_regression_of_its_own():
    """Degree 2 in layer and log L0 on the 26 published slopes, by plain normal equations."""
    alpha, l0, layers = np.array(list(ALPHA.values())), np.array(list(GALAXY_L0.values())), np.arange(26.0)
    found = regress(alpha, l0, layers)
    design = np.column_stack([(layers / 25) ** power for power in range(3)] + [np.log(l0)])
    coefficients = np.linalg.solve(design.T @ design, design.T @ alpha)
    assert (found.degree, found.n) == (2, 26)
    assert found.slope == pytest.approx(coefficients[-1])
    assert found.slope == pytest.approx(-0.169, abs=5e-4)
    assert found.pvalue == pytest.approx(1 / 52)
    assert (round(found.r_squared_without_l0, 2), round(found.r_squared, 2)) == (0.64, 0.84)


def test_p_values_are_uniform_where_l0_does_nothing():
    rng = np.random.default_rng(7)
    p = [regress(rng.normal(size=10), np.exp(rng.uniform(3, 5, 10)), np.arange(10)).pvalue for _ in range(800)]
    assert stats.binom.ppf(1e-3, 800, 0.02) <= np.sum(np.array(p) <= 0.05) <= stats.binom.ppf(0.999, 800, 0.06)


def test_where_nothing_can_be_said_the_reason_stands():
    assert "too little to see" in regress(np.arange(9), np.linspace(30, 33, 9)).reason
    layers = np.arange(9.0)
    assert "cannot be told apart" in regress(layers, np.exp(3 + layers / 4), layers).reason
    assert "8 are needed" in regress(np.arange(7), np.arange(1, 8)).reason


def test_eight_saes_of_known_l0_are_needed(report):
    seven = [report(f"layer_{i}", i, sae={"l0": 10 + 9 * i, "layer": i}) for i in range(7)]
    unknown = report("layer_7", 1.0, sae={"l0": None, "layer": 7})
    with pytest.raises(SaegeoError, match="at least 8 SAEs of known L0; there are 7"):
        compare([*seven, unknown], adjust="l0")
    eight = [*seven, report("layer_8", 3.0, sae={"l0": 12.0, "layer": 8})]
    [adjusted] = compare([*eight, unknown], adjust="l0").adjustments
    assert (adjusted.n, adjusted.degree) == (8, 1)
    assert "release:layer_7" not in adjusted.values
