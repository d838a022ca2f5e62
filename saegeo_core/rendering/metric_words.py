"""The words for one metric: its estimate, its judging null, and how the two compare. They are chosen nowhere else."""

from collections.abc import Collection
from math import isclose

from saegeo_core.rendering.numbers import pvalue, significant, uncertain
from saegeo_core.report.metric import Absent, Metric, NullComparison

DASH = "—"
LIKE_THE_NULL = 0.05
CLEAR = 2.0
"""Standard deviations of a null that count as far from its mean, and that its mean lies from zero before ratios are told."""

ZERO_IS_A_CONVENTION = ("nats", "bits", "ln ", "log", "area under the curve")
"""How units begin in which twice as much means nothing: logarithms, and areas of which half is chance."""


def estimate(metric: Metric) -> str:
    """The estimate with its interval, as 0.830 ± 0.020; without one, to four significant digits; a dash where absent."""
    if metric.value is None:
        return DASH
    if isinstance(metric.interval, Absent):
        return significant(metric.value)
    return uncertain(metric.value, metric.interval.low, metric.interval.high)


def interval_legend(levels: Collection[float]) -> str:
    """What the signs of `estimate` mean, of intervals of these levels."""
    told = " or ".join(f"{significant(100 * level, 3)} %" for level in sorted(set(levels)))
    return f"± or [low, high]: interval of {told}"


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
    return DASH if null is None or null.pvalue is None else pvalue(null.pvalue, is_floor=is_floor(null))


def is_floor(null: NullComparison) -> bool:
    """Whether no draw of the null lies as far out, so that its p-value, 1/(draws + 1), says no more than "at most"."""
    if null.pvalue is None or null.draws is None:
        return False
    tails = 2 if null.alternative == "two-sided" else 1
    return isclose(null.pvalue, tails / (null.draws + 1))


def against_null(metric: Metric, *, in_full: bool = False) -> str:
    """The estimate against its judging null: "3.2 × null", "like null"; nothing without one.

    In full, a ratio has its limits where they are known: "3.2 [2.9, 3.6] × null".
    """
    null = judging_null(metric)
    if null is None or metric.value is None:
        return ""
    words = value_against_null(metric.value, null, metric.unit)
    limits = ratio_limits(null)
    return words.replace(" ×", f" {limits} ×") if in_full and limits else words


def ratio_limits(null: NullComparison) -> str:
    """Of the ratio to a null, as [2.9, 3.6]; nothing where they are not known."""
    if null.ratio_low is None or null.ratio_high is None:
        return ""
    return f"[{significant(null.ratio_low, 2)}, {significant(null.ratio_high, 2)}]"


def value_against_null(value: float, null: NullComparison, unit: str) -> str:
    """A value against one null: "like null", "above null" or "below null", or how many times the null's mean it is.

    A ratio is told where zero means none of what is measured, and the null's mean is clear of zero: by twice its spread, or, of
    controls, by how well the mean is known.
    """
    side = _side(value, null)
    is_clear = null.standard_deviation is not None and null.mean > CLEAR * null.standard_deviation
    ratio = value / null.mean if is_clear else null.ratio
    is_told = side in ("above", "below") and value > 0 and not unit.startswith(ZERO_IS_A_CONVENTION)
    if is_told and ratio is not None and abs(ratio - 1) >= 0.005:
        return f"{significant(ratio, 3 if 0.9 < ratio < 1.1 else 2)} × null"
    return f"{side} null"


def _side(value: float, null: NullComparison) -> str:
    """Whether it lies above, below, or is like the null, whatever side the p-value asks about; equals where nothing tells.

    On the other side than the p-value's, and where there is none, two standard deviations count as far. Without those either,
    any distance does.
    """
    side = "above" if value > null.mean else "below" if value < null.mean else "equals"
    p, spread = null.pvalue, null.standard_deviation
    is_far = side != "equals" and (spread is None or abs(value - null.mean) >= CLEAR * spread)
    if p is None:
        return side if is_far or side == "equals" else "like"
    if p <= LIKE_THE_NULL:
        return {"greater": "above", "less": "below", "two-sided": side}[null.alternative]
    is_other_side = side == {"greater": "below", "less": "above"}.get(null.alternative)
    return side if is_other_side and is_far and p >= 1 - LIKE_THE_NULL else "like"
