"""The reports of each SAE, whatever analyses made them, under a name of its own, and what failed to be reported."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saegeo_core.comparison.distinctions import distinct_names, distinctions, identity
from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    from saegeo_core.report.report import MeasuredSae, ReportHead


@dataclass(frozen=True)
class Failure:
    """Something that should have been in the table and is not: an analysis of an SAE, or (`plugin` None) the whole SAE."""

    spec: str
    plugin: str | None
    reason: str


@dataclass(frozen=True)
class SaeReports:
    """The reports of one SAE, which make a row of the table.

    Attributes:
        name: of the row, unlike all others.
        sae: None where it could not be loaded.
        reports: analysis to report.
        failures: analysis to the reason why its report is missing; None to the reason why all are.
    """

    name: str
    sae: "MeasuredSae | None"
    reports: "dict[str, ReportHead]" = field(default_factory=dict)
    failures: dict[str | None, str] = field(default_factory=dict)


def reports_by_sae(reports: "Iterable[ReportHead]", failures: Iterable[Failure] = ()) -> list[SaeReports]:
    """One row for each SAE, in the order in which the SAEs first come.

    Reports are of one SAE when they are of the same rows under the same name. A report that comes twice counts once; of two
    that differ in labels or in what was known of the SAE the later one counts. What is known of the SAE is what the latest report
    says whose L0 was measured, or else the latest.

    Raises:
        SaegeoError: two reports of one analysis on one SAE differ in their settings, so that the user must choose.
    """
    found: dict[tuple[str, ...], list[ReportHead]] = {}
    for report in reports:
        found.setdefault(identity(report.sae), []).append(report)
    names = distinct_names([own[0].sae for own in found.values()])
    rows = [
        SaeReports(name, _best_known(own), _by_analysis(name, own))
        for name, own in zip(names, found.values(), strict=True)
    ]
    by_spec = {row.sae.spec: row for row in rows if row.sae}
    for failure in failures:
        if failure.spec not in by_spec:
            by_spec[failure.spec] = SaeReports(failure.spec, None)
            rows.append(by_spec[failure.spec])
        by_spec[failure.spec].failures[failure.plugin] = failure.reason
    return rows


def _best_known(reports: "Sequence[ReportHead]") -> "MeasuredSae":
    """Every report says what was known of the SAE when it was made."""
    latest = sorted(reports, key=lambda report: report.created, reverse=True)
    return next((report.sae for report in latest if report.sae.is_l0_measured), latest[0].sae)


def _by_analysis(name: str, reports: "Sequence[ReportHead]") -> "dict[str, ReportHead]":
    chosen: dict[str, ReportHead] = {}
    for report in reports:
        other = chosen.setdefault(report.analysis.name, report)
        ours, theirs = ({key: one[key] for key in one if key != "labels"} for one in distinctions([other, report]))
        if report.created > other.created:
            chosen[report.analysis.name] = report
        if ours:
            differing = "; ".join(f"{setting}: {value} and {theirs[setting]}" for setting, value in ours.items())
            raise SaegeoError(
                f"there are two reports of {report.analysis.name} on {name}, which differ in {differing}",
                "name the file of the one you mean, or choose by --preset, --seed or --set",
            )
    return chosen
