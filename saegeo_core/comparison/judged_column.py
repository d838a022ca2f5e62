"""One metric of every SAE compared, and what is known of the difference of any two of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from saegeo_core.comparison.differences import NO_VARIANCE, Variance, difference, sampling_variance
from saegeo_core.comparison.sae_reports import SaeReports
from saegeo_core.comparison.seeds import between_seeds, seed_groups
from saegeo_core.comparison.table import Column, Difference
from saegeo_core.report.metric import Metric
from saegeo_core.report.replicates import Replicates

ONE_SEED = (
    "there is one seed of each, or of one of the two, so what training again would change is not known; --fixed-saes judges these "
    "very SAEs"
)
OF_ONE_CONFIGURATION = (
    "these are seeds of one configuration, which training alone sets apart; --fixed-saes judges these very SAEs"
)


@dataclass(frozen=True)
class JudgedColumn:
    """A column of the table before anything is decided about it.

    Attributes:
        column: the metric.
        rows: the SAEs, with their reports.
        fixed_saes: whether differences are judged as those of these very SAEs; if not, they have a p-value where the spread of
            seeds is known of both.
    """

    column: Column
    rows: Sequence[SaeReports]
    fixed_saes: bool = False

    @cached_property
    def metrics(self) -> list[Metric | None]:
        """The metric of each row; None where there is no report, or it failed."""
        return [_metric(row, self.column) for row in self.rows]

    @cached_property
    def seeds(self) -> list[tuple[int, ...]]:
        """For each row the places of all seeds of its configuration, its own included."""
        return seed_groups([row.sae for row in self.rows])

    @cached_property
    def between(self) -> list[Variance | None]:
        """For each row the variance between the seeds of its configuration; None where that is not known."""
        return [_seed_variance([self.metrics[place] for place in group]) for group in self.seeds]

    def difference(self, place: int, other: int) -> Difference | None:
        """The metric of one row minus that of another; None where either has none."""
        ours, theirs = self.metrics[place], self.metrics[other]
        if ours is None or theirs is None:
            return None
        # Two seeds of one configuration are told apart by their own errors alone: their spread is what is asked about.
        is_own = other in self.seeds[place]
        known = [self.between[place], self.between[other]]
        extra = NO_VARIANCE if is_own else (known[0] or NO_VARIANCE) + (known[1] or NO_VARIANCE)
        our_replicates, their_replicates = (self.replicates(i) for i in (place, other))
        found = difference(ours, theirs, our_replicates, their_replicates, extra)
        is_spread_known = not is_own and None not in known
        if found and found.pvalue is not None and not (self.fixed_saes or is_spread_known):
            return replace(found, pvalue=None, note=OF_ONE_CONFIGURATION if is_own else ONE_SEED)
        return found

    def replicates(self, place: int) -> Replicates | None:
        """The values behind the interval of a row's metric, where they were kept. The row has a report."""
        return self.rows[place].reports[self.column.plugin].replicates(self.column.metric)


def _metric(row: SaeReports, column: Column) -> Metric | None:
    report = row.reports.get(column.plugin)
    return next((metric for metric in report.measured if metric.name == column.metric), None) if report else None


def _seed_variance(metrics: Sequence[Metric | None]) -> Variance | None:
    """Variance between the seeds of a configuration; None where there is one seed or a standard error is missing."""
    variances = [sampling_variance(metric) if metric else None for metric in metrics]
    if len(metrics) < 2 or any(variance is None for variance in variances):
        return None
    estimates = [metric.value for metric in metrics if metric and metric.value is not None]
    return between_seeds(estimates, [variance.standard_error for variance in variances if variance])
