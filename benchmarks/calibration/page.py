"""The page: one table for each analysis, a row for each metric on each law."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import sqrt
from pathlib import Path

from benchmarks.calibration.beside_cells import D_BESIDE, N_BESIDE
from benchmarks.calibration.cell import Cell, Said
from benchmarks.calibration.firing_cells import D_LOBES, N_LOBES
from benchmarks.calibration.geometry_cells import FEWER_THAN_DIMENSIONS, D, N
from benchmarks.calibration.summary import Row, summarized

Runs = Mapping[int, Mapping[str, Said]]

SMALL, COVERED = (0.02, 0.08), (0.93, 0.97)
"""What p <= .05 and the coverage of 95 % may be."""
HEAD = Path(__file__).with_name("head.md")
SIZES = {
    "directions": f"{N} features in {D} dimensions, or {FEWER_THAN_DIMENSIONS[0]} in {FEWER_THAN_DIMENSIONS[1]}",
    "lobes": f"{N_LOBES} in {D_LOBES}",
    "beside": f"{N_BESIDE} features in {D_BESIDE} dimensions",
    "n": N,
    "d": D,
}
COLUMNS = ("metric", "law", "runs", "p ≤ .05", "found", "covered", "width")


def page(cells: Sequence[tuple[Cell, Runs]]) -> str:
    """The page as Markdown."""
    lines = [HEAD.read_text(encoding="utf-8").format(**SIZES)]
    for analysis, of_analysis in groupby((one for one in cells if one[1]), key=lambda one: one[0].analysis):
        lines += [f"## {analysis}", "", f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
        rows = [(cell, row) for cell, runs in of_analysis for row in summarized(runs) if row.is_tried]
        for metric in dict.fromkeys(row.metric for _, row in rows):
            lines += [_line(cell, row) for cell, row in rows if row.metric == metric]
        lines.append("")
    return "\n".join(lines)


def _line(cell: Cell, row: Row) -> str:
    null = cell.is_null(row.metric)
    small = _share(row.small, row.runs, SMALL) if null else ""
    found = "" if null or row.small is None else _written(row.small)
    covered = _share(row.covered, row.runs, COVERED)
    width = "" if row.width is None else f"{row.width:.2f}"
    return f"| `{row.metric}` | {cell.law} | {row.runs} | {small} | {found} | {covered} | {width} |"


def _share(value: float | None, runs: int, allowed: tuple[float, float]) -> str:
    if value is None:
        return ""
    low, high = allowed
    nearest = min(max(value, low), high)
    is_outside = abs(value - nearest) > 2 * sqrt(nearest * (1 - nearest) / runs)
    return _written(value) + " ●" * is_outside


def _written(value: float) -> str:
    return f"{value:.2f}".removeprefix("0") if value < 1 else "1"
