"""How activations were scaled before an SAE of sae-lens read them, as its training leaves it beside a checkpoint.

A checkpoint's weights live in the scaled space: with x the activation, the SAE reads (x - mean) M after whitening, or s x. sae-lens
folds this into the weights when training ends; of a checkpoint it is undone here, where the files tell it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.tensor_files import open_tensors

if TYPE_CHECKING:
    import torch

SCALER = "activation_scaler.json"
WHITENING = "activation_whitening.safetensors"
WHITENED = "covariance_whitening"


@dataclass(frozen=True)
class ActivationScaling:
    """What a checkpoint says of it.

    Attributes:
        factor: s, that activations were multiplied by; None for none.
        whitening: tensors `mean` (d_in,), `matrix` M and `inverse_matrix` (d_in, d_in); None for none.
    """

    factor: float | None = None
    whitening: "dict[str, torch.Tensor] | None" = None

    def undone(self, vectors: "torch.Tensor", rows: Rows) -> "torch.Tensor":
        """Directions (n_features, d_in) of the whitened space as directions of the activations themselves, float32.

        A decoder row z writes z M^-1; an encoder row w reads M w. A common factor turns no direction, and is left.
        """
        if self.whitening is None:
            return vectors
        if rows == "decoder":
            return vectors.float() @ self.whitening["inverse_matrix"].float()
        return vectors.float() @ self.whitening["matrix"].float().T

    def fold_into(self, module: Any) -> None:
        """Fold it into the weights of an SAE of sae-lens, which then reads activations as they are."""
        if self.whitening is not None:
            w = self.whitening
            module.fold_activation_whitening(w["mean"], w["matrix"], w["inverse_matrix"])
        elif self.factor is not None:
            module.fold_activation_norm_scaling_factor(self.factor)


def scaling_beside(weights: Path) -> ActivationScaling:
    """The scaling told by the files beside a checkpoint's weights.

    Raises:
        SaegeoError: damaged files, or a whitening without one of its arrays.
    """
    scaler = weights.with_name(SCALER)
    content = read_json_object(scaler) if scaler.is_file() else {}
    factor = content.get("scaling_factor")
    if factor is not None and (isinstance(factor, bool) or not isinstance(factor, int | float) or factor <= 0):
        raise SaegeoError(f"{scaler} gives the scaling factor {factor!r}", "it must be a positive number")
    whitening = weights.with_name(WHITENING)
    if not whitening.is_file():
        return ActivationScaling(factor)
    file = open_tensors(whitening)
    lacking = sorted({"mean", "matrix", "inverse_matrix"} - set(file.shapes))
    if lacking:
        raise SaegeoError(f"{whitening} holds no {' and no '.join(lacking)}", f"it holds {file.listing()}")
    return ActivationScaling(factor, {name: file.floating(name) for name in ("mean", "matrix", "inverse_matrix")})
