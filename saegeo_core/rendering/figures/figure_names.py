"""A file name for every figure of some reports: its analysis, its SAE, what else tells its report apart, and its own name."""

import re
from collections.abc import Iterator, Sequence

from saegeo_core.rendering.report_names import report_names
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Report, Table

LONGEST_NAME = 150


def named_figures(reports: Sequence[Report]) -> Iterator[tuple[str, Figure, Table]]:
    """Name without suffix, figure and its table. Names differ, and hold letters, digits, dots, dashes and underscores only."""
    taken: dict[str, int] = {}
    for report, of_report in zip(reports, report_names(reports), strict=True):
        for figure in report.figures:
            name = _file_name("-".join(filter(None, [of_report.analysis, of_report.sae, of_report.apart, figure.name])))
            taken[name] = taken.get(name, 0) + 1
            again = f"-{taken[name]}" if taken[name] > 1 else ""
            yield f"{name}{again}", figure, report.tables[figure.table]


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")[-LONGEST_NAME:]
