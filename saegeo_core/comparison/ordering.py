"""The order of rows, and the headings they stand under."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from saegeo_core.comparison.sae_names import layer_of
from saegeo_core.comparison.table import Column, Row
from saegeo_core.errors import SaegeoError, near_matches

GroupBy = Literal["layer", "width", "release"]
FACTS = ("name", "l0", "layer", "width", "release")


def ordered(rows: Sequence[Row], columns: Sequence[Column], key: str | None) -> list[Row]:
    """Rows by a fact or a column, "-" in front for descending; what is unknown comes last; as they came without a key.

    Raises:
        SaegeoError: neither a fact nor a column.
    """
    if not key:
        return list(rows)
    name = key.removeprefix("-")
    if name in FACTS:
        values = [_fact(row, name) for row in rows]
    else:
        ids = [column.id for column in columns]
        if name not in ids:
            raise SaegeoError(
                f"rows cannot be sorted by {name!r} ({near_matches(name, [*FACTS, *ids])})",
                f"type --sort {', '.join(FACTS)} or a metric of the table",
            )
        values = [row.cells[ids.index(name)].value for row in rows]
    known = [(value, row) for value, row in zip(values, rows, strict=True) if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=key.startswith("-"))
    return [*(row for _, row in known), *(row for value, row in zip(values, rows, strict=True) if value is None)]


def grouped(rows: Sequence[Row], by: GroupBy | None) -> list[Row]:
    """The rows with their headings, those of one heading together; layers and widths ascending, releases as they come."""
    if by is None:
        return list(rows)
    facts = [_fact(row, by) for row in rows]
    known = list(dict.fromkeys(fact for fact in facts if fact is not None))
    if by != "release":
        known.sort()
    together = [
        (fact, row) for wanted in (*known, None) for fact, row in zip(facts, rows, strict=True) if fact == wanted
    ]
    return [replace(row, group=_heading(by, fact)) for fact, row in together]


def _heading(by: str, fact: str | float | None) -> str:
    if fact is None:
        return f"{by} unknown"
    return str(fact) if by == "release" else f"{by} {fact:,}"


def _fact(row: Row, name: str) -> str | float | None:
    if name == "name":
        return row.name
    if row.sae is None:
        return None
    values = {"l0": row.sae.l0, "layer": layer_of(row.sae), "width": row.sae.d_sae, "release": row.sae.release}
    return values[name]
