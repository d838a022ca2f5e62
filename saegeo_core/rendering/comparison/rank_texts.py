"""The rankings of a comparison as plain tables of texts, one for each metric."""

from collections.abc import Iterable

from saegeo_core.comparison.comparison import Comparison
from saegeo_core.comparison.ranking import LEVEL, POWER, RankedSae, Ranking
from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.plain_text import clean
from saegeo_core.rendering.text_table import TextTable

MOST_ONE_BY_ONE = 3
"""Letters in a row that are written one by one; more are a range."""
HEADINGS = ("SAE", "rank", "rank, 95 %", "estimate", "ties")


def rank_texts(comparison: Comparison) -> list[TextTable]:
    """A table for each column, in the order of its ranks; nothing where no ranks were asked for."""
    return [_table(ranking) for ranking in comparison.rankings]


def _table(ranking: Ranking) -> TextTable:
    if ranking.reason:
        notes = [f"not ranked: {ranking.reason}"]
    else:
        notes = [
            f"rank 1 is the {ranking.first}; {count(ranking.n_told_apart)} of {count(ranking.n_pairs)} pairs are told apart; "
            f"SAEs with a letter in common are not (Benjamini-Hochberg at {LEVEL:g}); a-e is a, b, c, d, e",
            "the intervals of ranks hold together for all SAEs (Holm)",
            f"a difference of {significant(ranking.detectable, 2)} would have been found with a chance of {POWER:g}",
        ]
    return TextTable(
        headings=HEADINGS,
        rows=tuple(tuple(map(clean, _row(sae))) for sae in ranking.saes),
        groups=("",) * len(ranking.saes),
        notes=tuple(map(clean, notes)),
        title=clean(f"ranks by {ranking.column}"),
    )


def _row(sae: RankedSae) -> tuple[str, ...]:
    ends = count(sae.low) if sae.low == sae.high else f"{count(sae.low)} to {count(sae.high)}"
    return sae.name, count(sae.rank), ends, significant(sae.estimate), letters(sae.ties)


def letters(groups: Iterable[int]) -> str:
    """Groups as letters: a for the first, b for the second, aa for the twenty-seventh; b-f for b to f, for many are in a row."""
    runs: list[list[int]] = []
    for group in sorted(groups):
        if runs and group == runs[-1][-1] + 1:
            runs[-1].append(group)
        else:
            runs.append([group])
    return " ".join(
        f"{_letter(run[0])}-{_letter(run[-1])}" if len(run) > MOST_ONE_BY_ONE else " ".join(map(_letter, run))
        for run in runs
    )


def _letter(number: int) -> str:
    more, own = divmod(number, 26)
    return (_letter(more - 1) if more else "") + chr(ord("a") + own)
