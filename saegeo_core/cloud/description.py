"""What is known of an SAE besides its weights. What is unknown is None: no number ever stands for "unknown"."""

from typing import Any, Literal

from pydantic import Field, FiniteFloat, model_validator

from saegeo_core.frozen import Frozen

Rows = Literal["decoder", "encoder"]


class SaeDescription(Frozen):
    """Names follow sae-lens: `d_sae` features in all, `d_in` the width the directions live in."""

    spec: str = Field(description="What to type to name this SAE.")
    release: str = Field(description="Release, or 'local' for a path, or 'memory'.")
    sae_id: str
    model: str | None = Field(default=None, description="The language model it was trained on.")
    hook_name: str | None = Field(default=None, description="Where in the model, as TransformerLens names it.")
    hf_hook_name: str | None = Field(default=None, description="Where in the model, as a Hugging Face module path.")
    layer: int | None = None
    space: str | None = Field(
        default=None, description="Space of the directions: residual, mlp, attention, transcoder output …"
    )
    d_sae: int = Field(gt=0)
    d_in: int = Field(gt=0, description="Width of the directions measured (d_out for a transcoder's decoder).")
    l0: FiniteFloat | None = Field(
        default=None,
        gt=0,
        description="Mean number of features active on a token: measured where firing was given, else as stated; null if unknown.",
    )
    l0_stated: FiniteFloat | None = Field(
        default=None, gt=0, description="What the source of the SAE says it is; null where it does not."
    )
    l0_tokens: int | None = Field(
        default=None, gt=0, description="Tokens that `l0` was measured on; null where it is the one stated."
    )
    architecture: str | None = None
    rows: Rows = Field(default="decoder", description="Which directions the cloud holds.")
    dtype: str = Field(description="Number type as stored.")
    neuronpedia_id: str | None = None
    training: dict[str, Any] = Field(default_factory=dict, description="Training notes, as the source gives them.")

    @model_validator(mode="before")
    @classmethod
    def _stated_unless_measured(cls, known: Any) -> Any:
        if isinstance(known, dict) and known.get("l0_tokens") is None and known.get("l0_stated") is None:
            return {**known, "l0_stated": known.get("l0")}
        return known

    @property
    def is_l0_measured(self) -> bool:
        """Whether `l0` was measured, and not only stated."""
        return self.l0_tokens is not None

    @property
    def is_centered(self) -> bool:
        """Whether it was trained on a model with centered writing weights: activations of a plain one lose their mean first."""
        model_loading = self.training.get("model_from_pretrained_kwargs")
        return isinstance(model_loading, dict) and bool(model_loading.get("center_writing_weights"))
