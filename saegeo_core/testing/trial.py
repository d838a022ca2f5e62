"""The analysis under test, and how it is run: as `saegeo run` runs it, on the CPU."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from saegeo_core.analysis import Analysis, resolve_parameters
from saegeo_core.report import Preset, Report
from saegeo_core.runner import Job
from saegeo_core.testing.inputs import Given, companion, ordinary


@dataclass(frozen=True)
class Trial:
    """An analysis with the parameters it is tested at.

    Attributes:
        analysis: the one under test.
        parameters: what differs from its defaults.
        is_quick: whether fewer runs must do.
    """

    analysis: Analysis
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_quick: bool = False

    def ordinary(self) -> Given:
        """The ordinary input, made afresh."""
        return ordinary(self.analysis.needs)

    def run(self, given: Given, *, seed: int = 0, preset: Preset = "calibrated") -> Report:
        """One run."""
        job = Job(
            analysis=self.analysis,
            package=type(self.analysis).__module__.partition(".")[0],
            preset=preset,
            parameters=resolve_parameters(self.analysis, preset, self.parameters),
            seed=seed,
            device="cpu",
            cloud=given.cloud,
            firing=given.firing,
            load_cloud=lambda _: companion(given.cloud),
        )
        return job.perform()


def told(error: BaseException) -> str:
    """An exception in one line, with the line of code it came from."""
    message = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {message}{place}"
