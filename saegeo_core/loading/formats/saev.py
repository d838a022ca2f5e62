"""saev's checkpoints: a line of JSON that says what the SAE is, and its weights in PyTorch's container behind it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, refuse_layout
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays
from saegeo_core.loading.tensor_files import TORCH_SUFFIXES, open_tensors
from saegeo_core.loading.tensor_files.torch_files import json_line_of

STORED: dict[Rows, dict[str, Layout]] = {"decoder": {"W_dec": "rows"}, "encoder": {"W_enc": "columns"}}
ARCHITECTURES = {"Relu": "standard", "TopK": "topk", "BatchTopK": "batchtopk"}
"""Its activations, by what sae-lens calls their training."""
THRESHOLD = "activation.threshold"


class Saev:
    """W_dec (d_sae, d_in); W_enc (d_in, d_sae)."""

    name = "saev"
    summary = f"a checkpoint of saev: a line of JSON before the weights ({', '.join(TORCH_SUFFIXES)})"

    def recognises(self, path: Path) -> bool:
        """By its first line."""
        return path.is_file() and path.suffix in TORCH_SUFFIXES and _header(path) is not None

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a checkpoint of saev")
        header = _header(path) or {}
        config = _config_of(header)
        activation, k = _activation(header)
        return StoredDirections(
            open_tensors(path).directions(STORED[rows]),
            {
                "architecture": ARCHITECTURES.get(activation, activation),
                "d_sae": config.get("d_sae"),
                "d_in": config.get("d_model", config.get("d_vit")),
                "l0": k,
                "training": {key: value for key, value in config.items() if value is not None},
            },
        )

    def read_sae(self, path: Path) -> Any:
        """ReLU, top-k, or batch top-k by the threshold it learned, of the input as it is.

        Files without a schema are of its first version, which took the decoder's bias off its input. What of the k largest is
        negative counts as silent.
        """
        header = _header(path) or {}
        activation, k = _activation(header)
        arrays = all_arrays(path)
        own = {name: arrays.get(name) for name in ("W_enc", "W_dec", "b_enc", "b_dec")}
        schema, bias = header.get("schema"), own["b_dec"]
        if schema == 1 and bias is not None and bias.any():
            raise SaegeoError(
                f"{path} was written when saev changed whether the decoder's bias comes off the input, and does not say which",
                "load it with the version that trained it and save it with a later one: saev.nn.dump",
            )
        if activation == "BatchTopK":
            threshold = arrays.get(THRESHOLD)
            if threshold is None:
                raise SaegeoError(
                    f"{path} keeps the largest activations of a batch, and the threshold that stands for them is not in it",
                    f"train it with a version of saev that keeps {THRESHOLD}",
                )
            own["threshold"] = threshold.float().clamp(min=0).expand(arrays["W_enc"].shape[1])
            return sae_from_arrays("jumprelu", own, path)
        if activation not in ARCHITECTURES:
            raise SaegeoError(f"{path} is of activation {activation!r}", f"known are {', '.join(ARCHITECTURES)}")
        settings: dict[str, Any] = {"k": k} if activation == "TopK" else {}
        return sae_from_arrays(ARCHITECTURES[activation], own, path, subtracts_bias=schema is None, **settings)


def _header(path: Path) -> dict[str, Any] | None:
    """The line of JSON, if it is of an SAE; None otherwise."""
    try:
        header = json_line_of(path)
    except SaegeoError:  # the plain-matrix format reads it and says so
        return None
    known = header is not None and ({"d_vit", "d_model"} & _config_of(header).keys())
    return header if known else None


def _config_of(header: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration: the line itself in its first version, a part of it since."""
    config = header.get("cfg") if "schema" in header else header
    return dict(config) if isinstance(config, dict) else {}


def _activation(header: Mapping[str, Any]) -> tuple[str, int | None]:
    """The class of the activation, and its k."""
    config = _config_of(header)
    stored = config.get("activation")
    if isinstance(stored, dict) and isinstance(stored.get("params"), dict):
        return str(stored.get("cls")), stored["params"].get("top_k")
    name = header.get("cls")
    return (str(name), config.get("top_k")) if name in ARCHITECTURES else ("Relu", None)
