"""One report on one screen: what `saegeo run` prints."""

from rich.console import Group, RenderableType
from rich.text import Text

from saegeo_core.rendering.metric_table import metric_table
from saegeo_core.rendering.report_header import header, headline_meaning, warning_lines
from saegeo_core.report import Report


def report_summary(report: Report, width: int) -> RenderableType:
    """The report for a terminal `width` columns wide: what was measured, the numbers beside their nulls, the warnings."""
    told = warning_lines(report)
    return Group(
        *header(report),
        headline_meaning(report),
        Text(),
        metric_table(report, width),
        *([Text(), *told] if told else []),
    )
