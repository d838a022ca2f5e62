"""Gemma Scope's `params.npz`, or `params.safetensors` since Gemma Scope 2: both matrices and a JumpReLU's thresholds."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, named_file, refuse_layout
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.tensor_files import open_tensors

WEIGHTS = ("params.npz", "params.safetensors")
CONFIG = "config.json"
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
        architecture = "jumprelu" if "threshold" in tensors.shapes else None
        config = weights.with_name(CONFIG)
        facts = facts_of_config(read_json_object(config)) if config.is_file() else facts_of_path(weights)
        return StoredDirections(tensors.directions(STORED[rows]), {"architecture": architecture, **facts})


def facts_of_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the `config.json` of Gemma Scope 2 says: the module of the Hugging Face model, the model, the L0 aimed at."""
    model = config.get("model_name")
    return {
        "model": f"google/{model}" if isinstance(model, str) and "/" not in model else model,
        "hf_hook_name": config.get("hf_hook_point_in"),
        "l0": config.get("l0"),
        "training": {key: value for key, value in config.items() if value is not None},
    }


def facts_of_path(weights: Path) -> dict[str, Any]:
    """What the folders tell in which Gemma Scope keeps its weights: `layer_12/width_16k/average_l0_82`."""
    folders = "/".join(weights.parts[-4:-1])
    layer, l0 = (re.search(pattern, folders) for pattern in (r"layer_(\d+)", r"average_l0_(\d+)"))
    width = re.search(r"width_\w+", folders)
    return {
        "layer": int(layer[1]) if layer else None,
        "l0": int(l0[1]) if l0 else None,
        "training": {"width": width[0].removeprefix("width_")} if width else {},
    }


def _weights(path: Path) -> Path | None:
    return next((file for name in WEIGHTS if (file := named_file(path, name))), None)
