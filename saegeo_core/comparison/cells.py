"""The cells of the table: metrics with their intervals, differences to the reference, and p-values corrected over the table."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from saegeo_core.comparison.differences import difference, spread_of
from saegeo_core.comparison.joining import Joined
from saegeo_core.comparison.seeds import NONE, Variance, between_seeds, seed_groups
from saegeo_core.comparison.table import Cell, Column
from saegeo_core.report.metric import Absent, Interval, Metric

Table = list[list[Cell]]


def fill(rows: Sequence[Joined], columns: Sequence[Column], reference: int | None = None) -> Table:
    """The cell of every row in every column.

    Args:
        rows, columns: what is compared.
        reference: place of the row that differences are taken to.
    """
    seeds = seed_groups([row.sae for row in rows])
    metrics = [[_metric(row, column) for row in rows] for column in columns]
    by_column = [_column(rows, column, own, seeds, reference) for column, own in zip(columns, metrics, strict=True)]
    table = [list(cells) for cells in zip(*by_column, strict=True)] if columns else [[] for _ in rows]
    table = _corrected(table, _null_pvalue, lambda cell, p: replace(cell, adjusted_pvalue=p))
    return _corrected(table, _difference_pvalue, _with_difference_pvalue)


def _column(
    rows: Sequence[Joined],
    column: Column,
    metrics: Sequence[Metric | None],
    seeds: Sequence[tuple[int, ...]],
    reference: int | None,
) -> list[Cell]:
    between = [_seed_variance([metrics[i] for i in group]) for group in seeds]
    cells = []
    for place, (row, metric) in enumerate(zip(rows, metrics, strict=True)):
        if metric is None:
            reason, is_failure = _why_missing(row, column)
            cells.append(Cell(reason=reason, is_failure=is_failure))
            continue
        variance = between[place]
        cell = Cell(metric, _interval(metric, variance), 0 if variance is None else len(seeds[place]))
        other = None if reference is None or reference == place else metrics[reference]
        if other is not None and reference is not None:
            # Two seeds of one configuration are told apart by their own errors alone: their spread is what is asked about.
            is_own = reference in seeds[place]
            extra = NONE if is_own else (variance or NONE) + (between[reference] or NONE)
            ours, theirs = (rows[i].reports[column.plugin].replicates(column.metric) for i in (place, reference))
            cell = replace(cell, difference=difference(metric, other, ours, theirs, extra))
        cells.append(cell)
    return cells


def _metric(row: Joined, column: Column) -> Metric | None:
    report = row.reports.get(column.plugin)
    return next((metric for metric in report.measured if metric.name == column.metric), None) if report else None


def _why_missing(row: Joined, column: Column) -> tuple[str, bool]:
    for plugin in (column.plugin, None):
        if plugin in row.failures:
            return row.failures[plugin], True
    if column.plugin in row.reports:
        return f"its report has no metric {column.metric}", False
    return f"no report of {column.plugin}", False


def _seed_variance(metrics: Sequence[Metric | None]) -> Variance | None:
    """Variance between the seeds of a configuration; None where there is one seed or a standard error is missing."""
    spreads = [spread_of(metric) if metric else None for metric in metrics]
    if len(metrics) < 2 or any(spread is None for spread in spreads):
        return None
    estimates = [metric.value for metric in metrics if metric and metric.value is not None]
    return between_seeds(estimates, [spread.standard_error for spread in spreads if spread])


def _interval(metric: Metric, seeds: Variance | None) -> Interval | None:
    """The metric's own, or one that contains the variance between seeds where there is some."""
    if metric.value is None or isinstance(metric.interval, Absent):
        return None
    spread = spread_of(metric)
    if seeds is None or seeds.value == 0 or spread is None:
        return metric.interval
    return (spread + seeds).interval(metric.value, f"{metric.interval.method}, and the spread of seeds")


def _null_pvalue(cell: Cell) -> float | None:
    nulls = cell.metric.nulls if cell.metric else None
    return nulls[0].pvalue if isinstance(nulls, tuple) else None


def _difference_pvalue(cell: Cell) -> float | None:
    return cell.difference.pvalue if cell.difference else None


def _with_difference_pvalue(cell: Cell, adjusted: float) -> Cell:
    return replace(cell, difference=replace(cell.difference, adjusted_pvalue=adjusted)) if cell.difference else cell


def _corrected(table: Table, pvalue: Callable[[Cell], float | None], put: Callable[[Cell, float], Cell]) -> Table:
    """The table with the p-values of its cells corrected together, by Benjamini and Hochberg."""
    places = [(i, j) for i, row in enumerate(table) for j, cell in enumerate(row) if pvalue(cell) is not None]
    if not places:
        return table
    adjusted = stats.false_discovery_control(np.array([pvalue(table[i][j]) for i, j in places], dtype=np.float64))
    for (i, j), p in zip(places, adjusted.tolist(), strict=True):
        table[i][j] = put(table[i][j], p)
    return table
