"""A comparison as comma-separated values: the texts of the table, then the numbers behind them in full precision."""

import csv
import io
import re

from saegeo_core.comparison.comparison import Comparison
from saegeo_core.rendering.text_table import TextTable
from saegeo_core.visible_text import visible

#: A number with its interval and signs of notes: no letter but that of an exponent, so that no formula can call anything.
NUMBER = re.compile(r"-[\d.][\d.,e()\[\] ±†‡-]*")
#: Where a formula may begin, wide forms included; some spreadsheets end a field at a semicolon, whatever the file's own separator.
FORMULA = re.compile(r"(^|;)(?=[=+@\-\uff1d\uff0b\uff20\uff0d])")
NUMBERS = ("estimate", "low", "high", "pvalue", "difference", "difference_pvalue")
RANKS = ("rank", "rank_low", "rank_high")


def comma_separated(table: TextTable, comparison: Comparison) -> str:
    """One line for each SAE; RFC 4180 but for the line ends, which are plain newlines. No value is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    ids = [column.id for column in comparison.columns]
    names = [*NUMBERS, *RANKS] if comparison.rankings else NUMBERS
    has_groups = any(table.groups)
    headings = [*["group"] * has_groups, *table.headings, *(f"{id_}.{number}" for id_ in ids for number in names)]
    writer.writerow(map(harmless, headings))
    for row, group, texts in zip(comparison.rows, table.groups, table.rows, strict=True):
        numbers = [of_cell[number] for of_cell in comparison.numbers(row) for number in names]
        writer.writerow([*map(harmless, [group] * has_groups), *map(harmless, texts), *numbers])
    return out.getvalue()


def harmless(text: str) -> str:
    """A spreadsheet runs a field that begins like a formula; a blank before it makes it text. Numbers stay as they are."""
    shown = visible(text)
    return shown if NUMBER.fullmatch(shown) else FORMULA.sub(r"\1 ", shown)
