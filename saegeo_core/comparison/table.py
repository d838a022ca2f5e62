"""The table of a comparison: rows are SAEs, columns are metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saegeo_core.report.metric import Better, Interval, Metric

if TYPE_CHECKING:
    from saegeo_core.report.report import MeasuredSae, ReportHead


@dataclass(frozen=True)
class Column:
    """One metric of one analysis."""

    plugin: str
    metric: str
    unit: str
    better: Better
    description: str

    @property
    def id(self) -> str:
        """What to type after --metric: `plugin.metric`."""
        return f"{self.plugin}.{self.metric}"


@dataclass(frozen=True)
class Difference:
    """A row's metric minus the reference's.

    Attributes:
        estimate: the difference.
        interval: of the difference; None where one of the two has none.
        pvalue: two-sided, that the two are alike; None where there is no interval, or where training another seed could make it.
        adjusted_pvalue: Benjamini-Hochberg over all differences of the table.
        is_paired: whether both leave out the same parts of the same data, so that what moves both cancels.
        note: why there is no interval or no p-value, or nothing.
    """

    estimate: float
    interval: Interval | None = None
    pvalue: float | None = None
    adjusted_pvalue: float | None = None
    is_paired: bool = False
    note: str = ""


@dataclass(frozen=True)
class ComparisonCell:
    """What one SAE has in one column.

    Attributes:
        metric: as its report has it; None where there is no report or it failed.
        interval: the metric's own, wider where `n_seeds` says so; None where there is none.
        n_seeds: how many seeds of this configuration spread the interval; 0 where their spread does not enter.
        adjusted_pvalue: the judging null's p-value, Benjamini-Hochberg over the table.
        difference: to the reference, where one was named.
        reason: why there is no number, or nothing.
        is_failure: whether the reason is that something went wrong.
    """

    metric: Metric | None = None
    interval: Interval | None = None
    n_seeds: int = 0
    adjusted_pvalue: float | None = None
    difference: Difference | None = None
    reason: str = ""
    is_failure: bool = False

    @property
    def value(self) -> float | None:
        """The estimate, or None."""
        return None if self.metric is None else self.metric.value

    def numbers(self) -> dict[str, float | None]:
        """Every number by name; None where there is none."""
        null = self.metric.nulls[0] if self.metric and isinstance(self.metric.nulls, tuple) else None
        between = self.difference.interval if self.difference else None
        return {
            "estimate": self.value,
            "low": self.interval.low if self.interval else None,
            "high": self.interval.high if self.interval else None,
            "null_mean": null.mean if null else None,
            "pvalue": null.pvalue if null else None,
            "adjusted_pvalue": self.adjusted_pvalue,
            "difference": self.difference.estimate if self.difference else None,
            "difference_low": between.low if between else None,
            "difference_high": between.high if between else None,
            "difference_pvalue": self.difference.pvalue if self.difference else None,
            "difference_adjusted_pvalue": self.difference.adjusted_pvalue if self.difference else None,
        }


@dataclass(frozen=True)
class Row:
    """One SAE.

    Attributes:
        name: unique in the comparison: its spec, with what tells it apart where that is not enough.
        sae: None where it could not be loaded.
        cells: one for each column.
        reports: analysis to report: whole where whole reports were given or a profile asked for, else what is compared of it.
        group: the heading it stands under, where rows are grouped_rows.
    """

    name: str
    sae: "MeasuredSae | None"
    cells: tuple[ComparisonCell, ...]
    reports: "Mapping[str, ReportHead]" = field(default_factory=dict)
    group: str = ""
