"""The regression on log L0: a planted slope comes back, and the published plateau loses what the audit says it loses."""

import numpy as np
import pytest

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
    assert found.degree == 3
    assert found.slope == pytest.approx(-0.3)
    assert found.r_squared == pytest.approx(1)
    assert np.array(list(found.values.values())) == pytest.approx(
        1 + 0.1 * layers - 0.004 * layers**2 - 0.3 * np.log(found.l0)
    )


def test_the_published_plateau_by_a_regression_of_its_own():
    """Degree 4 in layer and log L0 on the 26 published slopes: t = -5.1 to -5.7 and R² .85 to .93, by plain normal equations."""
    alpha, l0, layers = np.array(list(ALPHA.values())), np.array(list(GALAXY_L0.values())), np.arange(26.0)
    found = regress(alpha, l0, layers)
    design = np.column_stack([(layers / 25) ** power for power in range(5)] + [np.log(l0)])
    coefficients = np.linalg.solve(design.T @ design, design.T @ alpha)
    residual = alpha - design @ coefficients
    error = np.sqrt(residual @ residual / 20 * np.linalg.inv(design.T @ design)[-1, -1])
    assert (found.degree, found.n) == (4, 26)
    assert (found.slope, found.standard_error) == (pytest.approx(coefficients[-1]), pytest.approx(error))
    assert -0.17 < found.slope < -0.11
    assert -5.7 < found.slope / found.standard_error < -5.1
    assert (round(found.r_squared_without_l0, 2), round(found.r_squared, 2)) == (0.85, 0.93)
    plateau = [found.values[str(layer)] + found.slope * np.log(110 / found.l0) for layer in range(11, 15)]
    assert all(0.40 < value < 0.45 for value in plateau)


def test_p_values_are_uniform_where_l0_does_nothing():
    from scipy import stats

    rng = np.random.default_rng(7)
    p = [regress(rng.normal(size=10), np.exp(rng.uniform(3, 5, 10)), np.arange(10)).pvalue for _ in range(800)]
    assert stats.kstest(p, "uniform").pvalue > 0.01


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
