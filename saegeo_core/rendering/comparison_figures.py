"""Figures of several reports together: every metric over layers, and curves of all SAEs, of what can be compared."""

from collections.abc import Iterator, Sequence

from saegeo_core.comparison import compare
from saegeo_core.comparison.profile import LayerProfile
from saegeo_core.errors import SaegeoError
from saegeo_core.file_names import file_name
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Report, Table

Named = tuple[str, Figure, Table]
"""A name for a file, a figure and its table."""


def comparison_figures(reports: Sequence[Report]) -> Iterator[Named]:
    """Every figure that several of these reports share, named without suffix; nothing where no two are layers of one series.

    Names may be alike.

    Reports of one analysis with the same settings are compared by themselves: a report of other settings, beside them in a folder,
    hides nothing. Where one SAE has several even so, none of them is to be preferred, and there is no figure.
    """
    alike: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        settings = f"{report.analysis.preset} {report.seed} {sorted(report.parameters.items())}"
        alike.setdefault((report.analysis.name, settings), []).append(report)
    for (analysis, _), group in alike.items():
        try:
            profile = compare(group, metrics=[f"{analysis}.*"], allow_incomparable=True, profile=True).profile
        except SaegeoError:
            continue
        preset = "" if group[0].analysis.preset == "calibrated" else f"-{group[0].analysis.preset}"
        for name, figure, table in profile_figures(profile) if profile else ():
            yield f"comparison{preset}-{name}", figure, table


def profile_figures(profile: LayerProfile) -> Iterator[Named]:
    """Every figure of a profile, named by its table."""
    for figure in profile.figures:
        yield file_name(figure.table), figure, profile.tables[figure.table]
