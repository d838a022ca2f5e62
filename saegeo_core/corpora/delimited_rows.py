"""Rows of a CSV or TSV file. Every field is a text as it stands there; an empty one is unknown."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from saegeo_core.corpora.compressed_lines import read_lines
from saegeo_core.corpora.document_rows import BrokenRow
from saegeo_core.errors import SaegeoError
from saegeo_core.size_limit import MOST_TEXT, limit


def delimited_rows(path: Path, delimiter: str) -> Iterator[dict[str, Any] | BrokenRow]:
    """Every row by the names in the first line; a row of another number of fields is broken.

    Raises:
        SaegeoError: no such names, or one of them twice; a line longer than the limit.
        ValueError: not UTF-8, or quotes that do not end.
    """
    csv.field_size_limit(limit(MOST_TEXT))  # of the module: there is no other
    rows = (row for row in csv.reader(_texts(path), delimiter=delimiter, strict=True) if row)
    try:
        columns = next(rows, [])
        name, times = Counter(columns).most_common(1)[0] if columns else ("", 0)
        if times > 1:
            raise SaegeoError(f"{path} has {times} columns called {name!r}", "leave one of them")
        for row in rows:
            if len(row) == len(columns):
                yield {name: field or None for name, field in zip(columns, row, strict=True)}
            else:
                yield BrokenRow(f"it has {len(row)} fields, and the first line {len(columns)}")
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _texts(path: Path) -> Iterator[str]:
    """The lines with their ends, which a field in quotes may have in it."""
    for number, line in enumerate(read_lines(path), start=1):
        yield line.decode("utf-8-sig" if number == 1 else "utf-8") + "\n"
