"""Several reports at a glance: the table that compares them, and what they show over layers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from saegeo_core.cloud.sae_names import layer_of
from saegeo_core.comparison import compare
from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.comparison.texts import comparison_texts, profile_texts
from saegeo_core.rendering.page.array_pool import ArrayPool
from saegeo_core.rendering.page.page_report import PageFigure, PageTable, drawn
from saegeo_core.rendering.text_table import TextTable
from saegeo_core.report.report import Report


@dataclass(frozen=True)
class PageSummary:
    """What stands before the reports.

    Attributes:
        texts: the comparison, and the metrics over layers where published values stand beside them.
        reason: why there is no comparison, or nothing.
        figures, tables: the layers' profiles.
    """

    texts: list[TextTable] = field(default_factory=list)
    reason: str = ""
    figures: list[PageFigure] = field(default_factory=list)
    tables: list[PageTable] = field(default_factory=list)


def page_summary(reports: Sequence[Report], pool: ArrayPool) -> PageSummary:
    """The summary of at least two reports. Incomparable ones stand side by side with a warning: a page shows all it was given."""
    has_layers = len({layer_of(report.sae) for report in reports} - {None}) > 1
    try:
        comparison = compare(reports, allow_incomparable=True, profile=has_layers)
    except SaegeoError as error:
        return PageSummary(reason=error.message)
    profile = comparison.profile
    figures, tables = ([], []) if profile is None else drawn("summary", profile.figures, profile.tables, pool)
    beside_published = [table for table in profile_texts(comparison) if table.notes]
    return PageSummary([comparison_texts(comparison), *beside_published], "", figures, tables)
