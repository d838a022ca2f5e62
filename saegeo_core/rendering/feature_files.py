"""Cards and matches of features for programs: strict JSON, or comma-separated values."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from saegeo_core.inspecting.feature_cards import FeatureCard, row_of
from saegeo_core.inspecting.matching import row_of_match
from saegeo_core.json_text import json_text
from saegeo_core.rendering.comparison.comma_separated import harmless

if TYPE_CHECKING:
    from saegeo_core.inspecting.feature_cards import FeatureCards
    from saegeo_core.inspecting.matching import Matches


def features_json(cards: "FeatureCards") -> str:
    """The SAE, how features were chosen, what is lacking, and a card for each: null for what is not known."""
    return json_text(
        {
            "sae": cards.sae.spec,
            "chosen": cards.chosen or None,
            "n_chosen": cards.n_chosen,
            "lacking": list(cards.lacking),
            "features": [card_content(card) for card in cards],
        }
    )


def card_content(card: FeatureCard) -> dict[str, Any]:
    """A card as plain content."""
    return {
        **{
            name: value
            for name, value in row_of(card).items()
            if name not in ("top_tokens", "nearest", *card.of_reports)
        },
        "top_tokens": [
            {**asdict(token), "share": share}
            for token, share in zip(card.top_tokens, card.shares or [None] * len(card.top_tokens), strict=True)
        ],
        "contexts": [{**asdict(one), "tokens": list(one.tokens)} for one in card.contexts],
        "nearest": [asdict(one) for one in card.nearest],
        "of_reports": dict(card.of_reports),
    }


def matches_json(matches: "Matches") -> str:
    """The SAEs, the probability of the chance level, and each match with both cards."""
    return json_text(
        {
            "sae": matches.sae.spec,
            "other": matches.other.spec,
            "chance": matches.chance,
            "no_chance_level": matches.absent,
            "matches": [
                {
                    "cosine": one.cosine,
                    "chance_cosine": one.chance_cosine,
                    "pvalue": one.pvalue,
                    "is_mutual": one.is_mutual,
                    "others": [asdict(other) for other in one.others],
                    "feature": card_content(one.feature),
                    "counterpart": card_content(one.counterpart),
                }
                for one in matches
            ],
        }
    )


def features_csv(cards: "FeatureCards") -> str:
    """A line for each feature; lists are joined by blanks."""
    return _comma_separated([row_of(card) for card in cards])


def matches_csv(matches: "Matches") -> str:
    """A line for each match."""
    return _comma_separated([row_of_match(one) for one in matches])


def _comma_separated(rows: Sequence[Mapping[str, Any]]) -> str:
    return comma_separated_rows(list(dict.fromkeys(name for row in rows for name in row)), rows)


def comma_separated_rows(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """No value is an empty field; what a spreadsheet would run is text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(harmless, names))
    writer.writerows([_field(row.get(name)) for name in names] for row in rows)
    return out.getvalue()


def _field(value: Any) -> Any:
    if isinstance(value, list):
        return harmless(" ".join(str(one).strip() for one in value))
    return harmless(value) if isinstance(value, str) else value
