"""What an analysis costs on 4,096 features in 256 dimensions: reported, and never a reason to fail."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from saegeo_core.testing.inputs import ordinary
from saegeo_core.testing.outcome import Outcome, not_checked, passed
from saegeo_core.testing.trial import Trial

N_FEATURES, D_IN, N_BLOCKS = 4096, 256, 2000
COST = f"cost on {N_FEATURES:,} x {D_IN}"


def cost(trial: Trial) -> Iterator[Outcome]:
    """Time and peak memory of one run."""
    if trial.is_quick:
        yield not_checked(COST, "left out, to be quick")
        return
    given = ordinary(trial.reads, N_FEATURES, D_IN, N_BLOCKS)
    before = restart_peak()
    start = time.perf_counter()
    trial.run(given)
    seconds = time.perf_counter() - start
    memory = (
        "" if before is None else f", {max(0, _status_bytes('VmHWM') - before) / 1e6:,.0f} MB above what was in use"
    )
    yield passed(COST, f"{seconds:.1f} s{memory}")


def restart_peak() -> int | None:
    """Let the kernel forget the peak of memory so far; returns the bytes now in use. None where only Linux could tell."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # a sandbox may forbid it
        return None
    return _status_bytes("VmRSS")


def _status_bytes(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))
