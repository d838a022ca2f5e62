"""What each of several reports is called, and the file of each of their figures, so that no two names are the same."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from saegeo_core.comparison.distinctions import distinct_names, distinctions
from saegeo_core.file_names import file_name, told_apart
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Report, Table
from saegeo_core.visible_text import visible

MAX_DISTINCTIONS = 4
MAX_TEXT = 40
"""Characters of a parameter's name, and of its value."""


@dataclass(frozen=True)
class ReportName:
    """Which analysis, on what, and what is particular to it.

    Attributes:
        sae: as the summary's table has it.
        apart: what tells it from the other reports of this analysis on this SAE; "" where there are none.
    """

    analysis: str
    sae: str
    apart: str = ""

    @property
    def in_full(self) -> str:
        """All of it on one line."""
        return f"{self.analysis} on {self.sae}{f', {self.apart}' if self.apart else ''}"


def report_names(reports: Sequence[Report]) -> list[ReportName]:
    """The names of these reports; those that nothing tells apart are numbered."""
    saes = distinct_names([report.sae for report in reports])
    names = [ReportName(report.analysis.name, sae) for report, sae in zip(reports, saes, strict=True)]
    alike: dict[ReportName, list[int]] = {}
    for place, name in enumerate(names):
        alike.setdefault(name, []).append(place)
    for name, places in alike.items():
        told = [_in_words(one) for one in distinctions([reports[place] for place in places])]
        times = Counter(told)
        for number, (place, text) in enumerate(zip(places, told, strict=True), 1):
            numbered = [f"report {number} of {len(places)}"] if times[text] > 1 else []
            names[place] = replace(name, apart=", ".join([*filter(None, [text]), *numbered]))
    return names


def links(names: Sequence[ReportName], taken: Iterable[str] = ()) -> list[str]:
    """What the link to each report on a page ends in: unlike all others and all `taken`, and of the signs of a file name.

    It stays the same when a page is written again with more reports.
    """
    return list(told_apart((_joined(name.analysis, name.sae, name.apart) or "report" for name in names), taken))


def named_figures(reports: Sequence[Report]) -> Iterator[tuple[str, Figure, Table]]:
    """Name for a file, figure and its table; names may be alike."""
    for report, name in zip(reports, report_names(reports), strict=True):
        for figure in report.figures:
            yield _joined(name.analysis, name.sae, name.apart, figure.name), figure, report.tables[figure.table]


def _joined(*parts: str) -> str:
    return file_name("-".join(filter(None, parts)))


def _in_words(distinct: Mapping[str, str]) -> str:
    """For example: preset = paper, n_clusters = [2, 4], seed = 1."""
    told = [
        f"{_shortened(name.removeprefix('parameter '))} = {_shortened(value)}"
        for name, value in list(distinct.items())[:MAX_DISTINCTIONS]
    ]
    left_out = len(distinct) - len(told)
    return ", ".join([*told, *[f"{left_out} more"] * bool(left_out)])


def _shortened(text: str) -> str:
    text = visible(text)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
