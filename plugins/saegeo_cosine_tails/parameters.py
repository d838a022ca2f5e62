"""What can be set."""

from pydantic import Field

from saegeo_core import Parameters


class CosineTailsParameters(Parameters):
    """Parameters of cosine-tails."""

    p0: float = Field(default=1e-6, gt=0, lt=1, description="Null probability of a tail pair: fixes the threshold.")
    least_expected: float = Field(
        default=20, ge=0, description="Tail pairs expected under the uniform null before p0 is raised, in small clouds."
    )
    threshold: float | None = Field(default=None, ge=0, lt=1, description="A fixed cosine in place of p0.")
