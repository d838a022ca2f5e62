"""Which report of a page follows which, and how each is linked to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from saegeo_core.cloud.sae_names import in_natural_order
from saegeo_core.rendering.page.page_report import PageReport, page_report
from saegeo_core.rendering.report_names import ReportName, links, report_names
from saegeo_core.report.report import Report


def in_reading_order(reports: Sequence[Report], taken: Iterable[str]) -> list[PageReport]:
    """SAEs in natural order, each with its reports in the order in which the analyses first come; no link is among `taken`."""
    names = report_names(reports)
    place = {name: place for place, name in enumerate(dict.fromkeys(report.analysis.name for report in reports))}

    def reading_order(named: tuple[Report, ReportName]) -> tuple[Any, ...]:
        _, name = named
        return in_natural_order(name.sae), in_natural_order(name.apart), place[name.analysis]

    ordered = sorted(zip(reports, names, strict=True), key=reading_order)
    ids = links([name for _, name in ordered], taken)
    return [page_report(report, name, id) for (report, name), id in zip(ordered, ids, strict=True)]


@dataclass(frozen=True)
class Beside:
    """The reports that lie beside one: of the same SAE, and of the same analysis on the SAEs before and after."""

    of_sae: list[PageReport]
    before: PageReport | None
    after: PageReport | None


def reports_beside(reports: Sequence[PageReport]) -> dict[str, Beside]:
    """For the id of each report of a page what lies beside it."""
    of_sae: dict[str, list[PageReport]] = {}
    of_analysis: dict[str, list[PageReport]] = {}
    for one in reports:
        of_sae.setdefault(one.name.sae, []).append(one)
        of_analysis.setdefault(one.name.analysis, []).append(one)
    return {
        one.id: Beside(of_sae[one.name.sae], before, after)
        for group in of_analysis.values()
        for before, one, after in zip([None, *group], group, [*group[1:], None], strict=False)
    }
