"""One report on one screen: what `saegeo run` prints."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from saegeo_core.rendering.report_header import header, headline_meaning, parameters_named, warning_lines
from saegeo_core.rendering.terminal.figure_sketch import heatmap_sketch
from saegeo_core.rendering.terminal.metric_table import metric_table
from saegeo_core.report.report import Report


def report_summary(report: Report, width: int, meanings: Mapping[str, str] | None = None) -> RenderableType:
    """The report for a terminal `width` columns wide: what was measured, the numbers beside their nulls, the warnings.

    `meanings` of parameters explain those that the headline's description or an input names. Heat maps small enough to be read
    as numbers stand below the metrics.
    """
    warnings = warning_lines(report)
    grids = [
        sketch for figure in report.figures if (sketch := heatmap_sketch(figure, report.tables[figure.table], width))
    ]
    return Group(
        *header(report),
        headline_meaning(report),
        Text(),
        metric_table(report, width),
        *parameters_named(report, meanings or {}),
        *(line for grid in grids for line in (Text(), *grid)),
        *([Text(), *warnings] if warnings else []),
    )
