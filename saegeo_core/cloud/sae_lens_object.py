"""A sae-lens SAE in memory, read without importing sae-lens."""

from typing import TYPE_CHECKING, Any

from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.sae_lens_config import facts_of_config
from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    import torch


def directions_of_object(sae: Any, rows: Rows) -> "tuple[torch.Tensor, dict[str, Any]]":
    """The decoder (or encoder) directions of `sae`, (d_sae, d_in), and what it says of itself, as `describe` takes it.

    They are detached: the parameters of an SAE require gradients, a cloud never does.

    Raises:
        SaegeoError: not a sae-lens SAE.
    """
    import torch

    # sae-lens answers None for any metadata that is missing, so what is needed is asked for by name.
    weights = getattr(sae, "W_dec" if rows == "decoder" else "W_enc", None)
    to_dict = getattr(getattr(sae, "cfg", None), "to_dict", None)
    if not isinstance(weights, torch.Tensor) or to_dict is None:
        raise SaegeoError(
            f"a {type(sae).__name__} is no SAE of sae-lens with {rows} directions",
            "give an SAE of sae-lens 6, or use FeatureCloud.from_array",
        )
    matrix = weights.detach()
    return matrix if rows == "decoder" else matrix.T, facts_of_config(to_dict(), rows)
