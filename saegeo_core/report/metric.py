"""One number, and all that must stand beside it before anyone may believe it.

A metric carries its interval and its null models, or says why it has none. "Not computed" is a value of its own,
`Absent(reason)`, never NaN and never zero: non-finite numbers are refused when a metric is made.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, model_validator

from saegeo_core.frozen import Frozen
from saegeo_core.statistics.alternatives import Alternative
from saegeo_core.statistics.population import Population

Better = Literal["higher", "lower", "neither"]
Probability = Annotated[float, Field(ge=0, le=1)]


class Absent(Frozen):
    """What stands in place of a number, an interval or a null that was not computed."""

    absent: str = Field(min_length=1, description="Why it was not computed.")

    def __init__(self, reason: str | None = None, /, **data: Any) -> None:
        super().__init__(**({"absent": reason} if reason is not None else data))

    # pydantic then knows that it need not be called for what is read, of which there are thousands
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


class Interval(Frozen):
    """A confidence interval."""

    low: FiniteFloat
    high: FiniteFloat
    level: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.95, description="Nominal coverage.")
    method: str = Field(description="How it was computed, in SciPy's words where there are any.")
    population: Population | None = Field(
        default=None, description="What would be drawn again; null where that is not told."
    )
    replicates: int | None = Field(
        default=None, ge=0, description="Resamples behind it; null where the method draws none."
    )
    standard_error: FiniteFloat | None = Field(default=None, ge=0, description="Of the estimate; null where unknown.")
    degrees_of_freedom: FiniteFloat | None = Field(
        default=None,
        gt=0,
        description="Of Student's law behind the interval; null where it reaches as far as the normal one.",
    )
    replicate_factor: FiniteFloat | None = Field(
        default=None,
        ge=0,
        description="The standard error over the standard deviation of the replicates that were kept.",
    )
    replicate_key: str | None = Field(
        default=None, description="Names the parts of the data that the replicates are of; equal keys may be paired."
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Interval":
        if self.low > self.high:
            raise ValueError(f"an interval runs from low to high, not from {self.low} to {self.high}")
        return self


class NullComparison(Frozen):
    """Where the estimate lies in the distribution of a null model."""

    model: str = Field(description="What the null model keeps and what it destroys.")
    draws: int | None = Field(default=None, ge=1, description="Random draws behind it; null where it is exact.")
    mean: FiniteFloat = Field(description="Mean of the null distribution.")
    standard_deviation: FiniteFloat | None = Field(default=None, ge=0)
    z: FiniteFloat | None = Field(
        default=None, description="(estimate - mean) / standard_deviation, where that is defined."
    )
    pvalue: Probability | None = Field(
        default=None, description="(b+1)/(draws+1) where drawn; from the exact law otherwise."
    )
    alternative: Alternative = "two-sided"
    ratio: FiniteFloat | None = Field(
        default=None, description="estimate / mean, of controls whose mean is clear of 0; null elsewhere."
    )
    ratio_low: FiniteFloat | None = Field(
        default=None, description="From the interval of the estimate and the standard error of the mean, at its level."
    )
    ratio_high: FiniteFloat | None = None


class Metric(Frozen):
    """One number at one stated setting. A sweep over settings is a table, not a list of metrics."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    estimate: FiniteFloat | Absent
    interval: Interval | Absent
    nulls: tuple[NullComparison, ...] | Absent = Field(description="The judging null first.")
    n: int = Field(ge=0, description="How many things the number is computed from.")
    unit: str = Field(description="Unit of the number, for example 'fraction', 'cosine', 'nats', 'features'.")
    better: Better = Field(description="Which direction a user would call better.")
    description: str = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> "Metric":
        if isinstance(self.nulls, tuple) and not self.nulls:
            raise ValueError(f"metric {self.name} has no null: give Absent(reason) instead of an empty list")
        if isinstance(self.estimate, Absent) and not (
            isinstance(self.interval, Absent) and isinstance(self.nulls, Absent)
        ):
            raise ValueError(f"metric {self.name} is absent, so it can have neither interval nor null")
        return self

    @classmethod
    def missing(cls, name: str, reason: str, *, unit: str, better: Better, description: str, n: int = 0) -> "Metric":
        """A metric that could not be computed, for `reason`."""
        absent = Absent(reason)
        return cls(
            name=name,
            estimate=absent,
            interval=absent,
            nulls=absent,
            n=n,
            unit=unit,
            better=better,
            description=description,
        )

    @property
    def value(self) -> float | None:
        """The estimate as a number, or None where it is absent."""
        return None if isinstance(self.estimate, Absent) else self.estimate
