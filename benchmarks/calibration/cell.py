"""One thing tried many times over: an analysis on a law."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from saegeo_core import Absent, Analysis, Example, Metric
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.testing.trial import Trial

Said = dict[str, float | None]
"""Of one metric in one run: estimate, low and high end of its interval, p by its judging null; None for what it does not have."""


@dataclass(frozen=True)
class Cell:
    """An analysis on a law of what it measures.

    Attributes:
        analysis: its name.
        law: the name of the law.
        draw: gives what is measured; its generator is the only source of chance.
        is_null: whether the p-values of the metric of that name must be uniform; otherwise it may find what is there.
        parameters: of the analysis, where they are not its defaults.
    """

    analysis: str
    law: str
    draw: Callable[[np.random.Generator], Example]
    is_null: Callable[[str], bool]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What is tried, on what."""
        return f"{self.analysis} on {self.law}"

    @property
    def version(self) -> str:
        """That of the analysis: runs of another one say nothing of it."""
        return _analysis(self.analysis).version

    def say(self, number: int) -> dict[str, Said]:
        """What each metric says in run `number`, which decides all chance in it."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), number])
        report = Trial(_analysis(self.analysis), self.parameters).run(self.draw(rng), seed=number)
        return {metric.name: _said(metric) for metric in report.measured}


@cache
def _analysis(name: str) -> Analysis:
    return PluginManager().analysis(name)


def _said(metric: Metric) -> Said:
    interval = None if isinstance(metric.interval, Absent) else metric.interval
    return {
        "estimate": metric.value,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "p": None if isinstance(metric.nulls, Absent) else metric.nulls[0].pvalue,
    }
