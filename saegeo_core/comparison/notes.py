"""Sentences a reader of the table needs: what is not known of the SAEs, and what the intervals do not cover."""

from collections.abc import Iterable, Iterator, Sequence, Set

from saegeo_core.comparison.sae_facts import SaeFacts, unknown_facts
from saegeo_core.comparison.table import Row
from saegeo_core.firing.sparsity import statement_warning

MAX_NAMES = 6
MAX_WARNINGS = 8


def notes_on(rows: Sequence[Row], facts: Sequence[SaeFacts], plugins: Iterable[str] = ()) -> list[str]:
    """Facts not known of some SAEs, whether intervals contain the spread of seeds, these analyses' warnings; as shown."""
    return [*_unknown(facts), *_seeds(rows), *_warnings(rows, set(plugins))]


def listed(names: Sequence[str], max_names: int = MAX_NAMES) -> str:
    """The names, or the first of them and how many more there are."""
    shown = ", ".join(names[:max_names])
    return shown if len(names) <= max_names else f"{shown} and {len(names) - max_names} more"


def _unknown(facts: Sequence[SaeFacts]) -> Iterator[str]:
    for fact, names in unknown_facts(facts).items():
        who = "any SAE" if len(names) == len(facts) else listed(names)
        yield f"{fact} is not known of {who}: no warning is given there"


def _warnings(rows: Sequence[Row], plugins: Set[str]) -> Iterator[str]:
    """What single reports warn of, each warning once with the SAEs that it is of."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for plugin, report in row.reports.items():
            of_l0 = statement_warning(report.sae)  # told once for all SAEs, beside the table
            for warning in report.warnings if plugin in plugins else ():
                if warning == of_l0:
                    continue
                found.setdefault((plugin, warning), []).append(row.name)
    for (plugin, warning), names in list(found.items())[:MAX_WARNINGS]:
        who = "every SAE" if len(names) == len(rows) > 1 else listed(names)
        yield f"{plugin} on {who}: {warning}"
    if len(found) > MAX_WARNINGS:
        yield f"{len(found) - MAX_WARNINGS} more warnings stand in the reports themselves: saegeo show"


def _seeds(rows: Sequence[Row]) -> Iterator[str]:
    with_interval = [row for row in rows if any(cell.interval for cell in row.cells)]
    without = [row.name for row in with_interval if not any(cell.n_seeds for cell in row.cells)]
    if len(without) == len(with_interval) > 0:
        yield "one seed of each SAE: what training it again would change is in no interval"
    elif without:
        yield f"one seed of {listed(without)}: what training again would change is in no interval there"
