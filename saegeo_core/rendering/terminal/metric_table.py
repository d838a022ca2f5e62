"""The metrics of one report as a table: the headline first, every number beside its null, what is absent with its reason."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from saegeo_core.rendering import metric_words
from saegeo_core.rendering.numbers import count
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.fitted_table import fitted_table
from saegeo_core.rendering.terminal.rich_table import GAP
from saegeo_core.report.metric import Absent, Interval, Metric
from saegeo_core.report.report import Report
from saegeo_core.running.subset_null import among_random_features

HEADINGS = ("metric", "estimate", "null", "p", "vs null")
SIDES = ("higher", "lower")
AMONG_HEADINGS = ("metric", "null", "p", "vs null")


def metric_table(report: Report, width: int) -> RenderableType:
    """Every metric of the report for a terminal `width` columns wide, then notes on what the table cannot hold."""
    headline = report.analysis.headline
    ordered = sorted(report.measured, key=lambda metric: metric.name != headline)
    present = [metric for metric in ordered if metric.value is not None]
    rows = [metric_cells(metric, in_full=True) for metric in present]
    if (
        sum(max(map(cell_len, column)) for column in zip(HEADINGS, *rows, strict=True)) + GAP * (len(HEADINGS) - 1)
        > width
    ):
        rows = [metric_cells(metric) for metric in present]
    notes = metric_notes(ordered)
    return Group(
        *([_table(HEADINGS, rows, width, headline)] if rows else []),
        *([Text(), *notes] if notes else []),
        *_among_random(ordered, width, headline),
    )


def metric_cells(metric: Metric, *, in_full: bool = False) -> tuple[str, ...]:
    """One text for each of `HEADINGS`; in full, ratios to the null have their limits."""
    return (
        metric.name,
        metric_words.estimate(metric),
        metric_words.null_mean(metric),
        metric_words.null_pvalue(metric),
        metric_words.against_null(metric, in_full=in_full),
    )


def _among_random(metrics: Sequence[Metric], width: int, headline: str) -> list[RenderableType]:
    """Chosen features beside random ones; nothing where all features were measured."""
    rows = [
        (
            metric.name,
            metric_words.mean_of(null),
            metric_words.pvalue_of(null),
            metric_words.value_against_null(metric.value, null, metric.unit),
        )
        for metric in metrics
        if metric.value is not None and (null := among_random_features(metric)) is not None
    ]
    models = {null.model: null.draws for metric in metrics if (null := among_random_features(metric)) is not None}
    told = [
        plain(f"null model: {model}, as many, drawn {count(draws or 0)} times", "dim")
        for model, draws in models.items()
    ]
    title = Text("Beside random features", "bold")
    return [Text(), title, _table(AMONG_HEADINGS, rows, width, headline), Text(), *told] if rows else []


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int, headline: str) -> RenderableType:
    cells = [[plain(text, "bold" if row[0] == headline else "") for text in row] for row in rows]
    return fitted_table([(heading,) for heading in headings], cells, width, left=frozenset({len(headings) - 1}))


def metric_notes(metrics: list[Metric]) -> list[Text]:
    """One dimmed line for each null model, and for each reason why something is absent with the metrics it holds for."""
    present = [metric for metric in metrics if metric.value is not None]
    models = _grouped("null model of", present, _null_model)
    if len(models) == 1:
        models = [f"null model: {_null_model(metric)}" for metric in present if _null_model(metric)][:1]
    notes = [
        *_legend(present),
        *models,
        *_grouped("no null for", present, lambda metric: _reason(metric.nulls)),
        *_grouped("no interval for", present, lambda metric: _reason(metric.interval)),
        *_grouped("no estimate for", metrics, lambda metric: _reason(metric.estimate)),
        *_better(present),
    ]
    return [plain(note, "dim") for note in notes]


def _legend(metrics: Sequence[Metric]) -> list[str]:
    """What the columns hold."""
    levels = [metric.interval.level for metric in metrics if isinstance(metric.interval, Interval)]
    intervals = [metric_words.interval_legend(levels)] if levels else []
    is_judged = any(metric_words.judging_null(metric) for metric in metrics)
    nulls = ["null: mean under the null model; p: how often it goes as far"] if is_judged else []
    return ["; ".join([*intervals, *nulls])] if intervals or nulls else []


def _better(metrics: Sequence[Metric]) -> list[str]:
    """Which way is better, of metrics that no null judges."""
    sides = {side: [one.name for one in metrics if one.better == side and _null_model(one) is None] for side in SIDES}
    return [f"{side} is better: {', '.join(names)}" for side, names in sides.items() if names]


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
