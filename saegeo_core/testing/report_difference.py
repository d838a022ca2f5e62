"""Where two reports of the same thing differ."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from saegeo_core.report.report import Report

NEAR_ZERO = 1e-3
"""Numbers smaller than this are compared by their difference, not by their ratio."""


def findings_difference(one: Report, two: Report) -> str | None:
    """The first thing found that differs in anything at all, metrics first; None where there is none."""
    parts = ("metrics", "tables", "figures", "warnings")
    contents = [report.model_dump(mode="json") for report in (one, two)]
    first, second = ({part: content[part] for part in parts} for content in contents)
    return first_difference(first, second) or _array_difference(one, two)


def metric_difference(one: Report, two: Report, tolerance: float) -> str | None:
    """The first number of any metric that differs by more than the tolerance, a share of it."""
    return first_difference(_by_name(one), _by_name(two), tolerance)


def estimate_difference(one: Report, two: Report, tolerance: float) -> str | None:
    """The first estimate that differs by more than the tolerance, a share of it."""
    first, second = ({name: metric["estimate"] for name, metric in _by_name(each).items()} for each in (one, two))
    return first_difference(first, second, tolerance)


def first_difference(one: Any, two: Any, tolerance: float = 0.0, place: str = "") -> str | None:
    """Walk two JSON contents side by side; the place and the two values where they part."""
    if isinstance(one, Mapping) and isinstance(two, Mapping) and one.keys() == two.keys():
        pairs = [(f"{place}.{key}".lstrip("."), one[key], two[key]) for key in one]
    elif isinstance(one, Sequence) and isinstance(two, Sequence) and not isinstance(one, str) and len(one) == len(two):
        pairs = [(f"{place}[{index}]", *both) for index, both in enumerate(zip(one, two, strict=True))]
    else:
        return None if _alike(one, two, tolerance) else f"{place}: {_short(one)}, then {_short(two)}"
    return next((found for where, a, b in pairs if (found := first_difference(a, b, tolerance, where))), None)


def _by_name(report: Report) -> dict[str, Any]:
    return {metric.name: metric.model_dump(mode="json") for metric in report.measured}


def _alike(one: Any, two: Any, tolerance: float) -> bool:
    if isinstance(one, float | int) and isinstance(two, float | int):
        return abs(one - two) <= tolerance * max(abs(one), abs(two), NEAR_ZERO)
    return bool(one == two)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _array_difference(one: Report, two: Report) -> str | None:
    if one.arrays.keys() != two.arrays.keys():
        return f"arrays: {sorted(one.arrays)}, then {sorted(two.arrays)}"
    for name, values in one.arrays.items():
        if not np.array_equal(values, two.arrays[name]):
            return f"the array {name}"
    return None
