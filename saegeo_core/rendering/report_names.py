"""What each of several reports is called, and the file of each of their figures, so that no two names are the same."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from saegeo_core.comparison.distinctions import distinct_names, distinctions
from saegeo_core.rendering.plain_text import clean
from saegeo_core.report.findings import Figure
from saegeo_core.report.report import Report, Table

MAX_DISTINCTIONS = 4
MAX_TEXT = 40
"""Characters of a parameter's name, and of its value."""
MAX_FILE_NAME = 150
"""Characters, without what numbers a name that comes again."""


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
    known = set(taken)
    found = []
    for name in names:
        plain = file_name("-".join(filter(None, [name.analysis, name.sae, name.apart]))) or "report"
        link = next(link for link in chain([plain], (f"{plain}-{n}" for n in count(2))) if link not in known)
        known.add(link)
        found.append(link)
    return found


def named_figures(reports: Sequence[Report]) -> Iterator[tuple[str, Figure, Table]]:
    """Name without suffix, figure and its table. Names differ, and hold letters, digits, dots, dashes and underscores only."""
    taken: dict[str, int] = {}
    for report, of_report in zip(reports, report_names(reports), strict=True):
        for figure in report.figures:
            name = file_name("-".join(filter(None, [of_report.analysis, of_report.sae, of_report.apart, figure.name])))
            taken[name] = taken.get(name, 0) + 1
            again = f"-{taken[name]}" if taken[name] > 1 else ""
            yield f"{name}{again}", figure, report.tables[figure.table]


def _in_words(distinct: Mapping[str, str]) -> str:
    """For example: preset = paper, n_clusters = [2, 4], seed = 1."""
    told = [
        f"{_shortened(name.removeprefix('parameter '))} = {_shortened(value)}"
        for name, value in list(distinct.items())[:MAX_DISTINCTIONS]
    ]
    left_out = len(distinct) - len(told)
    return ", ".join([*told, *[f"{left_out} more"] * bool(left_out)])


def _shortened(text: str) -> str:
    text = clean(text)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def file_name(text: str) -> str:
    """Letters, digits, dots, dashes and underscores of the text, at most MAX_FILE_NAME: a long one keeps both ends."""
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")
    if len(plain) <= MAX_FILE_NAME:
        return plain
    head = MAX_FILE_NAME // 3
    return f"{plain[:head]}--{plain[head + 2 - MAX_FILE_NAME :]}"
