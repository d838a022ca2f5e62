"""One report as the page shows it: its figures and tables with the places where the page's script finds their data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from saegeo_core.rendering.figures.columns import column
from saegeo_core.rendering.figures.plotly_drawing import plotly_drawing
from saegeo_core.rendering.page.array_pool import ArrayPool
from saegeo_core.rendering.page.legends import with_short_legend
from saegeo_core.rendering.page.packed_part import part_bytes
from saegeo_core.rendering.report_names import ReportName
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Report, Table
from saegeo_core.visible_text import visible

MAX_WHOLE_TABLE = 1000
"""Rows up to which a table is on the page in full."""
FIRST_ROWS = 100
"""What is there of a longer one; the report holds all."""


@dataclass(frozen=True)
class PageFigure:
    """A figure, and how high it is drawn in pixels."""

    id: str
    figure: Figure
    height: int
    drawing: dict[str, Any]
    table_id: str


@dataclass(frozen=True)
class PageTable:
    """A table, and how many of its rows the page holds."""

    id: str
    name: str
    n_rows: int
    n_shown: int
    columns: dict[str, Any]


@dataclass(frozen=True)
class PagePart:
    """Figures and the tables that they draw, with the arrays of both. `id` begins the ids of them all."""

    id: str
    figures: list[PageFigure] = field(default_factory=list)
    tables: list[PageTable] = field(default_factory=list)
    pool: ArrayPool = field(default_factory=ArrayPool)

    def written(self, html: str = "") -> bytes:
        """What the page's script draws from, and the HTML it puts in place first, if that is not on the page already."""
        content = {
            "html": html,
            "figures": {one.id: one.drawing for one in self.figures},
            "tables": {one.id: one.columns for one in self.tables},
        }
        return part_bytes(content, self.pool)


@dataclass(frozen=True)
class PageReport:
    """A report with its name and what is drawn of it."""

    name: ReportName
    report: Report
    part: PagePart

    @property
    def id(self) -> str:
        """The link to it on the page, without the `#`."""
        return self.part.id


def page_report(report: Report, name: ReportName, id: str) -> PageReport:
    """The report that the page links to by `id`."""
    return PageReport(name, report, page_part(id, report.figures, report.tables))


def page_part(id: str, figures: Iterable[Figure], tables: Mapping[str, Table]) -> PagePart:
    """Figures and tables as the page holds them."""
    pool = ArrayPool()
    on_page = [_table(f"{id}/table-{i}", name, table, pool) for i, (name, table) in enumerate(tables.items(), 1)]
    place = {table.name: table.id for table in on_page}
    drawn = [
        _figure(f"{id}/figure-{i}", figure, tables[figure.table], place[figure.table], pool)
        for i, figure in enumerate(figures, 1)
    ]
    return PagePart(id, drawn, on_page, pool)


def _figure(id: str, figure: Figure, table: Table, table_id: str, pool: ArrayPool) -> PageFigure:
    drawing = with_short_legend(plotly_drawing(figure, table))
    return PageFigure(id, figure, drawing["layout"]["height"], pool.with_references(drawing), table_id)


def _table(id: str, name: str, table: Table, pool: ArrayPool) -> PageTable:
    n_rows = max(map(len, table.columns.values()), default=0)
    n_shown = n_rows if n_rows <= MAX_WHOLE_TABLE else FIRST_ROWS
    columns = {visible(heading): pool.reference(column(values[:n_shown])) for heading, values in table.columns.items()}
    return PageTable(id, name, n_rows, n_shown, columns)
