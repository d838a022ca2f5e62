"""Writes what every analysis finds on two clouds, so that a test can tell when a number changes.

    python tools/golden_findings.py            measures everything again and writes tests/golden/findings
    python tools/golden_findings.py lobes …    only these analyses

The clouds are layer 3 of the bundled release and a foreign one of 480 features in 24 dimensions that lies, with its firing,
under `tests/golden/foreign`: lengths of its own, families, topics, and no control. Numbers are kept in full precision. Texts
are not: they have tests of their own.

A number changes only together with the `version` of its analysis and a line in CHANGELOG.md.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy
import scipy.linalg  # its OpenBLAS is among those told
import torch
from threadpoolctl import threadpool_info, threadpool_limits

import saegeo_core as sg

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
FOLDER, FOREIGN = GOLDEN / "findings", GOLDEN / "foreign"
MACHINE = FOLDER / "machine.json"
SHOWN_IN_FULL = 40
"""Rows up to which the columns of a table are kept whole; of longer ones a digest and, of numbers, the sum."""


class Case(NamedTuple):
    """One run."""

    cloud: str
    analysis: str
    preset: str
    parameters: dict[str, Any]

    @property
    def path(self) -> Path:
        """Its golden file."""
        return FOLDER / self.cloud / f"{self.analysis}-{self.preset}.json"


BOTH_PRESETS = ("cosine-tails", "power-law", "entropy", "lobes", "crystals")
FEWER_LOBES = {"n_clusters": [2, 3, 8, 64], "isotropic_draws": 20}
"""For the published procedure of lobes, which at its own numbers of clusters takes a minute."""

CASES = [
    *(Case(cloud, name, "calibrated", {}) for cloud in ("bundled", "foreign") for name in BOTH_PRESETS[:4]),
    *(Case(cloud, name, "paper", {}) for cloud in ("bundled", "foreign") for name in BOTH_PRESETS[:3]),
    *(Case(cloud, "lobes", "paper", FEWER_LOBES) for cloud in ("bundled", "foreign")),
    Case("bundled", "crystals", "calibrated", {}),
    Case("bundled", "crystals", "paper", {}),
    Case("foreign", "crystals", "calibrated", {"measure": "dictionary"}),
    Case("bundled", "stability", "calibrated", {"other": "minilm-l6:seed_1_layer_3"}),
    Case("foreign", "stability", "calibrated", {"other": str(FOREIGN / "other.npy")}),
    *(Case(cloud, "redundancy", "calibrated", {}) for cloud in ("bundled", "foreign")),
    Case("bundled", "absorption", "calibrated", {}),
    Case("bundled", "alignment", "calibrated", {}),
    Case("bundled", "flow", "calibrated", {"chain": ["minilm-l6:layer_3", "minilm-l6:layer_4"]}),
    Case("bundled", "seeds", "calibrated", {"others": ["minilm-l6:seed_1_layer_3"]}),
    Case("bundled", "sparsity", "calibrated", {"others": ["minilm-l6:l0_64_layer_3"]}),
    Case("bundled", "splitting", "calibrated", {"narrow": "minilm-l6:width_768_layer_3"}),
    *(Case(cloud, "cofiring", "calibrated", {}) for cloud in ("bundled", "foreign")),
    *(Case(cloud, "frequency-geometry", "calibrated", {}) for cloud in ("bundled", "foreign")),
]


def measure(case: Case) -> dict[str, Any]:
    """The numbers of one run, as plain JSON."""
    if case.cloud == "bundled":
        cloud, firing = sg.load_cloud("minilm-l6:layer_3"), None
    else:
        cloud, firing = sg.load_cloud(str(FOREIGN / "decoder.npy")), sg.FiringStatistics.open(FOREIGN / "firing")
    with on_one_thread():
        report = sg.run(
            case.analysis, cloud, parameters=case.parameters, preset=case.preset, device="cpu", firing=firing, out=None
        )
    return numbers_of(report)


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Sums of two threads are put together in another order. torch has threads of its own, unknown to threadpoolctl."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)


def numbers_of(report: sg.Report) -> dict[str, Any]:
    """Every number of a report by its name, without texts."""
    return {
        "version": report.analysis.version,
        "metrics": {metric.name: _metric(report, metric) for metric in report.measured},
        "tables": {
            name: {column: _column(values) for column, values in table.columns.items()}
            for name, table in report.tables.items()
        },
        "figures": {one.name: [one.kind, one.table, one.x, *one.y] for one in report.figures},
        "warnings": len(report.warnings),
    }


def _metric(report: sg.Report, metric: sg.Metric) -> dict[str, Any]:
    interval, nulls = metric.interval, metric.nulls
    replicates = report.replicates(metric.name)
    return {
        "estimate": metric.value,
        "interval": None if isinstance(interval, sg.Absent) else [interval.low, interval.high, interval.level],
        "nulls": None
        if isinstance(nulls, sg.Absent)
        else [[one.draws, one.mean, one.standard_deviation, one.z, one.pvalue, one.alternative] for one in nulls],
        "replicates": None if replicates is None else [replicates.factor, *replicates.values.tolist()],
        "n": metric.n,
        "unit": metric.unit,
        "better": metric.better,
    }


def _column(values: list[Any]) -> Any:
    if len(values) <= SHOWN_IN_FULL:
        return values
    kept = {"rows": len(values), "digest": hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]}
    if all(isinstance(value, int | float | None) for value in values):
        kept["sum"] = float(sum(value for value in values if value is not None))
    return kept


def machine() -> dict[str, Any]:
    """What must be the same for numbers to agree in every bit."""
    blas = [one for one in threadpool_info() if one["internal_api"] == "openblas"]
    return {
        "processor": _processor(),
        "arithmetic": _arithmetic(),
        "torch": [torch.__version__, torch.backends.cpu.get_cpu_capability()],
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "openblas": sorted({f"{one['version']} {one['architecture']}" for one in blas}),
    }


def _processor() -> str:
    """The processor with what it can do, by a digest."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    told = sorted({line for line in lines if line.startswith(("model", "vendor_id", "flags"))})
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _arithmetic() -> str:
    """How products, eigenvalues, exponentials and logarithms round, by a digest: environment variables change that too."""
    rows = np.random.default_rng(0).standard_normal((400, 384))
    tensor = torch.from_numpy(rows).clone()
    with on_one_thread():
        results = [np.exp(rows), np.log(np.abs(rows)), tensor.exp().numpy()]
        for array, same in ((rows, tensor), (rows.astype(np.float32), tensor.float())):
            results += [array @ array.T, np.linalg.eigvalsh(array.T @ array)]
            results += [(same @ same.T).numpy(), torch.linalg.eigvalsh(same.T @ same).numpy()]
    return hashlib.sha256(b"".join(one.tobytes() for one in results)).hexdigest()[:16]


def as_text(content: Any) -> str:
    """Plain JSON, a line for each list of numbers."""
    return json.dumps(json.loads(json.dumps(content)), indent=1, allow_nan=False) + "\n"


def main(names: list[str]) -> None:
    """Measure and write."""
    for case in CASES:
        if not names or case.analysis in names:
            print(case.path.relative_to(GOLDEN))
            case.path.parent.mkdir(parents=True, exist_ok=True)
            case.path.write_text(as_text(measure(case)))
    MACHINE.write_text(as_text(machine()))


if __name__ == "__main__":
    main(sys.argv[1:])
