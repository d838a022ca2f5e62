"""Goodfire's SAEs, and qresearch's in their manner: one PyTorch file, `MODEL-SAE-lLAYER`, of two torch.nn.Linear."""

import re
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays, transposed
from saegeo_core.loading.tensor_files import array_names, open_tensors
from saegeo_core.loading.weights import directions_of

FILE = re.compile(r"(?P<model>.+)-SAE-l(?P<layer>\d+)\.(pt|pth)")
LINEAR = ("encoder_linear", "decoder_linear")
OWNERS = {"Llama": "meta-llama", "DeepSeek": "deepseek-ai"}
"""Whose the models are, by how their names begin."""


class Goodfire:
    """encoder_linear.weight (d_sae, d_in), decoder_linear.weight (d_in, d_sae), both with a bias."""

    name = "goodfire"
    summary = "a PyTorch file with encoder_linear and decoder_linear, or one called MODEL-SAE-lLAYER.pt"

    def recognises(self, path: Path) -> bool:
        """By the names of its arrays, or its own."""
        names = array_names(path)
        is_named = FILE.fullmatch(path.name) is not None and {"encoder.weight", "encoder.bias", "decoder.bias"} <= names
        return is_named or {f"{linear}.weight" for linear in LINEAR} <= names

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a file of Goodfire's SAEs")
        named = FILE.fullmatch(path.name)
        facts: dict[str, Any] = {"architecture": "standard"}
        if named:
            owner = next((owner for begin, owner in OWNERS.items() if named["model"].startswith(begin)), None)
            facts |= {
                "model": f"{owner}/{named['model']}" if owner else named["model"],
                "hook_name": f"blocks.{named['layer']}.hook_resid_post",
            }
        return StoredDirections(directions_of(open_tensors(path), rows), facts)

    def read_sae(self, path: Path) -> Any:
        """ReLU of the input as it is. Arrays alone do not tell that, a name does."""
        if FILE.fullmatch(path.name) is None:
            raise SaegeoError(
                f"{path} has the arrays of Goodfire's SAEs and not their name, so it may be another's and encode otherwise",
                "give it the name under which it was published, for example Llama-3.1-8B-Instruct-SAE-l19.pth",
            )
        arrays = all_arrays(path)
        own = {
            "W_enc": transposed(arrays, "encoder_linear.weight", "encoder.weight"),
            "W_dec": transposed(arrays, "decoder_linear.weight", "decoder.weight"),
            "b_enc": arrays.get("encoder_linear.bias", arrays.get("encoder.bias")),
            "b_dec": arrays.get("decoder_linear.bias", arrays.get("decoder.bias")),
        }
        return sae_from_arrays("standard", own, path)
