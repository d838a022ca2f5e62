"""What is tried: every analysis on every law of dictionaries, and which of its p-values must be uniform there."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from saegeo_core import Absent, Example, FeatureCloud, Metric
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.synthetic.composites import COMPOSITES, Law
from saegeo_core.testing.trial import Trial

Said = dict[str, float | None]
"""Of one metric in one run: estimate, low and high end of its interval, p by its judging null; None for what it does not have."""


@dataclass(frozen=True)
class Cell:
    """An analysis on a law of dictionaries.

    Attributes:
        analysis: its name.
        law: the name of the law.
        draw: gives what is measured; its generator is the only source of chance.
        parameters: of the analysis, where they are not its defaults.
    """

    analysis: str
    law: str
    draw: Callable[[np.random.Generator], Example]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What is tried, on what."""
        return f"{self.analysis} on {self.law}"

    def say(self, number: int) -> dict[str, Said]:
        """What each metric says in run `number`, which decides all chance in it."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), number])
        report = Trial(PluginManager().analysis(self.analysis), self.parameters).run(self.draw(rng), seed=number)
        return {metric.name: _said(metric) for metric in report.measured}


def _said(metric: Metric) -> Said:
    interval = None if isinstance(metric.interval, Absent) else metric.interval
    return {
        "estimate": metric.value,
        "low": interval and interval.low,
        "high": interval and interval.high,
        "p": None if isinstance(metric.nulls, Absent) else metric.nulls[0].pvalue,
    }


def _alone(law: Law, n: int, d: int) -> Callable[[np.random.Generator], Example]:
    return lambda rng: Example(FeatureCloud.from_array(law(n, d, rng)))


def _beside_a_stranger(law: Law, n: int, d: int) -> Callable[[np.random.Generator], Example]:
    """Two dictionaries of one law that know nothing of each other."""
    return lambda rng: Example(FeatureCloud.from_array(law(n, d, rng)), other=FeatureCloud.from_array(law(n, d, rng)))


def _beside_a_twin(law: Law, n: int, d: int) -> Callable[[np.random.Generator], Example]:
    """A dictionary and itself, blurred anew feature by feature."""

    def draw(rng: np.random.Generator) -> Example:
        rows = law(n, d, rng)
        blur = rows.norm(dim=1, keepdim=True) * COMPOSITES["uniform"](n, d, rng)
        return Example(FeatureCloud.from_array(rows), other=FeatureCloud.from_array(rows + 0.7 * blur))

    return draw


N, D = 400, 32
"""Features and dimensions: small, so that hundreds of runs take minutes; nothing asymptotic helps here."""
FEWER_THAN_DIMENSIONS = 30, 48
GEOMETRY: Mapping[str, Mapping[str, Any]] = {
    "cosine-tails": {},
    "power-law": {"first_rank": 2, "last_rank": 16, "null_draws": 39, "power_law_draws": 39},
    "entropy": {"q": 8},
    "redundancy": {"null_draws": 39},
}


ELLIPTIC = (
    "uniform",
    "spectrum rank^-1/2",
    "spectrum rank^-1",
    "common mean",
    "common mean, spectrum rank^-1",
    "lengths scattered by 20 %",
    "lengths scattered by 30 %",
    "lengths scattered by 50 %",
)
EVEN = ("uniform", "lengths scattered by 20 %", "lengths scattered by 30 %", "lengths scattered by 50 %")
POWER_LAWS = (*EVEN, "spectrum rank^-1/2", "spectrum rank^-1")
IN_QUESTION: Mapping[str, tuple[str, ...]] = {
    "cosine-tails": ELLIPTIC,
    "power-law": EVEN,
    "entropy": ELLIPTIC,
    "redundancy": ELLIPTIC,
    "alpha_window_spread": POWER_LAWS,
    "power_law_gain": POWER_LAWS,
    "mean_norm": POWER_LAWS,
    "mean_cosine": POWER_LAWS,
}
"""Laws on which there is nothing to find, by analysis, or by metric where it asks another question than its analysis."""


def is_null(cell: Cell, metric: str) -> bool:
    """Whether the p-values of a metric must be uniform in a cell; elsewhere it may find what is there."""
    if cell.analysis == "stability":
        return cell.law.startswith("strangers") and "two subspaces" not in cell.law
    laws = IN_QUESTION.get(metric, IN_QUESTION[cell.analysis])
    return cell.law in laws or cell.law == "fewer rows than dimensions"


def all_cells() -> list[Cell]:
    """Every analysis on every law."""
    cells = [
        Cell(analysis, law, _alone(COMPOSITES[law], N, D), parameters)
        for analysis, parameters in GEOMETRY.items()
        for law in COMPOSITES
    ]
    cells += [
        Cell(analysis, "fewer rows than dimensions", _alone(COMPOSITES["uniform"], *FEWER_THAN_DIMENSIONS), parameters)
        for analysis, parameters in GEOMETRY.items()
    ]
    few = {"null_draws": 39}
    cells += [
        Cell("stability", f"strangers: {law}", _beside_a_stranger(COMPOSITES[law], N, D), few) for law in COMPOSITES
    ]
    cells += [Cell("stability", f"twins: {law}", _beside_a_twin(COMPOSITES[law], N, D), few) for law in COMPOSITES]
    return cells


def one_thread() -> None:
    """Each process computes on one core."""
    torch.set_num_threads(1)


def run_of_cell(place: int, number: int) -> dict[str, Said]:
    """What the cell at that place says in run `number`: for another process, where functions are found by name."""
    return all_cells()[place].say(number)
