"""The rankings of a comparison as plain tables of texts, one for each metric."""

from collections.abc import Sequence

from saegeo_core.comparison.comparison import Comparison
from saegeo_core.comparison.ranking import LEVEL, MOST_GROUPS, POWER, RankedSae, Ranking
from saegeo_core.rendering.metric_words import DASH
from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.text_table import TextTable
from saegeo_core.visible_text import visible

HEADINGS = ("SAE", "rank", "rank, 95 %", "estimate", "ties")
IN_FULL = 3
"""Letters in a row that are all written."""


def rank_texts(comparison: Comparison) -> list[TextTable]:
    """A table for each column, in the order of its ranks; nothing where no ranks were asked for."""
    return [_table(ranking) for ranking in comparison.rankings]


def _table(ranking: Ranking) -> TextTable:
    if ranking.reason:
        notes = [f"not ranked: {ranking.reason}"]
    else:
        are_grouped = any(sae.ties for sae in ranking.saes)
        letters_in_common = (
            f"SAEs with a letter in common are not (Benjamini-Hochberg at {LEVEL:g}); a-e is a, b, c, d, e"
            if are_grouped
            else f"groups of ties are more than {count(MOST_GROUPS)}, too many for letters"
        )
        notes = [
            f"rank 1 is the {ranking.first}; {count(ranking.n_told_apart)} of {count(ranking.n_pairs)} pairs are told apart; "
            + letters_in_common,
            "the intervals of ranks hold together for all SAEs (Holm)",
            f"a difference of {significant(ranking.detectable, 2)} would have been found with a chance of {POWER:g}",
        ]
    return TextTable(
        headings=HEADINGS,
        rows=tuple(tuple(map(visible, _row(sae))) for sae in ranking.saes),
        groups=("",) * len(ranking.saes),
        notes=tuple(map(visible, notes)),
        title=visible(f"ranks by {ranking.column}"),
    )


def _row(sae: RankedSae) -> tuple[str, ...]:
    ends = count(sae.low) if sae.low == sae.high else f"{count(sae.low)} to {count(sae.high)}"
    return sae.name, count(sae.rank), ends, significant(sae.estimate), letters(sae.ties) or DASH


def letters(groups: Sequence[int]) -> str:
    """Ascending groups as letters: a for the first, b for the second, aa for the twenty-seventh; b-f for many in a row."""
    runs: list[list[int]] = []
    for group in groups:
        if runs and group == runs[-1][-1] + 1:
            runs[-1].append(group)
        else:
            runs.append([group])
    return " ".join(
        " ".join(map(_letter, run)) if len(run) <= IN_FULL else f"{_letter(run[0])}-{_letter(run[-1])}" for run in runs
    )


def _letter(number: int) -> str:
    more, own = divmod(number, 26)
    return (_letter(more - 1) if more else "") + chr(ord("a") + own)
