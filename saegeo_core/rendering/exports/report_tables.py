"""Every metric and every table of reports, as Parquet or comma-separated values."""

import io
from collections.abc import Iterator, Sequence
from typing import Literal

from saegeo_core.file_names import file_name, told_apart
from saegeo_core.rendering.feature_files import comma_separated_rows
from saegeo_core.rendering.report_names import report_names
from saegeo_core.report.report import Report, Table
from saegeo_core.report.reports import Reports

METRICS = "metrics"
Kind = Literal["parquet", "csv"]


def table_files(reports: Sequence[Report], kind: Kind) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file: `metrics`, as `Reports.frame` has it, and one a table, named by analysis, SAE and table."""
    frame = Reports(reports).frame
    columns = frame.astype(object).where(frame.notna(), None).to_dict("list")
    tables = [(METRICS, Table(columns={str(name): values for name, values in columns.items()}))]
    for report, of in zip(reports, report_names(reports), strict=True):
        for table, content in report.tables.items():
            tables.append(("-".join(filter(None, [of.analysis, of.sae, of.apart, table])), content))
    names = told_apart(file_name(name) for name, _ in tables)
    for name, (_, content) in zip(names, tables, strict=True):
        yield f"{name}.{kind}", _parquet(content) if kind == "parquet" else _csv(content)


def _parquet(table: Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(
        pa.table({name: _of_one_type(values) for name, values in table.columns.items()}), out, compression="zstd"
    )
    return out.getvalue()


def _of_one_type(values: Sequence[object]) -> list[object]:
    """Numbers of a column with any fraction are all floating; a column of unlike things is text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return [None if value is None else float(value) for value in values]  # type: ignore[arg-type]
    return list(values) if len(kinds) <= 1 else [None if value is None else str(value) for value in values]


def _csv(table: Table) -> bytes:
    names = list(table.columns)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*table.columns.values(), strict=True)]
    return comma_separated_rows(names, rows).encode()
