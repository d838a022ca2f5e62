"""Gemma Scope's `params.npz`, or `params.safetensors` since Gemma Scope 2: both matrices and a JumpReLU's thresholds."""

import re
from pathlib import Path

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, named_file, refuse_layout
from saegeo_core.loading.tensor_files import open_tensors

WEIGHTS = ("params.npz", "params.safetensors")
STORED: dict[Rows, dict[str, Layout]] = {
    "decoder": {"W_dec": "rows", "w_dec": "rows"},
    "encoder": {"W_enc": "columns", "w_enc": "columns"},
}


class GemmaScope:
    """W_dec (d_sae, d_in); W_enc (d_in, d_sae). The first release keeps each in a folder whose name tells the mean L0."""

    name = "gemma-scope"
    summary = f"{' or '.join(WEIGHTS)} of Gemma Scope, or any such file with W_enc, W_dec and threshold"

    def recognises(self, path: Path) -> bool:
        """By name, or by the names of the arrays inside."""
        if _weights(path):
            return True
        if path.suffix not in (".npz", ".safetensors") or not path.is_file():
            return False
        try:
            names = {name.lower() for name in open_tensors(path).shapes}
        except SaegeoError:  # damaged: the plain-matrix format reads it and says so
            return False
        return {"w_enc", "w_dec", "threshold"} <= names

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a Gemma Scope file")
        weights = _weights(path) or path
        tensors = open_tensors(weights)
        l0 = re.search(r"average_l0_(\d+)", weights.parent.name)
        facts = {
            "architecture": "jumprelu" if "threshold" in tensors.shapes else None,
            "l0": int(l0[1]) if l0 else None,
        }
        return StoredDirections(tensors.directions(STORED[rows]), facts)


def _weights(path: Path) -> Path | None:
    return next((file for name in WEIGHTS if (file := named_file(path, name))), None)
