"""All of one report: what `saegeo show` prints. Every null and interval, tables, figures, parameters, provenance."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from saegeo_core.rendering import metric_words
from saegeo_core.rendering.numbers import count, equals_pvalue, significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.provenance import provenance, written
from saegeo_core.rendering.report_header import header, warning_lines
from saegeo_core.rendering.terminal.data_table import data_table
from saegeo_core.rendering.terminal.figure_sketch import figure_sketch
from saegeo_core.report.metric import Absent, Interval, Metric, NullComparison
from saegeo_core.report.report import Report

INDENT = 2


def report_in_full(report: Report, width: int) -> RenderableType:
    """The whole report for a terminal `width` columns wide."""
    return Group(*header(report), *_sections(report, width))


def _sections(report: Report, width: int) -> Iterator[RenderableType]:
    inside = width - INDENT
    headline = report.analysis.headline
    ordered = sorted(report.measured, key=lambda metric: metric.name != headline)
    contents: list[tuple[str, list[RenderableType]]] = [
        ("warnings", list(warning_lines(report))),
        ("metrics", [line for metric in ordered for line in [*_metric(metric), Text()]][:-1]),
        ("tables", [part for name, table in report.tables.items() for part in data_table(name, table, inside)]),
        (
            "figures",
            [part for figure in report.figures for part in figure_sketch(figure, report.tables[figure.table], inside)],
        ),
        ("parameters", [_pairs(report.parameters)] if report.parameters else []),
        ("inputs", [_pairs(report.inputs)] if report.inputs else []),
        ("provenance", [_pairs(provenance(report))]),
    ]
    for title, parts in contents:
        if parts:
            yield Text()
            yield Text(title, style="bold cyan")
            yield Padding(Group(*parts), (0, 0, 0, INDENT))


def _metric(metric: Metric) -> list[RenderableType]:
    better = "" if metric.better == "neither" else f"; {metric.better} is better"
    about = [plain(metric.description), plain(f"unit {metric.unit}; n = {count(metric.n)}{better}", "dim")]
    if isinstance(metric.estimate, Absent):
        estimate = plain(f"not computed: {metric.estimate.absent}", "dim")
    else:
        estimate = plain(metric_words.estimate(metric))
        about += [_interval(metric.interval), *_nulls(metric.nulls)]
    name = plain(metric.name, "bold")
    return [Text.assemble(name, " ", estimate), *(Padding(line, (0, 0, 0, INDENT)) for line in about)]


def _interval(interval: Interval | Absent) -> Text:
    if isinstance(interval, Absent):
        return plain(f"no interval: {interval.absent}", "dim")
    resamples = "" if interval.replicates is None else f", {count(interval.replicates)} replicates"
    ends = f"{significant(interval.low)} … {significant(interval.high)}"
    return plain(f"{significant(100 * interval.level, 3)} % interval {ends} ({interval.method}{resamples})")


def _nulls(nulls: tuple[NullComparison, ...] | Absent) -> list[Text]:
    if isinstance(nulls, Absent):
        return [plain(f"no null: {nulls.absent}", "dim")]
    return [plain(f"null: {_null(null)}") for null in nulls]


def _null(null: NullComparison) -> str:
    spread = (
        "" if null.standard_deviation is None else f", standard deviation {significant(null.standard_deviation, 3)}"
    )
    z = "" if null.z is None else f", z = {significant(null.z, 3)}"
    p = (
        ""
        if null.pvalue is None
        else f", {equals_pvalue(null.pvalue, is_floor=metric_words.is_floor(null))} ({null.alternative})"
    )
    limits = metric_words.ratio_limits(null)
    ratio = (
        "" if null.ratio is None else f", {significant(null.ratio, 3)} times the mean{f' {limits}' if limits else ''}"
    )
    draws = "exact" if null.draws is None else f"{count(null.draws)} draw{'s' * (null.draws != 1)}"
    return f"{null.model} ({draws}): mean {significant(null.mean)}{spread}{z}{ratio}{p}"


def _pairs(pairs: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", overflow="fold")
    table.add_column(overflow="fold")
    for key, value in pairs.items():
        table.add_row(plain(key), plain(written(value)))
    return table
