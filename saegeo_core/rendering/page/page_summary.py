"""Several reports at a glance: the table of their headlines, heat maps of these, and what they show over layers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from saegeo_core.cloud.sae_names import layer_of
from saegeo_core.comparison import Comparison, compare
from saegeo_core.comparison.profile import LayerProfile
from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.comparison.texts import comparison_texts, profile_texts
from saegeo_core.rendering.page.heat_maps import HeatMap, heat_maps
from saegeo_core.rendering.page.page_report import PagePart, PageReport, page_part
from saegeo_core.rendering.page.summary_table import Headline, SummaryRow, headlines_of, summary_rows
from saegeo_core.rendering.text_table import TextTable

SUMMARY, CURVES = "summary", "curves"
"""Ids of its two parts."""


@dataclass(frozen=True)
class PageSummary:
    """What a page of several reports opens on.

    Attributes:
        headlines, rows: the table.
        warnings, notes: of the comparison of these reports.
        reason: why they cannot be compared, or nothing.
        maps: headlines over layer and L0.
        confounds: facts in which the SAEs differ, as the guard of comparisons found them.
        trends: headlines over layers.
        curves: those of all SAEs, laid over one another.
        published: metrics over layers where published values stand beside them.
    """

    headlines: list[Headline]
    rows: list[SummaryRow]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""
    maps: list[HeatMap] = field(default_factory=list)
    confounds: tuple[str, ...] = ()
    trends: PagePart = field(default_factory=lambda: PagePart(SUMMARY))
    curves: PagePart = field(default_factory=lambda: PagePart(CURVES))
    published: list[TextTable] = field(default_factory=list)


def page_summary(reports: Sequence[PageReport]) -> PageSummary:
    """The summary of at least two reports. Incomparable ones stand side by side with a warning: a page shows all it was given."""
    has_layers = len({layer_of(one.report.sae) for one in reports} - {None}) > 1
    headlines = headlines_of(reports)
    try:
        comparison = compare([one.report for one in reports], allow_incomparable=True, profile=has_layers)
    except SaegeoError as error:
        rows = summary_rows(reports, {})
        return PageSummary(headlines, rows, reason=error.message, maps=heat_maps(headlines, rows))
    table = comparison_texts(comparison)
    written = {
        (row.name, column.id): text
        for row, texts in zip(comparison.rows, table.rows, strict=True)
        for column, text in zip(comparison.columns, texts[-len(comparison.columns) :], strict=True)
    }
    rows = summary_rows(reports, written)
    trends, curves = _profile_parts(comparison)
    return PageSummary(
        headlines,
        rows,
        warnings=table.warnings,
        notes=table.notes,
        maps=heat_maps(headlines, rows),
        confounds=tuple(dict.fromkeys(one.fact for one in comparison.confounds)),
        trends=trends,
        curves=curves,
        published=[table for table in profile_texts(comparison) if table.notes],
    )


def _profile_parts(comparison: Comparison) -> tuple[PagePart, PagePart]:
    """What is drawn over layers, and the curves, which are many numbers and are looked at less often."""
    profile = comparison.profile or LayerProfile()
    parts = []
    for id, is_trend in ((SUMMARY, True), (CURVES, False)):
        figures = [figure for figure in profile.figures if (figure.x == "layer") == is_trend]
        tables = {figure.table: profile.tables[figure.table] for figure in figures}
        parts.append(page_part(id, figures, tables))
    return parts[0], parts[1]
