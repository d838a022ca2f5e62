"""Which of the stored reports on one SAE tell of its features, on a card and on the map of the page alike.

Of an analysis the calibrated reports go before others, and of those that differ in nothing but their seed the smallest's, of one
seed the one made last. What is left differs in parameters, inputs or version. A map shows all of that side by side; a card, which
has one line for a lobe, shows what was made last.
"""

from collections.abc import Iterable, Sequence

from saegeo_core.comparison.distinctions import decisive
from saegeo_core.report.report import Report


def telling(reports: Iterable[Report]) -> list[Report]:
    """Those of the reports on one SAE that tell of it, in their order, at least one of each analysis."""
    reports = list(reports)
    calibrated = {report.analysis.name for report in reports if report.analysis.preset == "calibrated"}
    kept: dict[tuple[object, ...], Report] = {}
    for report in reports:
        name = report.analysis.name
        if name in calibrated and report.analysis.preset != "calibrated":
            continue
        alike = (name, *((key, value) for key, value in decisive(report).items() if key != "seed"))
        before = kept.get(alike)
        if (
            before is None
            or report.seed < before.seed
            or (report.seed == before.seed and report.created > before.created)
        ):
            kept[alike] = report
    return list(kept.values())


def one_of_each_analysis(reports: Sequence[Report]) -> dict[str, Report]:
    """Of those that tell, by analysis in alphabetic order, the one made last; of equals the first."""
    told = telling(reports)
    return {
        name: max((one for one in told if one.analysis.name == name), key=lambda one: one.created)
        for name in sorted({one.analysis.name for one in told})
    }
