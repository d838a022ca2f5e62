"""Transcoders as circuit-tracer keeps them: of one layer (`layer_N.safetensors`), and cross-layer ones (`W_enc_N.safetensors`).

`config.yaml` beside them names the model and the hooks.
"""

import re
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays
from saegeo_core.loading.tensor_files import array_names, open_tensors
from saegeo_core.loading.yaml_files import read_yaml_object

CONFIG = "config.yaml"
CONFIGS = (CONFIG, "wandb-config.yaml", "wanb-config.yaml")
"""What lies beside transcoders of one layer; some repositories have the second alone, or misspelled."""
ONE_LAYER = re.compile(r"layer_(\d+)\.safetensors")
CROSS_LAYER = re.compile(r"W_(?:enc|dec)_(\d+)\.safetensors")
THRESHOLD = "activation_function.threshold"
STORED: dict[Rows, dict[str, Layout]] = {"decoder": {"W_dec": "rows"}, "encoder": {"W_enc": "rows"}}


class Transcoders:
    """W_dec (d_sae, d_out) and W_enc (d_sae, d_in)."""

    name = "circuit-tracer"
    summary = f"layer_N.safetensors of a transcoder; {CONFIG} beside it names model and hooks"

    def recognises(self, path: Path) -> bool:
        """By name, and by arrays of which both matrices have a row for each feature."""
        if ONE_LAYER.fullmatch(path.name) is None or not {"W_enc", "W_dec", "b_enc", "b_dec"} <= array_names(path):
            return False
        shapes = open_tensors(path).shapes
        encoder = shapes["W_enc"]
        return len(encoder) == 2 and encoder[0] != encoder[1] and shapes["b_enc"] == encoder[:1]

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a transcoder")
        tensors = open_tensors(path)
        facts = _facts(path, ONE_LAYER, _architecture(tensors.shapes))
        return StoredDirections(tensors.directions(STORED[rows]), facts)

    def read_sae(self, path: Path) -> Any:
        """ReLU of the input as it is, or JumpReLU where there are thresholds."""
        if not any(path.with_name(config).is_file() for config in CONFIGS):
            raise SaegeoError(
                f"{path} may be of another library than circuit-tracer, with a rule of its own: there is no {CONFIG} beside it",
                f"copy {CONFIG} from where the transcoder is kept",
            )
        arrays = all_arrays(path)
        own = {name: arrays.get(name) for name in ("W_dec", "b_enc", "b_dec")}
        encoder = arrays.get("W_enc")
        own["W_enc"] = None if encoder is None else encoder.T
        if THRESHOLD in arrays and encoder is not None:
            own["threshold"] = arrays[THRESHOLD].flatten().expand(encoder.shape[0])
        if "W_skip" in arrays:
            own["W_skip"] = arrays["W_skip"]
        return sae_from_arrays(_architecture(arrays), own, path)


class CrossLayerTranscoder:
    """W_enc_N (d_sae, d_in) of each layer N; W_dec_N (d_sae, layers, d_out): a feature writes to its layer and all behind it."""

    name = "cross-layer-transcoder"
    summary = f"W_enc_N.safetensors of a cross-layer transcoder, for --rows encoder; {CONFIG} beside it"

    def recognises(self, path: Path) -> bool:
        """By name; a folder by the files in it."""
        return bool(_layers(path)) if path.is_dir() else path.is_file() and CROSS_LAYER.fullmatch(path.name) is not None

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a cross-layer transcoder")
        named = CROSS_LAYER.fullmatch(path.name)
        if named is None:
            layers = _layers(path)
            raise SaegeoError(
                f"{path} is a cross-layer transcoder of {len(layers)} layers, each of them a cloud",
                f"type {layers[0]} --rows encoder for one, {path}/W_enc_* --rows encoder for all of them",
            )
        encoder = path.with_name(f"W_enc_{named[1]}.safetensors")
        refuse_decoder_rows(str(path), rows)
        vectors = open_tensors(encoder).directions({f"W_enc_{named[1]}": "rows"})
        return StoredDirections(vectors, _facts(encoder, CROSS_LAYER, "cross_layer_transcoder"))


def refuse_decoder_rows(what: str, rows: Rows) -> None:
    """Raise SaegeoError where the decoder of a cross-layer transcoder is wanted."""
    if rows == "decoder":
        raise SaegeoError(
            f"{what} is one layer of a cross-layer transcoder: each feature writes to many layers and has no single "
            "decoder direction",
            "add --rows encoder to saegeo run, which then measures the directions that it reads",
        )


def _facts(weights: Path, named: re.Pattern[str], architecture: str) -> dict[str, Any]:
    config = weights.with_name(CONFIG)
    known = read_yaml_object(config) if config.is_file() else {}
    layer = named.fullmatch(weights.name)
    hook, hook_out = (known.get(f"feature_{side}_hook") for side in ("input", "output"))
    facts = {
        "model": known.get("model_name"),
        "hook_name": f"blocks.{layer[1]}.{hook}" if layer and isinstance(hook, str) else None,
        "layer": int(layer[1]) if layer else None,
        "architecture": architecture,
    }
    if layer and isinstance(hook_out, str):
        facts["training"] = {"hook_name_out": f"blocks.{layer[1]}.{hook_out}"}
    return facts


def _architecture(names: Any) -> str:
    return f"{'jumprelu_' * (THRESHOLD in names)}{'skip_' * ('W_skip' in names)}transcoder"


def _layers(folder: Path) -> list[Path]:
    """The encoders of a cross-layer transcoder in a folder, in the order of its layers."""
    found = {
        int(match[1]): file
        for file in folder.glob("W_enc_*.safetensors")
        if (match := CROSS_LAYER.fullmatch(file.name))
    }
    return [found[layer] for layer in sorted(found)]
