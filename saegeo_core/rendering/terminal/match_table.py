"""Features beside their counterparts in another SAE, and how near chance comes."""

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from saegeo_core.rendering.numbers import pvalue, significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.feature_cards import feature_card
from saegeo_core.rendering.terminal.fitted_table import fitted_table

if TYPE_CHECKING:
    from saegeo_core.inspecting.matching import Match, Matches


def match_table(matches: "Matches", width: int) -> RenderableType:
    """A line for each feature; of a single one both cards besides, and the next candidates."""
    level = f"{significant(100 * matches.chance, 2)} % chance"
    headings = [(one,) for one in ("feature", "counterpart", "cosine", level, "p", "mutual")]
    rows = [[plain(text) for text in _cells(one)] for one in matches]
    told = [
        plain(f"{matches.sae.spec} in {matches.other.spec}"),
        Text(),
        fitted_table(headings, rows, width),
        plain(
            f"no chance level: {matches.absent}"
            if matches.absent
            else f"{level}: what the largest cosine with as many directions of the law of {matches.other.spec} exceeds so often; "
            "p: how often it is as large as here",
            "dim",
        ),
    ]
    if len(matches) == 1:
        told += _both(matches[0], matches, width)
    return Group(*told)


def _cells(match: "Match") -> list[str]:
    return [
        str(match.feature.feature),
        str(match.counterpart.feature),
        significant(match.cosine, 3),
        "unknown" if match.chance_cosine is None else significant(match.chance_cosine, 3),
        "unknown" if match.pvalue is None else pvalue(match.pvalue),
        "yes" if match.is_mutual else "no",
    ]


def _both(match: "Match", matches: "Matches", width: int) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if match.others:
        others = ", ".join(f"{one.feature} ({significant(one.cosine, 2)})" for one in match.others)
        parts.append(plain(f"next candidates: {others}"))
    for spec, card in ((matches.sae.spec, match.feature), (matches.other.spec, match.counterpart)):
        parts += [Text(), plain(spec, "dim"), *feature_card(card, width)]
    return parts
