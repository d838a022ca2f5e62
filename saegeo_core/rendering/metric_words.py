"""The words for one metric: its estimate, its judging null, and how the two compare."""

from saegeo_core.rendering.numbers import pvalue, significant, uncertain
from saegeo_core.report.metric import Absent, Metric, NullComparison

DASH = "—"
LIKE_THE_NULL = 0.05


def estimate(metric: Metric) -> str:
    """The estimate with its interval, as 0.830 ± 0.020; without one, to four significant digits; a dash where absent."""
    if metric.value is None:
        return DASH
    if isinstance(metric.interval, Absent):
        return significant(metric.value)
    return uncertain(metric.value, metric.interval.low, metric.interval.high)


def judging_null(metric: Metric) -> NullComparison | None:
    """The null the metric is judged by, or None where there is none."""
    return None if isinstance(metric.nulls, Absent) else metric.nulls[0]


def null_mean(metric: Metric) -> str:
    """Mean of the judging null."""
    return mean_of(judging_null(metric))


def null_pvalue(metric: Metric) -> str:
    """p-value under the judging null."""
    return pvalue_of(judging_null(metric))


def mean_of(null: NullComparison | None) -> str:
    """Mean of a null."""
    return DASH if null is None else significant(null.mean, 3)


def pvalue_of(null: NullComparison | None) -> str:
    """p-value under a null."""
    return DASH if null is None or null.pvalue is None else pvalue(null.pvalue)


def against_null(metric: Metric) -> str:
    """The estimate against its judging null: "3.2 × null", "like null"; nothing without one."""
    null = judging_null(metric)
    return "" if null is None or metric.value is None else value_against_null(metric.value, null)


def value_against_null(value: float, null: NullComparison) -> str:
    """A value against one null: "like null" where chance alone gives it often, else how many times the null's mean it is."""
    if null.pvalue is not None and null.pvalue > LIKE_THE_NULL:
        return "like null"
    if value > 0 and null.mean > 0:
        ratio = value / null.mean
        digits = 3 if 0.9 < ratio < 1.1 else 2
        if abs(ratio - 1) >= 0.005:
            return f"{significant(ratio, digits)} × null"
    return "equals null" if value == null.mean else "above null" if value > null.mean else "below null"
