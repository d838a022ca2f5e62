"""What a harvest found, one line for each SAE."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.plain_text import plain

if TYPE_CHECKING:
    from saegeo_core.harvest.finished import Harvested


def harvest_table(harvested: "Sequence[Harvested]") -> RenderableType:
    """Blocks, tokens, features alive and dead, mean number of features on at a token; then what did not count."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("SAE", overflow="fold")
    headings = ("blocks", "tokens", "alive", "dead", "L0", "tails " + str(harvested[0].firing.tails), "controls")
    for heading in headings:
        table.add_column(heading, justify="right")
    for one in harvested:
        firing = one.firing
        n_alive = int((firing.counts > 0).sum())
        l0 = (
            float(firing.token_counts.sum()) / firing.n_tokens
            if firing.token_counts is not None and firing.n_tokens
            else 0.0
        )
        table.add_row(
            plain(one.spec),
            count(firing.n_blocks),
            count(firing.n_tokens or 0),
            count(n_alive),
            count(firing.n_features - n_alive),
            significant(l0, 3),
            count(firing.n_tails or 0),
            count(len(firing.controls_from)),
        )
    return Group(table, *_notes(harvested))


def _notes(harvested: "Sequence[Harvested]") -> list[RenderableType]:
    text = harvested[0].firing.corpus
    notes = [f"{count(text['documents'])} documents"]
    for name, words in {
        "documents_without_block": "shorter than a block",
        "skipped_lines": "broken lines skipped",
        "tokens_in_tails": "tokens in tails",
        "high_norm_tokens": "tokens of more than ten times the usual norm",
    }.items():
        if text[name]:
            notes.append(f"{count(text[name])} {words}")
    return [plain("; ".join(notes), "dim")]
