"""A file name for every figure of some reports: its analysis, its SAE and its own name."""

import re
from collections.abc import Iterator, Sequence

from saegeo_core.findings import Figure
from saegeo_core.report import Report, Table

LONGEST_NAME = 150


def named_figures(reports: Sequence[Report]) -> Iterator[tuple[str, Figure, Table]]:
    """Name without suffix, figure and its table. Names differ, and hold letters, digits, dots, dashes and underscores only."""
    taken: dict[str, int] = {}
    for report in reports:
        for figure in report.figures:
            name = _file_name(f"{report.analysis.name}-{report.sae.spec}-{figure.name}")
            taken[name] = taken.get(name, 0) + 1
            again = f"-{taken[name]}" if taken[name] > 1 else ""
            yield f"{name}{again}", figure, report.tables[figure.table]


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")[-LONGEST_NAME:]
