"""What a harvest found, one line for each SAE."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from saegeo_core.firing.sparsity import mean_firing
from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.fitted_table import fitted_table

if TYPE_CHECKING:
    from saegeo_core.harvesting.finished import Harvested


def harvest_table(harvested: "Sequence[Harvested]", width: int) -> RenderableType:
    """Blocks, tokens, features alive and dead, mean number of features on at a token, tails; then what holds for all."""
    above, tails = harvested[0].firing.fires_above, harvested[0].firing.tails
    headings = ("SAE", "blocks", "tokens", "alive", "dead", f"L0 > {above:g}" if above else "L0", f"tails {tails}")
    rows = [[plain(text) for text in (one.spec, *_numbers(one))] for one in harvested]
    return Group(fitted_table([(heading,) for heading in headings], rows, width), _notes(harvested))


def _numbers(one: "Harvested") -> list[str]:
    """The numbers of one SAE, as text."""
    firing = one.firing
    n_tokens, n_alive = firing.n_tokens or 0, int((firing.counts > 0).sum())
    l0 = mean_firing(firing)
    numbers = [firing.n_blocks, n_tokens, n_alive, firing.n_features - n_alive]
    return [*map(count, numbers), "unknown" if l0 is None else significant(l0, 3), count(firing.n_tails or 0)]


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
