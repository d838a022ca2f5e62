"""Gemma Scope's `params.npz`, or `params.safetensors` since Gemma Scope 2: both matrices and a JumpReLU's thresholds."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, named_file, refuse_layout
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays
from saegeo_core.loading.tensor_files import array_names, open_tensors

WEIGHTS = ("params.npz", "params.safetensors")
CONFIG = "config.json"
STORED: dict[Rows, dict[str, Layout]] = {
    "decoder": {"W_dec": "rows", "w_dec": "rows"},
    "encoder": {"W_enc": "columns", "w_enc": "columns"},
}
REPOSITORY = re.compile(r"gemma-scope-(?P<size>\d+b)-(?P<kind>pt|it)-(?P<site>res|mlp|att|transcoders)")
"""What repositories of the first release are called, on the hub and in its cache."""
HOOKS = {
    "res": "hook_resid_post",
    "mlp": "hook_mlp_out",
    "att": "attn.hook_z",
    "transcoders": "ln2.hook_normalized",
}
"""Where in a block the SAEs of a repository of the first release read."""
SITES = {
    "resid_post": ("hook_resid_post", "output"),
    "attn_out": ("attn.hook_z", "self_attn.o_proj.input"),
    "mlp_out": ("hook_mlp_out", "post_feedforward_layernorm.output"),
    "transcoder": ("hook_mlp_in", "pre_feedforward_layernorm.output"),
    "clt": ("hook_mlp_in", "pre_feedforward_layernorm.output"),
}
"""Folders of Gemma Scope 2: where in a block their SAEs read, as TransformerLens and as Hugging Face name it."""


class GemmaScope:
    """W_dec (d_sae, d_in); W_enc (d_in, d_sae). The first release keeps each in a folder whose name tells the mean L0."""

    name = "gemma-scope"
    summary = f"{' or '.join(WEIGHTS)} of Gemma Scope, or any such file with W_enc, W_dec and threshold"

    def recognises(self, path: Path) -> bool:
        """By name, or by the names of the arrays inside."""
        if _weights(path):
            return True
        names = {name.lower() for name in array_names(path)} if path.suffix in (".npz", ".safetensors") else set()
        return {"w_enc", "w_dec", "threshold"} <= names

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a Gemma Scope file")
        weights = _weights(path) or path
        tensors = open_tensors(weights)
        config = _config_of(weights)
        return StoredDirections(
            tensors.directions(STORED[rows]),
            {
                "architecture": _architecture(weights, config, tensors.shapes),
                **(facts_of_path(weights) if config is None else facts_of_config(config)),
            },
        )

    def read_sae(self, path: Path) -> Any:
        """JumpReLU of the input as it is. SAEs of the embedding read it before Gemma multiplies it by sqrt(d_in)."""
        weights = _weights(path) or path
        if not weights.name.startswith("params"):
            raise SaegeoError(
                f"{weights} has the arrays of a JumpReLU SAE, and does not tell whether the decoder's bias comes off its input",
                f"call it {WEIGHTS[0]} if it is Gemma Scope's, where it does not; else put its configuration beside it",
            )
        arrays = all_arrays(weights)
        named = {"W" + name[1:] if name.startswith("w_") else name: array for name, array in arrays.items()}
        own = {name: named.get(name) for name in ("W_enc", "b_enc", "W_dec", "b_dec", "threshold")}
        architecture = _architecture(weights, _config_of(weights), arrays) or "jumprelu"
        if (skip := arrays.get("affine_skip_connection")) is not None:
            own["W_skip"] = skip.T
        if (encoder := own["W_enc"]) is not None and "embedding" in _folders(weights):
            own["W_enc"] = encoder / math.sqrt(encoder.shape[0])
        if (decoder := own["W_dec"]) is not None and decoder.ndim == 3:
            raise SaegeoError(
                f"{weights} is one layer of a cross-layer transcoder, whose features write to many layers",
                "when they fire is not found out here; --rows encoder measures the directions that they read",
            )
        return sae_from_arrays(architecture, own, weights)


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
    """What the folders tell in which Gemma Scope keeps its weights.

    Of the first release `gemma-scope-2b-pt-res/layer_12/width_16k/average_l0_82`, of the second
    `resid_post/layer_12_width_16k_l0_medium`.
    """
    folders = _folders(weights)
    layer, l0, width = (
        re.search(pattern, "/".join((*folders, weights.stem)))
        for pattern in (r"layer_(\d+)", r"average_l0_(\d+)", r"width_([a-z0-9]+)")
    )
    known: dict[str, Any] = {"hook_name": "hook_embed"} if "embedding" in folders else {}
    repository = REPOSITORY.search(weights.absolute().as_posix())
    if repository:
        known["model"] = f"google/gemma-2-{repository['size']}{'-it' if repository['kind'] == 'it' else ''}"
    if layer:
        site = next((one.removesuffix("_all") for one in folders if one.removesuffix("_all") in SITES), None)
        if site:
            hook, module = SITES[site]
            known |= {"hook_name": f"blocks.{layer[1]}.{hook}", "hf_hook_name": f"model.layers.{layer[1]}.{module}"}
        elif repository:
            known["hook_name"] = f"blocks.{layer[1]}.{HOOKS[repository['site']]}"
    return known | {
        "layer": int(layer[1]) if layer else None,
        "l0": int(l0[1]) if l0 else None,
        "training": {"width": width[1]} if width else {},
    }


def _architecture(weights: Path, config: Mapping[str, Any] | None, names: Mapping[str, Any]) -> str | None:
    """sae-lens's name. A transcoder is told by its configuration, its folders, or the connection that passes its input on."""
    if "threshold" not in names:
        return None
    if "affine_skip_connection" in names:
        return "jumprelu_skip_transcoder"
    hook_out = (config or {}).get("hf_hook_point_out")
    is_transcoder = (hook_out is not None and hook_out != (config or {}).get("hf_hook_point_in")) or any(
        "transcoder" in folder or folder == "clt" for folder in _folders(weights)
    )
    return "jumprelu_transcoder" if is_transcoder else "jumprelu"


def _folders(weights: Path) -> tuple[str, ...]:
    """The folders that Gemma Scope made: those nearest to the weights."""
    return weights.absolute().parts[-5:-1]


def _config_of(weights: Path) -> dict[str, Any] | None:
    config = weights.with_name(CONFIG)
    return read_json_object(config) if config.is_file() else None


def _weights(path: Path) -> Path | None:
    return next((file for name in WEIGHTS if (file := named_file(path, name))), None)
