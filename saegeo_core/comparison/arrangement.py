"""How the table is arranged: which metrics are its columns, the order of its rows, and the headings these stand under."""

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from saegeo_core.cloud.sae_names import layer_of
from saegeo_core.comparison.table import Column, Row
from saegeo_core.errors import SaegeoError, near_matches

if TYPE_CHECKING:
    from saegeo_core.report.report import ReportHead

GroupBy = Literal["layer", "width", "release"]
FACTS = ("name", "l0", "layer", "width", "release")


def chosen_columns(reports: "Iterable[ReportHead]", wanted: Sequence[str] = ()) -> list[Column]:
    """The headline of every analysis, in the order in which the analyses first come; or the metrics named, in that order.

    Args:
        reports: where the metrics are.
        wanted: `plugin.metric` each, wildcards allowed; empty for the headlines.

    Raises:
        SaegeoError: a name that no report has.
    """
    known: dict[str, Column] = {}
    headlines: dict[str, Column] = {}
    for report in reports:
        plugin = report.analysis.name
        for metric in report.measured:
            column = Column(plugin, metric.name, metric.unit, metric.better, metric.description)
            known.setdefault(column.id, column)
            if metric.name == report.analysis.headline:
                headlines.setdefault(column.id, column)
    if not wanted:
        return list(headlines.values())
    return list(dict.fromkeys(column for name in wanted for column in _matching(name, known)))


def sorted_rows(rows: Sequence[Row], columns: Sequence[Column], key: str | None) -> list[Row]:
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


def grouped_rows(rows: Sequence[Row], by: GroupBy | None) -> list[Row]:
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


def _matching(name: str, known: dict[str, Column]) -> list[Column]:
    found = [column for id_, column in known.items() if fnmatch.fnmatchcase(id_, name)]
    if not found:
        owners = [id_ for id_ in known if id_.endswith(f".{name}")]
        suggestion = (
            near_matches(name, list(known)) if not owners else f"did you mean {' or '.join(map(repr, owners))}?"
        )
        raise SaegeoError(f"no report has the metric {name!r} ({suggestion})", "type --metric PLUGIN.METRIC")
    return found


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
