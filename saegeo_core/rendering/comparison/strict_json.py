"""A comparison as strict JSON: the texts of the table, and everything behind them in full precision."""

from dataclasses import asdict
from typing import Any

from saegeo_core.comparison.comparison import Comparison
from saegeo_core.comparison.table import ComparisonCell
from saegeo_core.json_text import json_text
from saegeo_core.rendering.text_table import TextTable

VERSION = 1


def comparison_json(comparison: Comparison, table: TextTable) -> str:
    """The comparison as text without NaN or infinity; null where there is no value."""
    return json_text(_content(comparison, table))


def _content(comparison: Comparison, table: TextTable) -> dict[str, Any]:
    profile = comparison.profile
    return {
        "comparison_version": VERSION,
        "reference": comparison.reference,
        "table": {"headings": table.headings, "rows": table.rows},
        "warnings": table.warnings,
        "notes": table.notes,
        "columns": [{"id": column.id, **asdict(column)} for column in comparison.columns],
        "rows": [
            {
                "name": row.name,
                "group": row.group,
                "sae": row.sae.model_dump(mode="json") if row.sae else None,
                "cells": {column.id: _cell(cell) for column, cell in zip(comparison.columns, row.cells, strict=True)},
            }
            for row in comparison.rows
        ],
        "confounds": [asdict(confound) for confound in comparison.confounds],
        "runs": [asdict(run) for run in comparison.runs],
        "incomparable": [asdict(found) for found in comparison.overridden],
        "adjustments": [{**asdict(one), "form": one.form} for one in comparison.adjustments],
        "rankings": [asdict(one) for one in comparison.rankings],
        "profile": profile
        and {
            "tables": {name: one.model_dump(mode="json") for name, one in profile.tables.items()},
            "figures": [figure.model_dump(mode="json") for figure in profile.figures],
        },
    }


def _cell(cell: ComparisonCell) -> dict[str, Any]:
    difference = cell.difference
    return {
        "metric": cell.metric and cell.metric.model_dump(mode="json"),
        "interval": cell.interval and cell.interval.model_dump(mode="json"),
        "n_seeds": cell.n_seeds,
        "adjusted_pvalue": cell.adjusted_pvalue,
        "difference": difference
        and {**vars(difference), "interval": difference.interval and difference.interval.model_dump(mode="json")},
        "reason": cell.reason,
        "is_failure": cell.is_failure,
    }
