"""What one section of the audit shows: a table of numbers, and figures over data frames."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from saegeo_core import FeatureCloud, Figure, Metric, Report, run
from saegeo_core.rendering.numbers import pvalue
from saegeo_core.report.report import table_from_frame

Row = Mapping[str, Any]
PVALUE = "p"
"""The format of p-values: as reports write them."""
MARKED = "<!-- measured: {name} -->\n"
TABLE = re.compile(r"<!-- measured: (?P<name>[a-z0-9-]+) -->\n(?:\|.*\n)*")


@dataclass(frozen=True)
class Section:
    """Numbers of one section.

    Attributes:
        rows: the table of the page; the keys are its headings, in every row the same.
        formats: heading to format specification; texts need none.
        figures: each with the data it draws.
    """

    rows: Sequence[Row]
    formats: Mapping[str, str]
    figures: Sequence[tuple[Figure, pd.DataFrame]] = ()

    def as_json(self) -> dict[str, Any]:
        """The table, and the data behind every figure, in full precision."""
        return {
            "rows": [dict(row) for row in self.rows],
            "formats": dict(self.formats),
            "figures": {figure.name: table_from_frame(frame).columns for figure, frame in self.figures},
        }


def measured(analysis: str, cloud: FeatureCloud | str, **options: Any) -> Report:
    """A report made on the CPU, whatever cards there are; `options` are those of `saegeo_core.run`."""
    return run(analysis, cloud, device="cpu", **options)


def estimate(report: Report, name: str) -> float:
    """The value of a metric that must be there."""
    value = report.metric(name).value
    if value is None:
        raise ValueError(f"{report.analysis.name}.{name} is absent: {report.metric(name).estimate}")
    return value


def null(metric: Metric, words: str) -> Any:
    """The null whose description holds these words."""
    (found,) = [one for one in metric.nulls if words in one.model]
    return found


def written(value: Any, specification: str) -> str:
    """One cell: texts as they are, a missing value as a dash, no sign before zero, and a minus sign that is one."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if specification == PVALUE:
        return pvalue(value)
    text = format(value, specification)
    mantissa, *exponent = text.split("e")
    if exponent:
        return f"{mantissa}e{int(exponent[0])}"
    return text.lstrip("+-") if not text.strip("+-0.,") else text.replace("-", "−")


def markdown_table(rows: Sequence[Row], formats: Mapping[str, str]) -> str:
    """The rows as a table of Markdown; columns with a format are set to the right."""
    headings = list(rows[0])
    lines = [headings, ["---:" if heading in formats else "---" for heading in headings]]
    lines += [[written(row[heading], formats.get(heading, "")) for heading in headings] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def with_tables(page: str, sections: Mapping[str, Mapping[str, Any]]) -> str:
    """The page with the marked tables of these sections written anew from their numbers."""

    def table(found: re.Match[str]) -> str:
        if found["name"] not in sections:
            return found[0]
        section = sections[found["name"]]
        return MARKED.format(name=found["name"]) + markdown_table(section["rows"], section["formats"])

    return TABLE.sub(table, page)
