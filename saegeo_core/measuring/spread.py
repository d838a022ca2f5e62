"""How well a number is known: its interval as a metric carries it, and the values behind it."""

from dataclasses import replace
from typing import NamedTuple

from saegeo_core.report.metric import Interval
from saegeo_core.report.replicates import Replicates
from saegeo_core.statistics.resampling import Resampled


class Spread(NamedTuple):
    """How well a number is known.

    Attributes:
        resampled: the resampling behind its interval.
        key: names the parts of the data that its replicates are of, so that those of two reports can be paired; empty where
            there are none.
    """

    resampled: Resampled
    key: str = ""

    def moved(self, *, shift: float = 0.0, unit: float = 1.0) -> "Spread":
        """That of the number moved by `shift`, then in units of `unit`, a positive number; both are taken as known exactly."""
        resampled = self.resampled
        low, high = resampled.confidence_interval
        return self._replace(
            resampled=replace(
                resampled,
                estimate=(resampled.estimate + shift) / unit,
                standard_error=resampled.standard_error / unit,
                confidence_interval=((low + shift) / unit, (high + shift) / unit),
                replicates=None if resampled.replicates is None else (resampled.replicates + shift) / unit,
            )
        )

    def interval(self, within: tuple[float, float]) -> Interval:
        """The interval, without what lies where the number cannot: outside `within`."""
        resampled, (lower, upper) = self.resampled, within
        low, high = resampled.confidence_interval
        replicates = resampled.replicates
        return Interval(
            low=min(max(low, lower), upper),
            high=max(min(high, upper), lower),
            level=resampled.level,
            method=resampled.method,
            standard_error=resampled.standard_error,
            degrees_of_freedom=resampled.degrees_of_freedom,
            replicates=None if replicates is None else len(replicates),
            population=resampled.population,
        )

    def replicates(self, metric: str) -> Replicates | None:
        """The values behind the interval of a metric; None where there are none."""
        resampled = self.resampled
        if resampled.replicates is None or not self.key:
            return None
        return Replicates(metric, resampled.replicates, resampled.factor, self.key)
