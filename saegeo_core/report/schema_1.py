"""Reports of schema version 1, read as this one: what their intervals only told in words is told in numbers."""

from typing import Any

from scipy import special

STUDENT = ("delete-group jackknife", "scaled subsampling")
"""Methods whose intervals reach as far as Student's quantile, with one degree of freedom fewer than replicates."""


def with_standard_errors(content: dict[str, Any]) -> dict[str, Any]:
    """The content of a report, every interval with the standard error and the degrees of freedom that it was made from.

    Student's intervals reach so many standard errors to either side, and one end may have been clipped to a range: the end farther
    from the estimate tells how many. Of the others only the two ends are known.
    """
    metrics = content.get("metrics")
    if not isinstance(metrics, list):
        return content
    return {**content, "metrics": [_told(metric) for metric in metrics]}


def _told(metric: Any) -> Any:
    interval = metric.get("interval") if isinstance(metric, dict) else None
    if not isinstance(interval, dict):
        return metric
    method, replicates = interval.get("method"), interval.get("replicates")
    if not isinstance(method, str) or not method.startswith(STUDENT) or type(replicates) is not int or replicates < 2:
        return metric
    try:
        quantile = float(special.stdtrit(replicates - 1, (1 + interval.get("level", 0.95)) / 2))
        reach = max(interval["high"] - metric["estimate"], metric["estimate"] - interval["low"])
        standard_error = reach / quantile
    except (KeyError, TypeError, ZeroDivisionError):
        return metric  # not a report: reading it says what is wrong
    told = {"standard_error": standard_error, "degrees_of_freedom": replicates - 1}
    return {**metric, "interval": {**interval, **told}}
