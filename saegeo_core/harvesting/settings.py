"""What a user decides of a harvest, besides what is harvested from what."""

from dataclasses import dataclass

from saegeo_core.errors import SaegeoError


@dataclass(frozen=True)
class HarvestSettings:
    """The rules of a harvest; part of every result.

    Attributes:
        block_tokens: tokens in a block.
        fires_above: a feature fires on a token where its activation is strictly greater. What the SAE's own thresholds
            set to zero never fires.
        keep_tails: keep what documents leave over after their full blocks, as shorter blocks.
        documents: stop after so many documents; None for all.
        tokens: stop after so many tokens, those of dropped tails included; None for all.
        control_draws: reflected controls harvested beside every SAE.
        gaussian_draws: Gaussian ones besides.
        seed: decides which they are.
        contexts: of each feature keep so many of the contexts in which it fired most strongly, and its top tokens; 0 for top tokens
            alone, None for neither.

    Raises:
        SaegeoError: a number that cannot be meant.
    """

    block_tokens: int = 256
    fires_above: float = 0.0
    keep_tails: bool = False
    documents: int | None = None
    tokens: int | None = None
    control_draws: int = 0
    gaussian_draws: int = 0
    seed: int = 0
    contexts: int | None = None

    @property
    def has_controls(self) -> bool:
        """Whether untrained dictionaries are harvested beside every SAE."""
        return bool(self.control_draws or self.gaussian_draws)

    def __post_init__(self) -> None:
        if self.block_tokens < 1:
            raise SaegeoError(
                f"a block of {self.block_tokens} tokens was asked for", "--block-tokens 256 is the default"
            )
        if not 0 <= self.fires_above < float("inf"):
            raise SaegeoError(
                f"features were to fire above {self.fires_above}", "give 0 or a positive number: silent features read 0"
            )
        if self.documents is not None and self.tokens is not None:
            raise SaegeoError("both a number of documents and of tokens are given", "give one of them")
        if self.contexts is not None and self.contexts < 0:
            raise SaegeoError(f"{self.contexts} contexts were asked for", "give 0 for top tokens alone, or more")
        for limit in (self.documents, self.tokens):
            if limit is not None and limit < 1:
                raise SaegeoError(f"a harvest of {limit} documents or tokens was asked for", "give at least 1")
