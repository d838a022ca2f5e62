"""The attention SAEs of Kissane and others: `NAME.pt`, and `NAME_cfg.json` beside it that tells hook and widths."""

from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays
from saegeo_core.loading.tensor_files import open_tensors

STORED: dict[Rows, dict[str, Layout]] = {"decoder": {"W_dec": "rows"}, "encoder": {"W_enc": "columns"}}
ONE_RULE = {"sae_type", "architecture", "top_k", "k"}
"""What later libraries with such a file write into it, whose SAEs encode otherwise."""


class AttentionSaes:
    """W_dec (d_sae, d_in); W_enc (d_in, d_sae), d_in being all heads together."""

    name = "attention-saes"
    summary = "NAME.pt with act_name, act_size and dict_size in NAME_cfg.json beside it"

    def recognises(self, path: Path) -> bool:
        """By the configuration beside it."""
        return path.suffix == ".pt" and path.is_file() and _config_of(path) is not None

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a file of the attention SAEs")
        config = _config_of(path) or {}
        return StoredDirections(
            open_tensors(path).directions(STORED[rows]),
            {
                "model": config.get("model_name"),
                "hook_name": config.get("act_name"),
                "architecture": None if ONE_RULE & config.keys() else "standard",
                "d_sae": config.get("dict_size"),
                "d_in": config.get("act_size"),
                "training": {key: value for key, value in config.items() if value is not None},
            },
        )

    def read_sae(self, path: Path) -> Any:
        """ReLU; the decoder's bias comes off the input."""
        if others := sorted(ONE_RULE & (_config_of(path) or {}).keys()):
            raise SaegeoError(
                f"how {path} encodes is unknown: its configuration says {', '.join(others)}, which the attention SAEs do not have",
                "save it with sae-lens: SAE.from_dict with its rule, then save_model",
            )
        arrays = all_arrays(path)
        own = {name: arrays.get(name) for name in ("W_enc", "W_dec", "b_enc", "b_dec")}
        return sae_from_arrays("standard", own, path, subtracts_bias=True)


def _config_of(path: Path) -> dict[str, Any] | None:
    file = path.with_name(f"{path.stem}_cfg.json")
    try:
        config = read_json_object(file) if file.is_file() else {}
    except SaegeoError:
        return None
    return config if {"act_name", "act_size", "dict_size"} <= config.keys() else None
