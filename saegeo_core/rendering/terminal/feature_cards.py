"""Cards of features: what is known of each on a few lines, contexts with the firing token marked."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.visible_text import visible

if TYPE_CHECKING:
    from saegeo_core.firing.contexts import Context
    from saegeo_core.inspecting.feature_cards import FeatureCard, FeatureCards

INDENT = 2
LEFT, RIGHT = "<<", ">>"
"""Around the token that a feature fires on: plain text too shows it."""
ELLIPSIS = "…"
ESCAPED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"'}


def feature_cards(cards: "FeatureCards", width: int) -> RenderableType:
    """The cards for a terminal `width` columns wide, and what is lacking."""
    parts: list[RenderableType] = [plain(_heading(cards))]
    for card in cards:
        parts += [Text(), *feature_card(card, width)]
    if cards.lacking:
        parts += [Text(), *(plain(f"not known: {one}", "dim") for one in cards.lacking)]
    return Group(*parts)


def feature_card(card: "FeatureCard", width: int) -> Iterator[RenderableType]:
    """One card."""
    label = [f"  {card.label}"] if card.label else []
    yield plain(f"feature {card.feature}{''.join(label)}", "bold")
    inside = width - INDENT
    for line in filter(None, (_firing(card), _groups(card), _nearest(card))):
        yield Padding(plain(line), (0, 0, 0, INDENT))
    if card.top_tokens:
        yield Padding(_top_tokens(card, inside), (0, 0, 0, INDENT))
    values = [significant(one.value, 3) for one in card.contexts]
    widest = max(map(cell_len, values), default=0)
    for value, context in zip(values, card.contexts, strict=True):
        told = Text.assemble((value.rjust(widest), "dim"), "  ", context_line(context, inside - widest - 2))
        told.no_wrap = True
        yield Padding(told, (0, 0, 0, INDENT))


def context_line(context: "Context", width: int) -> Text:
    """A context on one line of that width: the firing token whole where there is room, what is around it as far as there is."""
    before, fired, after = (
        visible("".join(part))
        for part in (
            context.tokens[: context.fired],
            context.tokens[context.fired : context.fired + 1],
            context.tokens[context.fired + 1 :],
        )
    )
    blank = fired[: len(fired) - len(fired.lstrip())]
    marked = f"{LEFT}{first_cells(fired[len(blank) :], max(1, width - len(LEFT + RIGHT)))}{RIGHT}"
    before += blank
    room = max(0, width - cell_len(marked))
    of_before = min(cell_len(before), max(room // 2, room - cell_len(after)))
    return Text.assemble(last_cells(before, of_before), (marked, "bold"), first_cells(after, room - of_before))


def token_text(text: str) -> str:
    """A token between quotation marks: blanks at its ends are seen, and line breaks by their names."""
    return f'"{visible("".join(ESCAPED.get(one, one) for one in text))}"'


def first_cells(text: str, width: int) -> str:
    """As much of the beginning of a text as takes so many columns, with an ellipsis where it is cut."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[:-1]
    return text + ELLIPSIS if width > 0 else ""


def last_cells(text: str, width: int) -> str:
    """As much of its end."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[1:]
    return ELLIPSIS + text if width > 0 else ""


def _heading(cards: "FeatureCards") -> str:
    n, chosen = len(cards), f", {cards.chosen}" if cards.chosen else ""
    of = f"{count(n)} of {count(cards.n_chosen)}" if n < cards.n_chosen else count(n)
    return f"{cards.sae.spec}{chosen}: {of} feature{'' if cards.n_chosen == 1 else 's'}"


def _firing(card: "FeatureCard") -> str:
    rates = ((card.token_rate, "tokens"), (card.block_rate, "blocks"))
    often = ", ".join(f"{significant(100 * rate, 2)} % of {of}" for rate, of in rates if rate is not None)
    strong = f"mean {significant(card.mean_activation, 3)}" if card.mean_activation is not None else ""
    most = f"max {significant(card.max_activation, 3)}" if card.max_activation else ""
    told = [often and f"on in {often}", ", ".join(filter(None, [strong, most])), f"norm {significant(card.norm, 3)}"]
    return "; ".join(filter(None, told))


def _groups(card: "FeatureCard") -> str:
    return "; ".join(f"{name} {_value(value)}" for name, value in card.of_reports.items() if value is not None)


def _value(value: object) -> str:
    return significant(value, 3) if isinstance(value, float) else str(value)


def _nearest(card: "FeatureCard") -> str:
    told = ", ".join(f"{one.feature} ({significant(one.cosine, 2)})" for one in card.nearest)
    return f"nearest {told}" if told else ""


def _top_tokens(card: "FeatureCard", width: int) -> Text:
    """As many as one line has room for, each with its share of all activation."""
    shares = [f" {significant(100 * share, 2)} %" for share in card.shares] or [""] * len(card.top_tokens)
    line = "fires on"
    for number, (token, share) in enumerate(zip(card.top_tokens, shares, strict=True)):
        longer = f"{line}{',' if number else ''} {token_text(token.text)}{share}"
        if number and cell_len(longer) > width:
            break
        line = longer
    told = Text(first_cells(line, width))
    told.no_wrap = True
    return told
