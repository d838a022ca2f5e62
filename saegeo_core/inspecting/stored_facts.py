"""What stored reports say of single features: every table that has a row for each of some features."""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.comparison.feature_table import FEATURE, is_of_features
from saegeo_core.comparison.telling_reports import one_of_each_analysis
from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.inspecting.feature_cards import Value
from saegeo_core.report.gather import gather
from saegeo_core.report.report import Report, Table

WRITTEN_BY = {"lobe": "lobes", "family": "redundancy", "stability": "seeds"}
"""Columns that a card shows, and the analyses that write them."""
NUMBERED = re.compile(r"[a-z]+ ([0-9]{1,9})")
"""As legends of figures have groups: lobe 5."""


@dataclass(frozen=True)
class StoredTable:
    """A table of a report with a row for each of some features.

    Attributes:
        name: as `--table` takes it, lobes.map.
        features: numbers in the SAE, in the order of the table.
        columns: the other columns, by name.
    """

    name: str
    features: Sequence[int]
    columns: Mapping[str, Sequence[Value]]

    def column(self, name: str) -> dict[int, Value]:
        """A column by feature."""
        return dict(zip(self.features, map(_plain, self.columns[name]), strict=True))


class StoredFacts:
    """What the reports of one SAE say of its features, one of each analysis (`saegeo_core.comparison.telling_reports`).

    Attributes:
        tables: by name.
        place: where the reports are, in words.
    """

    def __init__(self, reports: Iterable[Report], place: str) -> None:
        tables = (
            stored_table(f"{name}.{table}", content)
            for name, report in one_of_each_analysis(list(reports)).items()
            for table, content in report.tables.items()
        )
        self.tables = {table.name: table for table in tables if table is not None}
        self.place = place
        self.preferred: Sequence[StoredTable] = ()

    def preferring(self, table: StoredTable) -> "StoredFacts":
        """The same, where columns come from that table if it has them."""
        facts = copy(self)
        facts.preferred = [table]
        return facts

    @classmethod
    def of(cls, cloud: FeatureCloud, results: str | Path | Sequence[Report]) -> "StoredFacts":
        """Those of the reports, or below a folder of them, that are of just these directions; none where there is no folder.

        Raises:
            SaegeoError: there are reports, and all of them are damaged.
        """
        if not isinstance(results, str | Path):
            return cls((report for report in results if report.sae.digest == cloud.digest), "the reports given")
        folder = Path(results) / cloud.sae.release / cloud.sae.sae_id
        found, skipped = gather([folder]) if folder.exists() else ([], [])
        if skipped and not found and any(folder.rglob("*.json")):
            raise skipped[0]
        return cls((report for report in found if report.sae.digest == cloud.digest), str(results))

    def column(self, name: str) -> dict[int, Value]:
        """The column of that name by feature, from the table that has it for the most features; empty where none has it."""
        having = [table for table in self.preferred or self.tables.values() if name in table.columns]
        having = having or [table for table in self.tables.values() if name in table.columns]
        return max(having, key=lambda table: len(table.features)).column(name) if having else {}

    def table(self, name: str) -> StoredTable:
        """The table of that name.

        Raises:
            SaegeoError: no report has it.
        """
        if name not in self.tables:
            known = f"; {near_matches(name, list(self.tables))}" if self.tables else ""
            raise SaegeoError(
                f"no report in {self.place} has a table {name} of features",
                f"saegeo run --plugin {name.partition('.')[0]} makes reports{known}",
            )
        return self.tables[name]

    def typical(self, column: str, value: int) -> list[int]:
        """Features that a table ranks within groups of that column, of one group the first first."""
        ranked = [
            (int(rank), feature)
            for table in self.tables.values()
            if {column, "rank"} <= table.columns.keys()
            for feature, group, rank in zip(table.features, table.columns[column], table.columns["rank"], strict=True)
            if group == value and isinstance(rank, int)
        ]
        return [feature for _, feature in sorted(ranked)]


def stored_table(name: str, table: Table) -> StoredTable | None:
    """A table as one of features; None where it has no row for each of some."""
    if not is_of_features(table):
        return None
    there = [place for place, feature in enumerate(table.columns[FEATURE]) if feature is not None]
    columns = {name: [values[place] for place in there] for name, values in table.columns.items()}
    return StoredTable(name, [int(one) for one in columns.pop(FEATURE)], columns)  # type: ignore[arg-type]  # they are numbers


def _plain(value: Value) -> Value:
    """A group as its number: lobe 5 is 5."""
    found = NUMBERED.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found else value
