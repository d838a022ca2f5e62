"""The analysis under test, and how it is run: as `saegeo run` runs it, on the CPU."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError

from saegeo_core.plugin.analysis import Analysis, Example, Parameters, resolve_parameters
from saegeo_core.report.report import Preset, Report
from saegeo_core.running.job import Job
from saegeo_core.testing.inputs import SEED, companion, ordinary


@dataclass(frozen=True)
class Trial:
    """An analysis with the parameters it is tested at.

    Attributes:
        analysis: the one under test.
        parameters: what differs from its defaults.
        is_quick: whether fewer runs must do.
        null_runs: null examples that its p-values are tried on; None for as many as is usual.
        is_on_plant: whether its own planted example is measured in place of the ordinary input, which gives it nothing to do.
    """

    analysis: Analysis
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_quick: bool = False
    null_runs: int | None = None
    is_on_plant: bool = False

    @property
    def reads(self) -> frozenset[str]:
        """What it is given: all that it needs or can use."""
        return self.analysis.needs | self.analysis.uses

    def ordinary(self) -> Example:
        """The ordinary input, made afresh."""
        return self.examples("planted_example", 1)[0] if self.is_on_plant else ordinary(self.reads)

    def examples(self, method: Literal["planted_example", "null_example"], n: int) -> list[Example]:
        """So many of the analysis's own examples, made afresh; none where it has none."""
        make = getattr(self.analysis, method, None)
        rng = np.random.default_rng(SEED)
        made = [make(rng) for _ in range(n)] if make else []
        return [one if isinstance(one, Example) else Example(one) for one in made if one is not None]

    def run(self, given: Example, *, seed: int = 0, preset: Preset = "calibrated") -> Report:
        """One run."""
        job = Job(
            analysis=self.analysis,
            package=self.package,
            preset=preset,
            parameters=self.resolved(preset),
            seed=seed,
            device="cpu",
            cloud=given.cloud,
            firing=given.firing,
            activations=given.activations,
            encoder=given.encoder,
            unembedding=given.unembedding,
            load_cloud=lambda _: companion(given.cloud) if given.other is None else given.other,
        )
        return job.perform()

    def resolved(self, preset: Preset = "calibrated") -> Parameters:
        """The parameters of a run.

        Raises:
            SaegeoError: a parameter that is unknown, ill-typed, or has neither default nor example.
        """
        return resolve_parameters(self.analysis, preset, {**self.required(), **self.parameters})

    def resolved_alone(self, name: str, text: str) -> Parameters:
        """The defaults with one parameter typed, and what has no default.

        Raises:
            SaegeoError: the text will not do.
        """
        return resolve_parameters(self.analysis, "calibrated", {**self.required(), name: text})

    def required(self) -> dict[str, Any]:
        """Values of the parameters without a default: those given, else the first of the field's `examples`."""
        required = {name: field for name, field in self.analysis.Parameters.model_fields.items() if field.is_required()}
        examples = {name: field.examples[0] for name, field in required.items() if field.examples}
        return examples | {name: value for name, value in self.parameters.items() if name in required}

    @property
    def package(self) -> str:
        """The package the analysis is written in."""
        return type(self.analysis).__module__.partition(".")[0]

    def error_line(self, error: BaseException) -> str:
        """An exception in one line, with the line of the analysis that it came from."""
        return f"{type(error).__name__}: {_message(error)}{self._place(error)}"

    def _place(self, error: BaseException) -> str:
        frames = list(traceback.walk_tb(error.__traceback__))
        own = [each for each in frames if each[0].f_globals.get("__name__", "").partition(".")[0] == self.package]
        if not frames:
            return ""
        frame, line = (own or frames)[-1]
        return f" ({Path(frame.f_code.co_filename).name}, line {line})"


def example_report(analysis: Analysis, parameters: Mapping[str, Any] | None = None) -> Report:
    """One report, of 80 synthetic features in 16 dimensions.

    Raises:
        Exception: whatever the analysis raises.
    """
    return Trial(analysis, parameters or {}).run(ordinary(analysis.needs, n_features=80, d_in=16, n_blocks=200))


def _message(error: BaseException) -> str:
    """An error on one line. Pydantic tells a mistake once for every type allowed; that a number is not finite comes first."""
    if isinstance(error, ValidationError):
        wrong = max(error.errors(), key=lambda one: one["type"] == "finite_number")
        return f"{'.'.join([error.title, *map(str, wrong['loc'])])}: {wrong['msg']}, given {wrong['input']!r}"
    return " ".join(str(error).split())
