"""What the metrics of an analysis are, whatever they are measured on: one table, from which every metric is made.

A table is written once. From then on a name brings its unit, its direction and its meaning, whether there is a number or not:

    DESCRIBED = Descriptions(mean_length=Described("length", "neither", "Mean length of the directions."))

    DESCRIBED.metric("mean_length", length, n, interval=interval, nulls=nulls)
    DESCRIBED.missing("mean_length", "there are no directions")
"""

from typing import NamedTuple

from saegeo_core.report.metric import Absent, Better, Interval, Metric, NullComparison


class Described(NamedTuple):
    """What a metric is, whatever it is measured on."""

    unit: str
    better: Better
    text: str


class Descriptions(dict[str, Described]):
    """From the names of metrics to what they are, in the order in which they are reported."""

    def metric(
        self,
        name: str,
        estimate: float | Absent,
        n: int,
        *,
        interval: Interval | Absent,
        nulls: tuple[NullComparison, ...] | Absent,
        addition: str = "",
    ) -> Metric:
        """The metric of that name. An absent estimate takes interval and nulls with it.

        Args:
            name: one of the table.
            estimate: the number, or why there is none.
            n: how many things it is computed from.
            interval: its interval, or why it has none.
            nulls: its nulls, the judging one first, or why it has none.
            addition: what to say of this number after what is always said.
        """
        unit, better, text = self[name]
        if isinstance(estimate, Absent):
            interval = nulls = estimate
        return Metric(
            name=name,
            estimate=estimate,
            interval=interval,
            nulls=nulls,
            n=n,
            unit=unit,
            better=better,
            description=text + addition,
        )

    def missing(self, name: str, reason: str, n: int = 0) -> Metric:
        """The metric of that name, which could not be computed, for `reason`."""
        unit, better, text = self[name]
        return Metric.missing(name, reason, unit=unit, better=better, description=text, n=n)
