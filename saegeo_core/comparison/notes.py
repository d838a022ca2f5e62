"""Sentences a reader of the table needs: what is not known of the SAEs, and what the intervals do and do not cover."""

from collections.abc import Iterator, Sequence

from saegeo_core.comparison.guard import SaeFacts, unknown_facts
from saegeo_core.comparison.table import Column, Row

NAMES_SHOWN = 4


def notes_on(rows: Sequence[Row], columns: Sequence[Column], facts: Sequence[SaeFacts]) -> list[str]:
    """In the order in which they are shown."""
    return [*_unknown(facts), *_seeds(rows), *_ways(rows, columns)]


def listed(names: Sequence[str], most: int = NAMES_SHOWN) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _unknown(facts: Sequence[SaeFacts]) -> Iterator[str]:
    for fact, names in unknown_facts(facts).items():
        who = "every SAE" if len(names) == len(facts) else listed(names)
        yield f"{fact} is not known of {who}, so it could not be compared there"


def _seeds(rows: Sequence[Row]) -> Iterator[str]:
    with_seeds = [row.name for row in rows if any(cell.n_seeds for cell in row.cells)]
    if not with_seeds:
        if any(cell.interval for row in rows for cell in row.cells):
            yield "intervals speak of each SAE as it is; the spread of training again with another seed is in none of them"
        return
    yield f"the spread of seeds of one configuration is in the intervals of {listed(with_seeds)}"
    without = [row.name for row in rows if row.name not in with_seeds]
    if without:
        yield f"it is not in those of {listed(without)}: one seed each, so they speak of that SAE alone"


def _ways(rows: Sequence[Row], columns: Sequence[Column]) -> Iterator[str]:
    """How differences were judged: one line for each way, with the columns where it was."""
    ways: dict[str, list[str]] = {}
    for row in rows:
        for column, cell in zip(columns, row.cells, strict=True):
            difference = cell.difference
            if difference:
                way = difference.interval.method if difference.interval else difference.note
                ways.setdefault(way, []).append(column.id)
    for way, ids in ways.items():
        yield f"differences of {', '.join(dict.fromkeys(ids))}: {way}"
