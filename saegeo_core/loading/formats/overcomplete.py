"""overcomplete's SAEs: a PyTorch file of `state_dict()`, which keeps weights and not of which class they are."""

from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays, transposed
from saegeo_core.loading.tensor_files import array_names, open_tensors
from saegeo_core.loading.weights import directions_of

DICTIONARY, ENCODER, THRESHOLDS = "dictionary._weights", "encoder.final_block.0", "thresholds"


class Overcomplete:
    """dictionary._weights (d_sae, d_in); encoder.final_block.0.weight (d_sae, d_in) of the linear encoder."""

    name = "overcomplete"
    summary = f"a PyTorch file with {DICTIONARY}"

    def recognises(self, path: Path) -> bool:
        """By the names of its arrays."""
        return DICTIONARY in array_names(path)

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a state_dict of overcomplete")
        tensors = open_tensors(path)
        return StoredDirections(
            directions_of(tensors, rows), {"architecture": "jumprelu" if THRESHOLDS in tensors.shapes else None}
        )

    def read_sae(self, path: Path) -> Any:
        """JumpSAE with its linear encoder. The other classes leave nothing in their weights to tell them apart."""
        arrays = all_arrays(path)
        if THRESHOLDS not in arrays:
            raise SaegeoError(
                f"{path} may be of SAE, TopKSAE, BatchTopKSAE or QSAE: its weights are the same, and k or threshold are not in it",
                "save it with sae-lens: SAE.from_dict with architecture 'standard', or 'topk' and its k, then save_model",
            )
        if any(name.startswith("encoder.") and not name.startswith(ENCODER) for name in arrays):
            raise SaegeoError(
                f"{path} has an encoder of several layers or with a norm, which sae-lens does not encode",
                "known is the linear encoder, which overcomplete takes by itself",
            )
        decoder, thresholds = arrays[DICTIONARY], arrays[THRESHOLDS]
        own = {
            "W_enc": transposed(arrays, f"{ENCODER}.weight"),
            "W_dec": decoder,
            "b_enc": arrays.get(f"{ENCODER}.bias"),
            "b_dec": decoder.new_zeros(decoder.shape[1]),
            "threshold": thresholds.float().exp(),
        }
        return sae_from_arrays("jumprelu", own, path)
