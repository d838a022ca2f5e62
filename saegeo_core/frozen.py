"""The base of every value that is stored or shown: immutable, strict, finite."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: immutable, with no field that is not declared, finite throughout."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
