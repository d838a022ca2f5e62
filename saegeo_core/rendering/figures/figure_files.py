"""Every figure of some reports as files, each named for its analysis, its SAE and itself."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from saegeo_core.rendering.figures.static_drawing import FigureFormat, static_drawing
from saegeo_core.report import Report

LONGEST_NAME = 150


def figure_files(reports: Sequence[Report], format: FigureFormat) -> Iterator[tuple[Path, bytes]]:
    """Relative path and content of every figure's file. Names hold letters, digits, dots, dashes and underscores only."""
    taken: dict[str, int] = {}
    for report in reports:
        for figure in report.figures:
            name = _file_name(f"{report.analysis.name}-{report.sae.spec}-{figure.name}")
            taken[name] = taken.get(name, 0) + 1
            again = f"-{taken[name]}" if taken[name] > 1 else ""
            yield Path(f"{name}{again}.{format}"), static_drawing(figure, report.tables[figure.table], format)


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")[-LONGEST_NAME:]
