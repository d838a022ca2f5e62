"""A sae-lens SAE in memory, described without importing sae-lens."""

from typing import TYPE_CHECKING, Any

from saegeo_core.cloud.description import Rows, SaeDescription
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import StoredDirections
from saegeo_core.loading.sae_lens_config import facts_of_config

if TYPE_CHECKING:
    import torch


def describe_sae_object(sae: Any, rows: Rows, name: str) -> "tuple[torch.Tensor, SaeDescription]":
    """The decoder (or encoder) directions of `sae`, a tensor (d_sae, d_in), and what is known of it.

    Raises:
        SaegeoError: not a sae-lens SAE.
    """
    from saegeo_core.loading.description import describe

    stored = directions_of_object(sae, rows)
    return stored.vectors, describe(stored, rows, spec=f"memory:{name}", release="memory", sae_id=name)


def directions_of_object(sae: Any, rows: Rows) -> StoredDirections:
    """Detached: the parameters of an SAE require gradients, a cloud never does."""
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
    return StoredDirections(matrix if rows == "decoder" else matrix.T, facts_of_config(to_dict(), rows))
