"""The cells of the table: metrics with their intervals, differences to the reference, and p-values corrected over the table."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from saegeo_core.comparison.differences import NO_VARIANCE, Variance, difference, sampling_variance
from saegeo_core.comparison.sae_reports import SaeReports
from saegeo_core.comparison.seeds import between_seeds, seed_groups
from saegeo_core.comparison.table import Column, ComparisonCell
from saegeo_core.report.metric import Absent, Interval, Metric

ONE_SEED = (
    "there is one seed of each, or of one of the two, so what training again would change is not known; --fixed-saes judges these "
    "very SAEs"
)
OF_ONE_CONFIGURATION = (
    "these are seeds of one configuration, which training alone sets apart; --fixed-saes judges these very SAEs"
)

CellRows = list[list[ComparisonCell]]
"""A list for each SAE, in it a cell for each metric."""


def comparison_cells(
    rows: Sequence[SaeReports],
    columns: Sequence[Column],
    reference: int | None = None,
    *,
    fixed_saes: bool = False,
) -> CellRows:
    """The cell of every row in every column.

    p-values, of nulls and of differences apart, are corrected by Benjamini and Hochberg over all cells.

    Args:
        rows, columns: what is compared.
        reference: place of the row that differences are taken to.
        fixed_saes: whether differences are judged as those of these very SAEs; if not, they have a p-value where the spread of
            seeds is known of both.
    """
    seeds = seed_groups([row.sae for row in rows])
    metrics = [[_metric(row, column) for row in rows] for column in columns]
    by_column = [
        _column(rows, column, own, seeds, reference, fixed_saes=fixed_saes)
        for column, own in zip(columns, metrics, strict=True)
    ]
    table = [list(cells) for cells in zip(*by_column, strict=True)] if columns else [[] for _ in rows]
    table = _corrected(table, _null_pvalue, lambda cell, p: replace(cell, adjusted_pvalue=p))
    return _corrected(table, _difference_pvalue, _with_difference_pvalue)


def _column(
    rows: Sequence[SaeReports],
    column: Column,
    metrics: Sequence[Metric | None],
    seeds: Sequence[tuple[int, ...]],
    reference: int | None,
    *,
    fixed_saes: bool,
) -> list[ComparisonCell]:
    between = [_seed_variance([metrics[i] for i in group]) for group in seeds]
    cells = []
    for place, (row, metric) in enumerate(zip(rows, metrics, strict=True)):
        if metric is None:
            reason, is_failure = _why_missing(row, column)
            cells.append(ComparisonCell(reason=reason, is_failure=is_failure))
            continue
        variance = between[place]
        cell = ComparisonCell(metric, _interval(metric, variance), 0 if variance is None else len(seeds[place]))
        other = None if reference is None or reference == place else metrics[reference]
        if other is not None and reference is not None:
            # Two seeds of one configuration are told apart by their own errors alone: their spread is what is asked about.
            is_own = reference in seeds[place]
            extra = NO_VARIANCE if is_own else (variance or NO_VARIANCE) + (between[reference] or NO_VARIANCE)
            is_seed_known = not is_own and variance is not None and between[reference] is not None
            ours, theirs = (rows[i].reports[column.plugin].replicates(column.metric) for i in (place, reference))
            found = difference(metric, other, ours, theirs, extra)
            if found and found.pvalue is not None and not (fixed_saes or is_seed_known):
                found = replace(found, pvalue=None, note=OF_ONE_CONFIGURATION if is_own else ONE_SEED)
            cell = replace(cell, difference=found)
        cells.append(cell)
    return cells


def _metric(row: SaeReports, column: Column) -> Metric | None:
    report = row.reports.get(column.plugin)
    return next((metric for metric in report.measured if metric.name == column.metric), None) if report else None


def _why_missing(row: SaeReports, column: Column) -> tuple[str, bool]:
    for plugin in (column.plugin, None):
        if plugin in row.failures:
            return row.failures[plugin], True
    if column.plugin in row.reports:
        return f"its report has no metric {column.metric}", False
    return f"no report of {column.plugin}", False


def _seed_variance(metrics: Sequence[Metric | None]) -> Variance | None:
    """Variance between the seeds of a configuration; None where there is one seed or a standard error is missing."""
    variances = [sampling_variance(metric) if metric else None for metric in metrics]
    if len(metrics) < 2 or any(variance is None for variance in variances):
        return None
    estimates = [metric.value for metric in metrics if metric and metric.value is not None]
    return between_seeds(estimates, [variance.standard_error for variance in variances if variance])


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
    adjusted = stats.false_discovery_control(np.array([pvalue(table[i][j]) for i, j in places], dtype=np.float64))
    for (i, j), p in zip(places, adjusted.tolist(), strict=True):
        table[i][j] = put(table[i][j], p)
    return table
