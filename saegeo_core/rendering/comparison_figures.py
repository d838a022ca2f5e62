"""Figures of several reports together: every metric over layers, and curves of all SAEs, of what can be compared."""

from collections.abc import Iterator, Sequence

from saegeo_core.comparison import compare
from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.report_names import file_name
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Report, Table

Named = tuple[str, Figure, Table]
"""A name for a file, a figure and its table."""


def comparison_figures(reports: Sequence[Report]) -> Iterator[Named]:
    """Every figure that several of these reports share, named without suffix; nothing where no two are layers of one series.

    Reports of one analysis with the same settings are compared by themselves: a report of other settings, beside them in a folder,
    hides nothing. Where one SAE has several even so, none of them is to be preferred, and there is no figure.
    """
    alike: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        settings = f"{report.analysis.preset} {report.seed} {sorted(report.parameters.items())}"
        alike.setdefault((report.analysis.name, settings), []).append(report)
    taken: dict[str, int] = {}
    for (analysis, _), group in alike.items():
        preset = "" if group[0].analysis.preset == "calibrated" else f"-{group[0].analysis.preset}"
        for name, table, figure in _figures_of(analysis, group):
            base = file_name(f"comparison{preset}-{name}")
            taken[base] = taken.get(base, 0) + 1
            yield f"{base}-{taken[base]}" if taken[base] > 1 else base, figure, table


def _figures_of(analysis: str, reports: Sequence[Report]) -> Iterator[tuple[str, Table, Figure]]:
    try:
        profile = compare(reports, metrics=[f"{analysis}.*"], allow_incomparable=True, profile=True).profile
    except SaegeoError:
        return
    for figure in profile.figures if profile else ():
        if profile:
            yield figure.table, profile.tables[figure.table], figure
