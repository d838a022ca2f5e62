"""The page: one table for each analysis, a row for each metric on each law."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from benchmarks.calibration.cells import Cell, Said
from benchmarks.calibration.summary import Row, summarized

Runs = Mapping[int, Mapping[str, Said]]


def page(cells: Sequence[tuple[Cell, Runs]]) -> str:
    """The page as Markdown."""
    lines = ["# Calibration", ""]
    for analysis, of_analysis in groupby(cells, key=lambda one: one[0].analysis):
        lines += [
            f"## {analysis}",
            "",
            "| law | metric | runs | p ≤ .05 | covered | width |",
            "|---|---|---|---|---|---|",
        ]
        for cell, runs in of_analysis:
            lines += [_line(cell.law, row) for row in summarized(runs)]
        lines.append("")
    return "\n".join(lines)


def _line(law: str, row: Row) -> str:
    return (
        f"| {law} | `{row.metric}` | {row.runs} | {_share(row.small)} | {_share(row.covered)} | {_ratio(row.width)} |"
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".replace("0.", ".", 1) if value < 1 else "1.00"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
