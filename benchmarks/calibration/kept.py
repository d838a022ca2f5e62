"""Runs that come with the repository, in one compressed table: hours of work that nobody has to do again."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from benchmarks.calibration.cell import Cell, Said

KEPT = Path(__file__).with_name("runs.csv.xz")
NAMED = ["analysis", "version", "law"]
COLUMNS = [*NAMED, "metric", "run", "estimate", "low", "high", "p"]
Runs = dict[int, dict[str, Said]]


def read_kept(path: Path = KEPT) -> dict[tuple[str, str, str], Runs]:
    """The runs of each cell, by analysis, version and law; numbers have five digits."""
    if not path.exists():
        return {}
    table = pd.read_csv(path, dtype={"version": str})
    said = table[["estimate", "low", "high", "p"]].astype(object).where(table.notna(), None).to_dict("records")
    found: dict[tuple[str, str, str], Runs] = {}
    named = zip(*(table[name] for name in [*NAMED, "run", "metric"]), said, strict=True)
    for analysis, version, law, run, metric, one in named:
        found.setdefault((analysis, version, law), {}).setdefault(int(run), {})[metric] = one
    return found


def write_kept(runs: Iterable[tuple[Cell, Mapping[int, Mapping[str, Said]]]], path: Path = KEPT) -> None:
    """Keep the runs of these cells, and no others."""
    rows = [
        (cell.analysis, cell.version, cell.law, metric, number, *one.values())
        for cell, of_cell in runs
        for number, said in of_cell.items()
        for metric, one in said.items()
    ]
    table = pd.DataFrame(rows, columns=COLUMNS).sort_values([*NAMED, "metric", "run"], kind="stable")
    table.to_csv(path, index=False, float_format="%.5g", compression={"method": "xz"})
