"""A comparison as a Parquet file: a line for each SAE and metric; what may not be read off them is in its metadata."""

import io

from saegeo_core.cloud.sae_names import layer_of
from saegeo_core.comparison.comparison import Comparison
from saegeo_core.comparison.table import ComparisonCell, Row
from saegeo_core.json_text import json_text
from saegeo_core.rendering.text_table import TextTable

OF_SAE = ("sae", "group", "release", "sae_id", "model", "layer", "d_sae", "d_in", "l0", "rows")
OF_METRIC = ("metric", "unit", "better", "reason")
WHOLE = ("layer", "d_sae", "d_in", "rank", "rank_low", "rank_high")
TEXT = ("sae", "group", "release", "sae_id", "model", "rows", *OF_METRIC)
METADATA = b"saegeo"
"""Key of the file's metadata: JSON with the reference, warnings and notes."""


def comparison_parquet(comparison: Comparison, table: TextTable) -> bytes:
    """The content of the file. Columns of numbers are int64 or double; null is no value."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    lines = [
        {
            **_sae(row),
            **{"metric": column.id, "unit": column.unit, "better": column.better, "reason": _reason(cell)},
            **numbers,
        }
        for row in comparison.rows
        for column, cell, numbers in zip(comparison.columns, row.cells, comparison.numbers(row), strict=True)
    ]
    names = list(dict.fromkeys([*OF_SAE, *OF_METRIC, *(name for line in lines for name in line)]))
    kinds = [(name, pa.string() if name in TEXT else pa.int64() if name in WHOLE else pa.float64()) for name in names]
    told = {"reference": comparison.reference, "warnings": table.warnings, "notes": table.notes}
    schema = pa.schema(kinds, metadata={METADATA: json_text(told).encode()})
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(lines, schema=schema), out, compression="zstd")
    return out.getvalue()


def _reason(cell: ComparisonCell) -> str | None:
    """Why there is no estimate."""
    return cell.reason or getattr(cell.metric.estimate if cell.metric else None, "absent", None)


def _sae(row: Row) -> dict[str, str | float | None]:
    known: dict[str, str | float | None] = {"sae": row.name, "group": row.group or None}
    if row.sae is None:
        return known
    facts = row.sae.model_dump(include=set(OF_SAE))
    return {**facts, **known, "layer": layer_of(row.sae)}
