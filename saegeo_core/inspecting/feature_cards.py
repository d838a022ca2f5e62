"""What is known of single features, put together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from saegeo_core.cloud.description import SaeDescription
from saegeo_core.display import display
from saegeo_core.firing.contexts import Context, TopToken

if TYPE_CHECKING:
    import pandas as pd

Value = str | bool | int | float | None


@dataclass(frozen=True)
class Neighbor:
    """Another feature, and its cosine."""

    feature: int
    cosine: float


@dataclass(frozen=True, kw_only=True)
class FeatureCard:
    """What is known of one feature; None is not known.

    Attributes:
        feature: its number in the SAE.
        label: what somebody called it.
        norm: length of its direction as stored.
        token_rate: share of tokens on which it fires.
        block_rate: share of blocks in which it fires.
        mean_activation: over the tokens on which it fires.
        max_activation: the largest of these.
        top_tokens: tokens with the largest sums of activations, as shares of all its activation in `shares`.
        shares: what each top token has of the sum of its activations; empty where that sum is not known.
        contexts: where it fired most strongly.
        nearest: the features whose directions have the largest cosines with its own.
        of_reports: what stored reports say of it, by column: `lobe`, `family`, `stability` and those of a table asked for.
    """

    feature: int
    norm: float
    label: str | None = None
    token_rate: float | None = None
    block_rate: float | None = None
    mean_activation: float | None = None
    max_activation: float | None = None
    top_tokens: tuple[TopToken, ...] = ()
    shares: tuple[float, ...] = ()
    contexts: tuple[Context, ...] = ()
    nearest: tuple[Neighbor, ...] = ()
    of_reports: Mapping[str, Value] = field(default_factory=dict)


class FeatureCards(Sequence[FeatureCard]):
    """Cards in order; a slice is one again.

    Attributes:
        sae: whose features.
        chosen: how they were chosen, in words.
        n_chosen: how many were chosen, of which these are the first.
        lacking: what is not known, each with what to type to know it.
    """

    def __init__(
        self,
        cards: Iterable[FeatureCard],
        sae: SaeDescription,
        *,
        chosen: str = "",
        n_chosen: int | None = None,
        lacking: Iterable[str] = (),
    ) -> None:
        self._cards = tuple(cards)
        self.sae, self.chosen, self.lacking = sae, chosen, tuple(lacking)
        self.n_chosen = len(self._cards) if n_chosen is None else n_chosen

    def __len__(self) -> int:
        return len(self._cards)

    @overload
    def __getitem__(self, place: int) -> FeatureCard: ...
    @overload
    def __getitem__(self, place: slice) -> "FeatureCards": ...
    def __getitem__(self, place: int | slice) -> "FeatureCard | FeatureCards":
        if isinstance(place, int):
            return self._cards[place]
        return FeatureCards(
            self._cards[place], self.sae, chosen=self.chosen, n_chosen=self.n_chosen, lacking=self.lacking
        )

    def __repr__(self) -> str:
        return display().features_line(self)

    def __str__(self) -> str:
        """What `saegeo features` prints of them, at 80 columns."""
        return display().features_text(self)

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each feature: the numbers of its card, `top_tokens` and `nearest` as lists, and what `of_reports` has."""
        import pandas as pd

        return pd.DataFrame([row_of(card) for card in self])


def row_of(card: FeatureCard) -> dict[str, Any]:
    """A card as one row: names to plain values and lists of them."""
    return {
        "feature": card.feature,
        "label": card.label,
        "norm": card.norm,
        "token_rate": card.token_rate,
        "block_rate": card.block_rate,
        "mean_activation": card.mean_activation,
        "max_activation": card.max_activation,
        "top_tokens": [token.text for token in card.top_tokens],
        "nearest": [one.feature for one in card.nearest],
        **card.of_reports,
    }
