"""From numbers to findings: what the metrics of an analysis are is declared once, and one function puts them beside the rest.

A declaration says of every metric what it is, whatever it is measured on. `findings` then takes numbers by name, how well each is
known, and the distributions of its nulls:

    DECLARED = Declarations(mean_length=Declared("length", "neither", "Mean length of the directions."))

    DECLARED.findings(numbers, n=len(cloud), spread=spread, nulls=nulls)
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from saegeo_core.measuring.null_comparison import Nulls, null_comparisons
from saegeo_core.measuring.spread import Spread
from saegeo_core.report.findings import Figure, Findings
from saegeo_core.report.metric import Absent, Better, Interval, Metric, NullComparison
from saegeo_core.statistics.alternatives import Alternative

if TYPE_CHECKING:
    import pandas as pd

Value = TypeVar("Value")
Numbers = Mapping[str, float]
INFINITE = float("inf")
NO_DRAWS = Absent("its null models gave nothing to compare it with")


class Declared(NamedTuple):
    """What a metric is, whatever it is measured on.

    Attributes:
        unit: of the number, for example "cosine" or "share of features".
        better: "higher", "lower" or "neither".
        description: one sentence.
        alternative: on which side of its nulls a number lies that is not like them.
        range: the least and the greatest value it can have. No interval is drawn beyond.
        no_interval: why it has none, where it never has one.
        no_null: why it has none, where it never has one.
    """

    unit: str
    better: Better
    description: str
    alternative: Alternative = "greater"
    range: tuple[float, float] = (-INFINITE, INFINITE)
    no_interval: str = ""
    no_null: str = ""


class Declarations(dict[str, Declared]):
    """From the names of an analysis's metrics to what they are, in the order in which they are reported."""

    def findings(
        self,
        numbers: Mapping[str, float | Absent],
        *,
        n: int | Mapping[str, int],
        spread: Mapping[str, Spread | Absent] | Absent | None = None,
        nulls: Mapping[str, Nulls | Absent] | Absent | None = None,
        additions: Mapping[str, str] | None = None,
        tables: "Mapping[str, pd.DataFrame] | None" = None,
        figures: Sequence[Figure] = (),
        warnings: Sequence[str] = (),
    ) -> Findings:
        """Every number as a metric, with its interval and its nulls or the reason why not, in the order declared.

        Args:
            numbers: the estimates by name; those of the declaration that are not given are not reported. An absent one needs
                neither spread nor nulls: it takes them with it.
            n: how many things each is computed from.
            spread: how well each is known, or why that is not known. What is not given has the declared reason.
            nulls: for each its null models, the judging one first, each a name and a distribution (`null_comparison`).
            additions: what to say of a number after what is always said.
            tables: as `Findings` has them.
            figures: as `Findings` has them.
            warnings: as `Findings` has them.

        Raises:
            ValueError: a number that is not declared, or one with neither an interval nor a reason, neither a null nor a reason.
        """
        _refuse_undeclared(self, numbers)
        metrics, replicates = [], []
        for name in (name for name in self if name in numbers):
            declared, estimate = self[name], numbers[name]
            of_name = (additions or {}).get(name, "")
            items = n if isinstance(n, int) else n[name]
            if isinstance(estimate, Absent):
                metrics.append(self.metric(name, estimate, items))
                continue
            known = _given(spread, name, declared.no_interval, "interval")
            interval = known if isinstance(known, Absent) else known.interval(declared.range)
            judged = _given(nulls, name, declared.no_null, "null")
            metrics.append(
                self.metric(
                    name,
                    estimate,
                    items,
                    interval=interval,
                    nulls=judged
                    if isinstance(judged, Absent)
                    else null_comparisons(estimate, judged, declared.alternative, interval) or NO_DRAWS,
                    addition=of_name,
                )
            )
            kept = None if isinstance(known, Absent) else known.replicates(name)
            replicates += [] if kept is None else [kept]
        return Findings(metrics, dict(tables or {}), figures, warnings=warnings, replicates=replicates)

    def absent(self, reason: str, n: int = 0) -> Findings:
        """Findings of a cloud in which nothing can be measured: every metric declared, absent for `reason`."""
        return self.findings(dict.fromkeys(self, Absent(reason)), n=n)

    def metric(
        self,
        name: str,
        estimate: float | Absent,
        n: int,
        *,
        interval: Interval | Absent = NO_DRAWS,
        nulls: tuple[NullComparison, ...] | Absent = NO_DRAWS,
        addition: str = "",
    ) -> Metric:
        """One metric of the declaration. An absent estimate takes interval and nulls with it."""
        declared = self[name]
        is_absent = isinstance(estimate, Absent)
        return Metric(
            name=name,
            estimate=estimate,
            interval=estimate if is_absent else interval,
            nulls=estimate if is_absent else nulls,
            n=n,
            unit=declared.unit,
            better=declared.better,
            description=declared.description + addition,
        )


def _given(
    given: "Mapping[str, Value | Absent] | Absent | None", name: str, reason: str, what: str
) -> "Value | Absent":
    """What is given for a name, or the reason why nothing is."""
    if isinstance(given, Absent):
        return given
    if given is not None and name in given:
        return given[name]
    if not reason:
        raise ValueError(f"{name} has no {what}: give one, or declare the reason in no_{what}")
    return Absent(reason)


def _refuse_undeclared(declared: Mapping[str, Declared], numbers: Mapping[str, float | Absent]) -> None:
    unknown = [name for name in numbers if name not in declared]
    if unknown:
        raise ValueError(f"{', '.join(unknown)} not declared; declared are {', '.join(declared)}")
