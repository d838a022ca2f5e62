"""What can be set."""

from pydantic import Field, model_validator

from saegeo_core import Parameters


class PowerLawParameters(Parameters):
    """Parameters of power-law."""

    first_rank: int = Field(default=11, ge=1, description="First rank of the window the power law is fitted to.")
    last_rank: int = Field(default=150, ge=3, description="Last rank of that window.")
    n_features: int | None = Field(
        default=None,
        ge=2,
        description="Measure that many rows drawn at random, to compare clouds of different size at one size.",
    )
    null_draws: int = Field(
        default=99, ge=19, description="Spectra drawn without structure; p-values are at least 1/(m+1)."
    )
    power_law_draws: int = Field(
        default=19, ge=0, description="Spectra drawn from an exact power law, at d^3 operations each; 0 draws none."
    )

    @model_validator(mode="after")
    def _window_has_three_ranks(self) -> "PowerLawParameters":
        if self.last_rank < self.first_rank + 2:
            raise ValueError(
                f"a line needs three ranks, and the window runs from {self.first_rank} to {self.last_rank}: "
                "raise last_rank or lower first_rank"
            )
        return self
