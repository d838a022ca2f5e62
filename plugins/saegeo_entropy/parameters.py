"""What can be set."""

from pydantic import Field

from saegeo_core import Parameters


class EntropyParameters(Parameters):
    """Parameters of entropy."""

    n_rows: int = Field(default=10_000, ge=1, description="Rows scored at most, drawn without replacement.")
    q: int = Field(
        default=20, ge=1, description="Principal components of the headline; lowered where rows allow fewer."
    )
    k: int = Field(default=3, ge=1, description="Which nearest neighbor the entropy is estimated from.")
    n_surrogates: int = Field(default=99, ge=99, description="Draws of each null.")
    n_neighbor_rows: int = Field(
        default=1024, ge=1, description="Rows at most for distances and intrinsic dimension, in all dimensions."
    )
    threshold: float = Field(default=1e-2, gt=0, description="Added to every distance; preset paper only.")
    n_bootstraps: int = Field(default=30, ge=2, description="Resamples with replacement; preset paper only.")
