"""The metrics of one report as a table: the headline first, every number beside its null, what is absent with its reason.

Numbers are never cut. A terminal too narrow for the columns gets one short paragraph a metric instead.
"""

from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from saegeo_core.rendering import metric_words
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.rich_table import GAP, rich_table
from saegeo_core.report.metric import Absent, Metric
from saegeo_core.report.report import Report

HEADINGS = ("metric", "estimate", "null", "p", "against null")
NUMBERS = HEADINGS[1:4]
MIN_LAST_COLUMN = 12
"""Characters left for the last column's words before a table is worth drawing."""


def metric_table(report: Report, width: int) -> RenderableType:
    """Every metric of the report for a terminal `width` columns wide, then notes on what the table cannot hold."""
    headline = report.analysis.headline
    ordered = sorted(report.measured, key=lambda metric: metric.name != headline)
    rows = [metric_cells(metric) for metric in ordered if metric.value is not None]
    widths = [max(map(len, column)) + GAP for column in zip(HEADINGS, *rows, strict=True)]
    layout = _table if sum(widths[:4]) + MIN_LAST_COLUMN <= width else _paragraphs
    notes = metric_notes(ordered)
    return Group(*([layout(rows, headline)] if rows else []), *([Text(), *notes] if notes else []))


def metric_cells(metric: Metric) -> tuple[str, ...]:
    """One text for each of `HEADINGS`."""
    return (
        metric.name,
        metric_words.estimate(metric),
        metric_words.null_mean(metric),
        metric_words.null_pvalue(metric),
        metric_words.against_null(metric),
    )


def _table(rows: list[tuple[str, ...]], headline: str) -> RenderableType:
    table = rich_table()
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in NUMBERS else "left", no_wrap=heading != HEADINGS[-1])
    for row in rows:
        table.add_row(*map(plain, row), style="bold" if row[0] == headline else None)
    return table


def _paragraphs(rows: list[tuple[str, ...]], headline: str) -> RenderableType:
    lines: list[RenderableType] = []
    for name, estimate, null, p, against_null in rows:
        comparison = [f"null {null}", f"p {p}"] if null != metric_words.DASH else []
        parts = [estimate, ", ".join([*comparison, *([against_null] if against_null else [])])]
        lines.append(plain(name, "bold" if name == headline else ""))
        lines += [Padding(plain(line), (0, 0, 0, GAP)) for line in parts if line]
    return Group(*lines)


def metric_notes(metrics: list[Metric]) -> list[Text]:
    """One dimmed line for each null model, and for each reason why something is absent with the metrics it holds for."""
    present = [metric for metric in metrics if metric.value is not None]
    models = _grouped("null of", present, _null_model)
    if len(models) == 1:
        models = [f"null: {_null_model(metric)}" for metric in present if _null_model(metric)][:1]
    notes = [
        *models,
        *_grouped("no null for", present, lambda metric: _reason(metric.nulls)),
        *_grouped("no interval for", present, lambda metric: _reason(metric.interval)),
        *_grouped("no estimate for", metrics, lambda metric: _reason(metric.estimate)),
    ]
    return [plain(note, "dim") for note in notes]


def _grouped(what: str, metrics: list[Metric], key: Callable[[Metric], str | None]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for metric in metrics:
        text = key(metric)
        if text is not None:
            groups.setdefault(text, []).append(metric.name)
    everything = {text: names for text, names in groups.items() if len(names) == len(metrics) > 1}
    return [
        f"{what} {'any metric' if text in everything else ', '.join(names)}: {text}" for text, names in groups.items()
    ]


def _reason(value: object) -> str | None:
    return value.absent if isinstance(value, Absent) else None


def _null_model(metric: Metric) -> str | None:
    null = metric_words.judging_null(metric)
    return None if null is None else null.model
