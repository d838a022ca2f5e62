"""Folders of Language-Model-SAEs: Llama Scope (`hyperparams.json`, `checkpoints/final.safetensors`) and its successors.

The successors keep `config.json` beside `sae_weights.safetensors`, whose matrices are W_E and W_D or those of torch.nn.Linear.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.tensor_files import open_tensors
from saegeo_core.loading.weights import directions_of

CONFIGS = ("hyperparams.json", "config.json")
WEIGHTS = ("checkpoints/final.safetensors", "sae_weights.safetensors")
ARCHITECTURES = {"jumprelu": "jumprelu", "topk": "topk", "batchtopk": "batchtopk", "relu": "standard"}
"""Their activation functions, and what sae-lens calls SAEs of them."""


class LlamaScope:
    """A configuration that names `hook_point_in`, beside the weights."""

    name = "llama-scope"
    summary = f"a folder of Llama Scope: {' or '.join(CONFIGS)}, and {' or '.join(WEIGHTS)}"

    def recognises(self, path: Path) -> bool:
        """A folder with both files, or its weights, whose configuration says hook_point_in."""
        folder = folder_of(path)
        return folder is not None and "hook_point_in" in (configuration(folder) or {})

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a folder of Llama Scope")
        folder = folder_of(path) or path
        tensors = open_tensors(weights_of(folder))
        return StoredDirections(
            directions_of(tensors, rows), facts_of_hyperparameters(configuration(folder) or {}, rows)
        )


def folder_of(path: Path) -> Path | None:
    """The folder that a path is of: itself, or the one above its weights; None where there are no such weights."""
    candidates = [path] if path.is_dir() else [path.parent, path.parent.parent]
    for folder in candidates:
        inside = {folder / name for name in WEIGHTS if (folder / name).is_file()}
        if inside and (path.is_dir() or path in inside):
            return folder
    return None


def weights_of(folder: Path) -> Path:
    """The file with the matrices."""
    return next(folder / name for name in WEIGHTS if (folder / name).is_file())


def configuration(folder: Path) -> dict[str, Any] | None:
    """What the first of the configuration files says; None where there is none that can be read."""
    file = next((folder / name for name in CONFIGS if (folder / name).is_file()), None)
    try:
        return None if file is None else read_json_object(file)
    except SaegeoError:
        return None


def facts_of_hyperparameters(config: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """What a configuration says, by the field names of `SaeDescription`.

    The encoder reads activations scaled to a mean length of sqrt(d_in): `dataset_average_activation_norm` says from which.
    """
    hook_in, hook_out = config.get("hook_point_in"), config.get("hook_point_out")
    is_transcoder = hook_out is not None and hook_out != hook_in
    architecture = ARCHITECTURES.get(str(config.get("act_fn", "jumprelu")).lower(), config.get("act_fn"))
    return {
        "hook_name": hook_in,
        "architecture": f"{architecture}_transcoder" if is_transcoder else architecture,
        "d_sae": config.get("d_sae"),
        "d_in": None if is_transcoder and rows == "decoder" else config.get("d_model"),
        "l0": config.get("top_k") if architecture in ("topk", "batchtopk") else None,
        "training": {key: value for key, value in config.items() if value is not None},
    }
