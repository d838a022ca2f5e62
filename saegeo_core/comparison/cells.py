"""The cells of the table: metrics with their intervals, differences to the reference, and p-values corrected over the table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from saegeo_core.comparison.differences import Variance, sampling_variance
from saegeo_core.comparison.judged_column import JudgedColumn
from saegeo_core.comparison.sae_reports import SaeReports
from saegeo_core.comparison.table import Column, ComparisonCell
from saegeo_core.report.metric import Absent, Interval, Metric
from saegeo_core.statistics.multiple_testing import benjamini_hochberg

CellRows = list[list[ComparisonCell]]
"""A list for each SAE, in it a cell for each metric."""


def comparison_cells(columns: Sequence[JudgedColumn], reference: int | None = None) -> CellRows:
    """The cell of every row in every column; the rows of all columns are the same.

    p-values, of nulls and of differences apart, are corrected by Benjamini and Hochberg over all cells.

    Args:
        columns: what is compared.
        reference: place of the row that differences are taken to.
    """
    table = [list(cells) for cells in zip(*(_column(column, reference) for column in columns), strict=True)]
    table = _corrected(table, _null_pvalue, lambda cell, p: replace(cell, adjusted_pvalue=p))
    return _corrected(table, _difference_pvalue, _with_difference_pvalue)


def _column(judged: JudgedColumn, reference: int | None) -> Iterator[ComparisonCell]:
    for place, metric in enumerate(judged.metrics):
        if metric is None:
            reason, is_failure = _why_missing(judged.rows[place], judged.column)
            yield ComparisonCell(reason=reason, is_failure=is_failure)
            continue
        variance = judged.between[place]
        yield ComparisonCell(
            metric,
            _interval(metric, variance),
            0 if variance is None else len(judged.seeds[place]),
            difference=None if reference is None or reference == place else judged.difference(place, reference),
        )


def _why_missing(row: SaeReports, column: Column) -> tuple[str, bool]:
    for plugin in (column.plugin, None):
        if plugin in row.failures:
            return row.failures[plugin], True
    if column.plugin in row.reports:
        return f"its report has no metric {column.metric}", False
    return f"no report of {column.plugin}", False


def _interval(metric: Metric, seed_variance: Variance | None) -> Interval | None:
    """The metric's own, or one that contains the variance between seeds where there is some."""
    if metric.value is None or isinstance(metric.interval, Absent):
        return None
    variance = sampling_variance(metric)
    if seed_variance is None or seed_variance.value == 0 or variance is None:
        return metric.interval
    return (variance + seed_variance).interval(metric.value, f"{metric.interval.method}, and the spread of seeds")


def _null_pvalue(cell: ComparisonCell) -> float | None:
    nulls = cell.metric.nulls if cell.metric else None
    return nulls[0].pvalue if isinstance(nulls, tuple) else None


def _difference_pvalue(cell: ComparisonCell) -> float | None:
    return cell.difference.pvalue if cell.difference else None


def _with_difference_pvalue(cell: ComparisonCell, adjusted: float) -> ComparisonCell:
    return replace(cell, difference=replace(cell.difference, adjusted_pvalue=adjusted)) if cell.difference else cell


def _corrected(
    table: CellRows,
    pvalue: Callable[[ComparisonCell], float | None],
    put: Callable[[ComparisonCell, float], ComparisonCell],
) -> CellRows:
    """The table with the p-values of its cells corrected together, by Benjamini and Hochberg."""
    places = [(i, j) for i, row in enumerate(table) for j, cell in enumerate(row) if pvalue(cell) is not None]
    if not places:
        return table
    adjusted = benjamini_hochberg(np.array([pvalue(table[i][j]) for i, j in places], dtype=np.float64))
    for (i, j), p in zip(places, adjusted.tolist(), strict=True):
        table[i][j] = put(table[i][j], p)
    return table
