"""Stored reports put side by side, from the files to the comparison."""

import os
import tempfile
from pathlib import Path

from benchmarks.measure import Work
from saegeo_core import ReportStore, compare, run
from saegeo_core.report.gather import gather, gather_heads

N_REPORTS, N_MANY = 200, 2000
LONG_AGO = (0, 10**18)
"""Times of files in nanoseconds: what was written a moment ago is not in an index yet."""


def stored_reports(n: int = N_REPORTS) -> Path:
    """A folder of reports as cosine-tails writes them of 1,536 features, 160 kB each, of as many layers."""
    folder = Path(tempfile.mkdtemp())
    report = run("cosine-tails", "minilm-l6:layer_3", device="cpu")
    for layer in range(n):
        named = {"sae_id": f"layer_{layer}", "spec": f"copy:layer_{layer}", "layer": layer, "digest": str(layer)}
        copy = report.model_copy(update={"sae": report.sae.model_copy(update=named)})
        ReportStore(folder).write(copy, folder / f"{layer}.json")
    return folder


def indexed_reports() -> Path:
    """A folder of many such reports, and of their index."""
    folder = stored_reports(N_MANY)
    for path in folder.iterdir():
        os.utime(path, ns=LONG_AGO)
    gather_heads([folder])
    return folder


def headlines(folder: Path) -> float:
    """The table that `saegeo compare` prints of them; returns how many rows it has."""
    return float(len(compare(folder).rows))


def side_by_side(folder: Path) -> float:
    """Every metric of every report, with differences and the profile over layers; returns how many cells there are."""
    reports, _ = gather([folder])
    comparison = compare(reports, metrics=["cosine-tails.*"], reference="copy:layer_0", profile=True)
    return float(len(comparison.rows) * len(comparison.columns))


ROWS = [
    Work(f"compare {N_REPORTS} stored reports, 11 metrics, with a profile", stored_reports, "none", side_by_side),
    Work(f"compare {N_MANY:,} stored reports by their index", indexed_reports, "none", headlines, full=True),
]
