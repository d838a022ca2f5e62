"""Which metrics are compared: the headline of every analysis, or those the user names."""

import fnmatch
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from saegeo_core.comparison.table import Column
from saegeo_core.errors import SaegeoError, near_matches

if TYPE_CHECKING:
    from saegeo_core.report.report import Report


def choose_columns(reports: "Iterable[Report]", wanted: Sequence[str] = ()) -> list[Column]:
    """Columns in the order in which they are named; headlines in the order in which the analyses first come.

    Args:
        reports: where the metrics are.
        wanted: `plugin.metric` each, wildcards allowed; empty for the headlines.

    Raises:
        SaegeoError: a name that no report has.
    """
    known: dict[str, Column] = {}
    headlines: dict[str, Column] = {}
    for report in reports:
        plugin = report.analysis.name
        for metric in report.measured:
            column = Column(plugin, metric.name, metric.unit, metric.better, metric.description)
            known.setdefault(column.id, column)
            if metric.name == report.analysis.headline:
                headlines.setdefault(column.id, column)
    if not wanted:
        return list(headlines.values())
    return list(dict.fromkeys(column for name in wanted for column in _matching(name, known)))


def _matching(name: str, known: dict[str, Column]) -> list[Column]:
    found = [column for id_, column in known.items() if fnmatch.fnmatchcase(id_, name)]
    if not found:
        owners = [id_ for id_ in known if id_.endswith(f".{name}")]
        told = near_matches(name, list(known)) if not owners else f"did you mean {' or '.join(map(repr, owners))}?"
        raise SaegeoError(f"no report has the metric {name!r} ({told})", "type --metric PLUGIN.METRIC")
    return found
