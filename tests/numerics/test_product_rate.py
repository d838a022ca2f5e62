"""The machine multiplies at some rate."""

from saegeo_core.numerics import product_rate
from saegeo_core.numerics.product_rate import multiply_adds_per_second


def test_a_rate_is_measured(monkeypatch):
    monkeypatch.setattr(product_rate, "COLUMNS", 64)
    assert multiply_adds_per_second(8, "cpu") > 1e5
