"""Sentences a reader of the table needs: what is not known of the SAEs, and what the intervals do not cover."""

from collections.abc import Iterator, Sequence

from saegeo_core.comparison.sae_facts import SaeFacts, unknown_facts
from saegeo_core.comparison.table import Row

MAX_NAMES = 6


def notes_on(rows: Sequence[Row], facts: Sequence[SaeFacts]) -> list[str]:
    """Facts that are not known of some SAEs, and whether intervals contain the spread of seeds; in the order shown."""
    return [*_unknown(facts), *_seeds(rows)]


def listed(names: Sequence[str], max_names: int = MAX_NAMES) -> str:
    """The names, or the first of them and how many more there are."""
    shown = ", ".join(names[:max_names])
    return shown if len(names) <= max_names else f"{shown} and {len(names) - max_names} more"


def _unknown(facts: Sequence[SaeFacts]) -> Iterator[str]:
    for fact, names in unknown_facts(facts).items():
        who = "any SAE" if len(names) == len(facts) else listed(names)
        yield f"{fact} is not known of {who}: no warning is given there"


def _seeds(rows: Sequence[Row]) -> Iterator[str]:
    with_interval = [row for row in rows if any(cell.interval for cell in row.cells)]
    without = [row.name for row in with_interval if not any(cell.n_seeds for cell in row.cells)]
    if len(without) == len(with_interval) > 0:
        yield "one seed of each SAE: intervals speak of the SAE as it is, not of what training it again would give"
    elif without:
        yield f"one seed of {listed(without)}: intervals there speak of the SAE as it is, not of training it again"
