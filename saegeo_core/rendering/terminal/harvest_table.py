"""What a harvest found, one line for each SAE."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.rich_table import rich_table
from saegeo_core.rendering.terminal.short_name import ShortName

if TYPE_CHECKING:
    from saegeo_core.harvesting.finished import Harvested


def harvest_table(harvested: "Sequence[Harvested]") -> RenderableType:
    """Blocks, tokens, features alive and dead, mean number of features on at a token, tails; then what holds for all."""
    table = rich_table()
    rows = [_numbers(one) for one in harvested]
    table.add_column("SAE")
    for place, heading in enumerate(("blocks", "tokens", "alive", "dead", "L0", f"tails {harvested[0].firing.tails}")):
        # A number is never cut: its column is as wide as it is, whatever becomes of the names.
        table.add_column(heading, justify="right", no_wrap=True, min_width=max(len(row[place]) for row in rows))
    for one, row in zip(harvested, rows, strict=True):
        table.add_row(ShortName(one.spec), *row)
    return Group(table, _notes(harvested))


def _numbers(one: "Harvested") -> list[str]:
    """The numbers of one SAE, as text."""
    firing = one.firing
    n_tokens, n_alive = firing.n_tokens or 0, int((firing.counts > 0).sum())
    l0 = "unknown" if firing.token_counts is None else significant(float(firing.token_counts.sum()) / n_tokens, 3)
    numbers = [firing.n_blocks, n_tokens, n_alive, firing.n_features - n_alive]
    return [*map(count, numbers), l0, count(firing.n_tails or 0)]


def _notes(harvested: "Sequence[Harvested]") -> RenderableType:
    text, n_controls = harvested[0].firing.corpus, len(harvested[0].firing.controls_from)
    notes = [f"{count(text['documents'])} documents"]
    for number, words in (
        (text["documents_without_block"], "without a full block"),
        (text["skipped_lines"], "broken lines skipped"),
        (text["tokens_in_tails"], "tokens in tails"),
        (sum(one.firing.corpus["high_norm_tokens"] for one in harvested), "tokens of over ten times the usual norm"),
        (n_controls, "control" if n_controls == 1 else "controls for each SAE"),
    ):
        if number:
            notes.append(f"{count(number)} {words}")
    return plain("; ".join(notes), "dim")
