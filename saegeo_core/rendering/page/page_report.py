"""One report as the page shows it: its figures and tables with the places where the page's script finds their data."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from saegeo_core.findings import Figure
from saegeo_core.rendering.figures.columns import column
from saegeo_core.rendering.figures.plotly_drawing import plotly_drawing
from saegeo_core.rendering.page.array_pool import ArrayPool
from saegeo_core.report import Report, Table

WHOLE_TABLE = 1000  # rows up to which a table is on the page in full
FIRST_ROWS = 100  # what is there of a longer one; the report holds all


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
class PageReport:
    """A report with its figures and tables."""

    id: str
    report: Report
    figures: list[PageFigure]
    tables: list[PageTable]


def page_report(report: Report, number: int, pool: ArrayPool) -> PageReport:
    """The `number`-th report of a page whose arrays are collected in `pool`."""
    id = f"report-{number}"
    tables = [_table(f"{id}-table-{i}", name, table, pool) for i, (name, table) in enumerate(report.tables.items(), 1)]
    place = {table.name: table.id for table in tables}
    figures = []
    for i, figure in enumerate(report.figures, 1):
        drawing = plotly_drawing(figure, report.tables[figure.table])
        height, referring = drawing["layout"]["height"], pool.with_references(drawing)
        figures.append(PageFigure(f"{id}-figure-{i}", figure, height, referring, place[figure.table]))
    return PageReport(id, report, figures, tables)


def _table(id: str, name: str, table: Table, pool: ArrayPool) -> PageTable:
    n_rows = max(map(len, table.columns.values()), default=0)
    n_shown = n_rows if n_rows <= WHOLE_TABLE else FIRST_ROWS
    columns = {
        column_name: pool.reference(column(list(islice(values, n_shown))))
        for column_name, values in table.columns.items()
    }
    return PageTable(id, name, n_rows, n_shown, columns)
