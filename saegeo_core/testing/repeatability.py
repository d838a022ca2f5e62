"""Whether the same run gives the same findings, on one thread and on two, and whether they survive being stored."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from saegeo_core.report.report import Report
from saegeo_core.report.store import ReportStore
from saegeo_core.testing.outcome import Outcome, failed, passed
from saegeo_core.testing.report_difference import findings_difference, metric_difference
from saegeo_core.testing.trial import Trial

SEED = "same seed, same findings"
THREADS = "same metrics on one thread and on two"
STORED = "survives as strict JSON"
TOLERANCE = 1e-5
"""Sums come out in another order on two threads."""


def repeatability(trial: Trial) -> Iterator[Outcome]:
    """Two runs with one seed, two with different numbers of threads, one stored and read again."""
    report = trial.run(trial.ordinary(), seed=1)
    yield _same_seed(report, trial.run(trial.ordinary(), seed=1))
    yield _same_on_two_threads(trial)
    yield _stored(trial, report)


def _same_seed(one: Report, two: Report) -> Outcome:
    difference = findings_difference(one, two)
    if difference:
        return failed(
            SEED,
            expected="two runs with one seed agree in every bit",
            seen=difference,
            advice="draw from context.rng only; numpy.random.*, random.* and torch.rand draw from a state that others share. "
            "Seed torch by torch.Generator().manual_seed(int(context.rng.integers(2**63)))",
        )
    return passed(SEED, "two runs agree in every bit")


def _same_on_two_threads(trial: Trial) -> Outcome:
    threads = torch.get_num_threads()
    reports: list[Report] = []
    try:
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            reports.append(trial.run(trial.ordinary()))
    finally:
        torch.set_num_threads(threads)
    difference = metric_difference(reports[0], reports[1], TOLERANCE)
    if difference:
        return failed(
            THREADS,
            expected=f"metrics agree to {TOLERANCE:g}",
            seen=difference,
            advice="sum in float64; break ties by index, not by what comes first",
        )
    return passed(THREADS, f"metrics agree to {TOLERANCE:g}")


def _stored(trial: Trial, report: Report) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        try:
            ReportStore(folder).write(report, path)
            difference = findings_difference(report, ReportStore.read(path))
        except Exception as error:
            difference = trial.error_line(error)
        size = path.stat().st_size if path.exists() else 0
    if difference:
        return failed(
            STORED,
            expected="written as strict JSON (arrays as .npz) and read again, the report is the same",
            seen=difference,
            advice="tables hold numbers, booleans and texts; arrays hold no objects; None stands for no value, infinity for none",
        )
    return passed(STORED, f"{size:,} bytes, read again the same")
