"""A comparison as comma-separated values: the texts of the table, then the numbers behind them in full precision."""

import csv
import io

from saegeo_core.comparison.comparison import Comparison
from saegeo_core.rendering.text_table import TextTable

NUMBERS = ("estimate", "low", "high", "pvalue", "difference", "difference_pvalue")
RANKS = ("rank", "rank_low", "rank_high")


def comma_separated(table: TextTable, comparison: Comparison) -> str:
    """One line for each SAE; RFC 4180 but for the line ends, which are plain newlines. No value is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    ids = [column.id for column in comparison.columns]
    names = [*NUMBERS, *RANKS] if comparison.rankings else NUMBERS
    has_groups = any(table.groups)
    writer.writerow([*["group"] * has_groups, *table.headings, *(f"{id_}.{number}" for id_ in ids for number in names)])
    for row, group, texts in zip(comparison.rows, table.groups, table.rows, strict=True):
        numbers = [of_cell[number] for of_cell in comparison.numbers(row) for number in names]
        writer.writerow([*[group] * has_groups, *map(_harmless, texts), *numbers])
    return out.getvalue()


def _harmless(text: str) -> str:
    """A spreadsheet runs a field that begins like a formula; a blank before it makes it text. Numbers stay as they are."""
    return f" {text}" if text[:1] in ("=", "@", "+") else text
